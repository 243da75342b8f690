"""What going back avoided in a month: one claim for each version that shoppers saw and that was taken away."""

from __future__ import annotations

from pipelines import words
from pipelines.lifecycle.evidence.months.claims import Asked, Claim, not_measured
from pipelines.models import Release

KEY = "rollback"
NO_RANGE = "Too few orders on either side to say what it avoided."
HOW = "Orders of shoppers chosen at random while it was shown, times those who would have seen it since."
YOUNG = "It is measured over the days that follow."


def claims(asked: Asked) -> list[Claim]:
    """Give what each rollback of the month avoided."""
    rows = Release.objects.for_shop(asked.shop).filter(
        use_case=asked.use_case,
        phase=Release.Phase.ROLLED_BACK,
        entered_at__gte=asked.starts_at,
        entered_at__lt=asked.ends_at,
    )
    return [claim(row) for row in rows.exclude(exposed_at=None).select_related("version").order_by("entered_at")]


def claim(row: Release) -> Claim:
    """Claim what one rollback avoided, as the looks after it measured it."""
    assert row.exposed_at is not None
    took = words.duration((row.entered_at - row.exposed_at).total_seconds())
    title = f"Version {row.version.number} was taken back after {took}"
    found = row.analysis.get("recovery") or {}
    avoided = found.get("avoided")
    if avoided is None:
        why = {"not_measured": found.get("sentence", ""), None: YOUNG}.get(found.get("verdict"), NO_RANGE)
        return not_measured(KEY, title, "money", why)
    figures = {name: avoided[name] for name in ("value", "low", "high")}
    return Claim(KEY, title, "money", HOW, **figures, is_counted=True)
