"""Whether a new version differs at all from what it would replace: where nothing differs, nobody is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pipelines.models import ModelVersion

REFRESHED_AFTER = timedelta(weeks=8)  # what was learned longer ago is worth a question though the past shows nothing


def why_nothing_differs(new: ModelVersion, other: ModelVersion | None, now: datetime) -> str:
    """Say why a new version brings nothing that the other one has not, or nothing where it may."""
    if other is None:
        return ""
    if new.content_digest and new.content_digest == other.content_digest:
        return f"It learned the very same as version {other.number}"
    if now - other.created_at < REFRESHED_AFTER and did_the_same(new, other):
        return f"On the past weeks it did exactly what version {other.number} does"
    return ""


def did_the_same(new: ModelVersion, other: ModelVersion) -> bool:
    """Tell whether the replay, measured beside the other version, found no difference in any group."""
    groups: list[dict[str, Any]] = (new.replay.get("versus") or {}).get("champion") or []
    is_beside = new.metrics.get("compared_with") == other.number
    return is_beside and bool(groups) and all(is_zero(group) for group in groups)


def is_zero(group: dict[str, Any]) -> bool:
    """Tell whether a difference was measured, and is none at all."""
    interval = group.get("interval")
    return interval is not None and [group.get("profit"), *interval] == [0, 0, 0]
