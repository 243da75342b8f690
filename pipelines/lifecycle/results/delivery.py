"""How new versions reached the shop over ninety days: how often, how fast, how many failed, how soon that was undone.

The four figures of DevOps Research and Assessment (Forsgren, Humble & Kim 2018), each with what it counts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import Any

from pipelines.models import LifecycleEvent, Release, Shop

SPAN = timedelta(days=90)
WEEK = timedelta(weeks=1)
DAY = timedelta(days=1)


def until(shop: Shop, end: datetime) -> dict[str, Any]:
    """Give the four figures of the ninety days before a moment, of all models; what nothing counts for is None."""
    span = {"at__gte": end - SPAN, "at__lt": end, "kind": "release.live"}
    live = LifecycleEvent.objects.for_shop(shop).filter(**span).values_list("release_id_seen", "at")
    went_live = {pk: at for pk, at in live if pk is not None}
    shown = Release.objects.for_shop(shop).filter(exposed_at__gte=end - SPAN, exposed_at__lt=end)
    rows = {row.pk: row for row in shown.select_related("version__dataset")}
    failed = [row for row in rows.values() if row.phase == Release.Phase.ROLLED_BACK and row.entered_at < end]
    leads = [at - row.version.dataset.created_at for pk, at in went_live.items() if (row := rows.get(pk))]
    restored = [row.entered_at - row.exposed_at for row in failed if row.exposed_at]
    return {
        "a_week": figure(len(went_live) / (SPAN / WEEK), len(went_live)),
        "lead_seconds": figure(median_of(leads), len(leads)),
        "failed_share": figure(len(failed) / len(rows) if rows else None, len(rows)),
        "restore_seconds": figure(median_of(restored), len(restored)),
    }


def figure(value: float | None, n: int) -> dict[str, Any]:
    """Put a figure beside what it counts; of nothing there is none."""
    return {"value": value if n else None, "n": n}


def median_of(spans: list[timedelta]) -> float | None:
    """Give the median in seconds."""
    return median(span.total_seconds() for span in spans) if spans else None
