"""Did going back help? Orders after a rollback against the same hours of the weeks before the version was shown.

An exact e-process says *recovered* (as good as before, at the margin of the card) or *still failing*; until either, it
is *not proven*. What the rollback avoided is what a unit brought less with the version, times the units that would
have seen it since. Use cases whose errors reach orders only weeks later are not measured here, and say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.evidence import blocks, effects, weigh, windows
from pipelines.models import Release
from pipelines.stats import sequential
from pipelines.usecases import USE_CASES

LOOKED_AT_FOR = timedelta(days=14)
WEEKS = 4  # before the version was shown, matched hour by hour
RECOVERED, FAILING = 20, 40  # e-values: one half of the error budget of .05 is the policy's
HOURS = """
    SELECT w.starts_at, sum(w.units)::bigint AS units, max(o.orders) AS orders
    FROM pipelines_servingwindow w
    CROSS JOIN LATERAL (
        SELECT count(*) AS orders FROM pipelines_order o
        WHERE o.shop_id = w.shop_id AND o.processed_at >= w.starts_at AND o.processed_at < w.ends_at
            AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
    ) o
    WHERE w.shop_id = %(shop)s AND w.use_case = %(use_case)s AND w.arm = 'stable'
        AND w.starts_at >= %(since)s AND w.ends_at <= %(until)s AND w.units > 0
    GROUP BY w.starts_at ORDER BY w.starts_at
"""
SENTENCES = {
    "recovered": "Orders are back where they were before the version was shown.",
    "still_failing": "Orders are still lower than before the version was shown: something else is wrong, too.",
    "not_proven": "Not proven yet that orders are back where they were.",
    "not_measured": "Not measured: errors of this model reach orders only weeks later.",
}

Counts = dict[datetime, tuple[int, int]]


def due(now: datetime) -> Iterator[Release]:
    """Yield the releases that were rolled back lately, after shoppers had seen them."""
    lately = Release.objects.filter(phase=Release.Phase.ROLLED_BACK, entered_at__gte=now - LOOKED_AT_FOR)
    yield from lately.exclude(exposed_at=None).select_related("shop", "version")


def look_back(row: Release, now: datetime) -> dict[str, Any]:
    """Say what a rollback did, and keep it with the release."""
    if USE_CASES[row.use_case].evidence.kind == "randomised":
        found = judge(*matched(row, now), margin=weigh.margin_of(row)) | {"avoided": avoided(row, now)}
    else:
        found = {"verdict": "not_measured", "avoided": None}
    found |= {"sentence": SENTENCES[found["verdict"]], "at": now.isoformat()}
    Release.objects.filter(pk=row.pk).update(analysis=row.analysis | {"recovery": found})
    if found["verdict"] == "still_failing":
        title = "Rolling back did not bring orders back"
        key = f"release:{row.pk}:still_failing"
        board.tell(row.shop, key, title=title, severity="critical", use_case=row.use_case, release=row, now=now)
    return found


def judge(before: np.ndarray, after: np.ndarray, *, margin: float) -> dict[str, Any]:
    """Weigh matched hours, each a row of (orders, units)."""
    if not len(after):
        return {"verdict": "not_proven", "hours": 0}
    arms = before[:, 0], before[:, 1], after[:, 0], after[:, 1]
    harm = float(sequential.e_value(sequential.harm_log_e(*arms)[-1]))
    same = float(sequential.e_value(sequential.non_inferior_log_e(*arms, margin)[-1]))
    verdict = "still_failing" if harm >= FAILING else "recovered" if same >= RECOVERED else "not_proven"
    return {"verdict": verdict, "hours": len(after), "harm": harm, "non_inferior": same}


def matched(row: Release, now: datetime) -> tuple[np.ndarray, np.ndarray]:
    """Give orders and units of every hour since the rollback, and of the same hours of the weeks before."""
    assert row.exposed_at is not None
    earlier = counted(row, row.exposed_at - timedelta(weeks=WEEKS), row.exposed_at)
    pairs = []
    for start, seen in counted(row, row.entered_at, min(now, row.entered_at + LOOKED_AT_FOR)).items():
        known = [earlier[hour] for hour in same_hours(row, start) if hour in earlier]
        if known:
            pairs.append(((sum(one for one, _ in known), sum(units for _, units in known)), seen))
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2, 2)
    return table[:, 0], table[:, 1]


def same_hours(row: Release, start: datetime) -> Iterator[datetime]:
    """Yield when the same hour of the shop's clock began in the weeks before the version was shown."""
    assert row.exposed_at is not None
    first = (start - row.exposed_at) // timedelta(weeks=1) + 1
    for weeks in range(first, first + WEEKS):
        yield windows.same_hour(start, weeks, row.shop.zone)


def counted(row: Release, since: datetime, until: datetime) -> Counts:
    """Read orders and units by hour; more orders than units count as that many units."""
    facts = {"shop": row.shop_id, "use_case": row.use_case, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(HOURS, facts)
        return {start: (int(orders), max(int(units), int(orders))) for start, units, orders in cursor.fetchall()}


def avoided(row: Release, now: datetime) -> dict[str, Any] | None:
    """Estimate the money that was not lost since the rollback, with its always-valid interval, in minor units."""
    blocks.close_blocks(row, now)
    rows = weigh.read([row])
    estimate = effects.of_revenue(rows)
    interval = estimate.interval(effects.planned_units(row)) if estimate else None
    if interval is None:
        return None
    weight = max(step["weight"] for step in row.steps[: row.step + 1]) / 100
    hours = (now - row.entered_at) / timedelta(hours=1)
    units = effects.units_an_hour(rows) * weight * hours
    return {"value": -interval.value * units, "low": -interval.high * units, "high": -interval.low * units}
