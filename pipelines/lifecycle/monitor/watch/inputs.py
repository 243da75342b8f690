"""What the last windows showed of the things that a model is told, as the release machine reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.lifecycle.monitor.retrain import PREDICTION
from pipelines.models import Measurement, Release
from pipelines.stats.drift.findings import Finding
from pipelines.strategies import Told
from pipelines.usecases import USE_CASES

DRIFT = "drift"
LOOKS_BACK = timedelta(days=42)
KNOWN = (Finding.OK, Finding.DRIFT, Finding.BREACH)
EXPECTED = "expected"  # in a freeze or a campaign: it neither counts nor resets


def of(row: Release, now: datetime) -> dict[str, tuple[Told, ...]]:
    """Give the windows that a release is looked at by, oldest first; of a live one those since it went live."""
    monitored = USE_CASES[row.use_case].monitored
    since = max(row.entered_at, now - LOOKS_BACK) if row.phase == Release.Phase.LIVE else now - LOOKS_BACK
    found = Measurement.objects.for_shop(row.shop_id).filter(
        use_case=row.use_case, metric=DRIFT, version=None, release=None, starts_at__gte=since, ends_at__lte=now
    )
    windows: dict[str, list[Told]] = {}
    for feature, verdict, index in found.order_by("starts_at").values_list("segment", "verdict", "value"):
        if feature != PREDICTION and verdict != EXPECTED:
            name = monitored.name_of(feature) if monitored else feature
            windows.setdefault(name, []).append(told(verdict, index))
    return {name: tuple(seen) for name, seen in windows.items()}


def told(verdict: str, index: float | None) -> Told:
    """Read what was found in one window; an index of one that could not be judged says nothing."""
    return Told(index if verdict in KNOWN else None, is_broken=verdict == Finding.BREACH)
