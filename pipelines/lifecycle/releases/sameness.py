"""Whether a new version differs at all from what it would replace: where nothing differs, nobody is asked."""

from __future__ import annotations

from pipelines.models import ModelVersion


def why_nothing_differs(new: ModelVersion, other: ModelVersion | None) -> str:
    """Say why a new version brings nothing that the other one has not, or nothing where it may."""
    if other is None:
        return ""
    if new.content_digest and new.content_digest == other.content_digest:
        return f"It learned the very same as version {other.number}"
    if says_the_same(new, other):
        return f"It says the same as version {other.number}, to a hundredth"
    return ""


def says_the_same(new: ModelVersion, other: ModelVersion) -> bool:
    """Tell whether both were asked on the same data after training, and no answer differed."""
    answers = new.metrics.get("answers") or {}
    is_beside = new.metrics.get("compared_with") == other.number
    return is_beside and answers.get("rows", 0) > 0 and answers.get("changed") == 0
