"""Did going back help? Orders per visitor after a rollback against the same hours of the weeks before.

Nobody is randomised after a rollback, so this is a comparison of before and after, and no more sure than the shop's
weeks are alike: it is read at four looks, against the spread between whole weeks, each earlier hour used once. It says
*recovered* (as good as before, at the margin of the card) or *still failing*; until either, it is *not proven*. What
the rollback avoided is what a unit brought less with the version, times the units that would have seen it since. Use
cases whose errors reach orders only weeks later are not measured here, and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from pipelines.lifecycle.evidence import blocks, effects, weigh, windows
from pipelines.models import Release
from pipelines.stats.inference import before_after

LOOKED_AT_FOR = timedelta(days=max(before_after.LOOKS))
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
WEEKS = 8  # before the version was shown, matched hour by hour
HOURS = f"""
    SELECT w.starts_at, sum(w.units)::bigint AS units, max(o.orders) AS orders
    FROM pipelines_servingwindow w
    CROSS JOIN LATERAL (
        SELECT count(*) AS orders FROM pipelines_order o
        WHERE o.shop_id = w.shop_id AND o.processed_at >= w.starts_at AND o.processed_at < w.ends_at
            AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
    ) o
    WHERE w.shop_id = %(shop)s AND w.use_case = %(use_case)s AND {windows.SHOWN}
        AND w.starts_at >= %(since)s AND w.ends_at <= %(until)s AND w.units > 0
    GROUP BY w.starts_at ORDER BY w.starts_at
"""
Counts = dict[datetime, tuple[int, int]]
Weeks = tuple[list[int], list[int]]  # orders and units, week by week


def compared(row: Release, now: datetime) -> dict[str, Any]:
    """Compare the weeks since the rollback with those before the version was shown."""
    return judge(*matched(row, now), margin=weigh.margin_of(row)) | {"avoided": avoided(row, now)}


def judge(before: Weeks, after: Weeks, *, margin: float) -> dict[str, Any]:
    """Weigh the weeks since against those before."""
    found: dict[str, Any] = {"verdict": "not_proven", "weeks": len(before[0]), "change": None}
    if len(before[0]) < before_after.MIN_WEEKS or not after[0]:
        return found
    ratio = before_after.ratio(before, after)
    value, low, high = (float(each) - 1 for each in (ratio.value, ratio.low, ratio.high))
    if not np.isfinite([low, high]).all():
        return found
    verdict = "still_failing" if high < 0 else "recovered" if low > -margin else "not_proven"
    return found | {"verdict": verdict, "change": {"value": value, "low": low, "high": high}}


# Which hours


def matched(row: Release, now: datetime) -> tuple[Weeks, Weeks]:
    """Give orders and units of the weeks since the rollback up to the newest look, and of the same hours before it."""
    until = newest_look(row, now)
    seen = counted(row, row.entered_at, until) if until else {}
    earlier = counted(row, exposed_at(row) - WEEKS * WEEK, exposed_at(row))
    before: list[Counts] = [
        {hour: earlier[hour] for hour in hours if hour in earlier}
        for hours in zip(*(same_hours(row, start) for start in seen), strict=True)
    ]
    after: list[Counts] = [{}, {}]
    for start, counts in seen.items():
        after[(start - row.entered_at) // WEEK][start] = counts
    return totals(before), totals(after)


def newest_look(row: Release, now: datetime) -> datetime | None:
    """Return the end of the newest look that is over: between looks nothing is said, so that chance gets no more."""
    over = [row.entered_at + timedelta(days=days) for days in before_after.LOOKS]
    return max((end for end in over if end <= now), default=None)


def exposed_at(row: Release) -> datetime:
    """Return since when the shop could see the version."""
    assert row.exposed_at is not None
    return row.exposed_at


def same_hours(row: Release, start: datetime) -> Iterator[datetime]:
    """Yield when the same hour of the shop's clock began in the weeks before the version was shown."""
    first = (start - exposed_at(row)) // WEEK + 1
    for weeks in range(first, first + WEEKS):
        yield windows.same_hour(start, weeks, row.shop.zone)


def totals(weeks: Iterable[Counts]) -> Weeks:
    """Add up each week; one in which nobody was served is none."""
    kept = [week for week in weeks if week]
    return [sum(orders for orders, _ in week.values()) for week in kept], [
        sum(units for _, units in week.values()) for week in kept
    ]


def counted(row: Release, since: datetime, until: datetime) -> Counts:
    """Read orders and units by hour; more orders than units count as that many units."""
    facts: dict[str, Any] = {"shop": row.shop_id, "use_case": row.use_case, "since": since, "until": until}
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
    hours = min(now - row.entered_at, LOOKED_AT_FOR) / timedelta(hours=1)
    units = effects.units_an_hour(rows) * weight * hours
    return {"value": -interval.value * units, "low": -interval.high * units, "high": -interval.low * units}
