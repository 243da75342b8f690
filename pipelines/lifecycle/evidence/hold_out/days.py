"""Count a hold-out day by day: once, when the day's last unit is a day old, and for good (METHODS 4e).

A day says who was first seen on it, held out or shown, and who of them ordered within 24 hours. Whoever was first seen
less than 24 hours before the share changed is left out, in both arms: they may have been in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from pipelines.lifecycle.evidence import pace
from pipelines.lifecycle.evidence.blocks import FIRST_ORDER, MATURITY
from pipelines.models import HoldOut, Shop
from pipelines.stats import clock
from pipelines.stats.clock import Span

LATE = timedelta(hours=3)  # for orders of which we are told late
COUNTS = {
    "units": "count(*) FILTER (WHERE {arm})",
    "orders": "count(o.minor) FILTER (WHERE {arm})",
    "revenue": "coalesce(sum(o.minor::float8) FILTER (WHERE {arm}), 0)",
    "revenue_squared": "coalesce(sum(o.minor::float8 ^ 2) FILTER (WHERE {arm}), 0)",
}
ARMS = {"held_out": "e.is_held_out", "shown": "NOT e.is_held_out"}
FIGURES = {f"{name}_{what}": sql.format(arm=arm) for name, arm in ARMS.items() for what, sql in COUNTS.items()}
COUNT = f"""
    INSERT INTO pipelines_holdoutday (shop_id, hold_out_id, share_id, day, cap_minor, closed_at, {", ".join(FIGURES)})
    SELECT e.shop_id, e.hold_out_id, e.share_id, %(day)s, %(cap)s, %(now)s, {", ".join(FIGURES.values())}
    FROM (
        SELECT s.* FROM pipelines_holdoutsight s JOIN pipelines_holdoutshare mine ON mine.id = s.share_id
        WHERE s.shop_id = %(shop)s AND s.hold_out_id = %(hold_out)s
            AND s.first_at >= %(starts_at)s AND s.first_at < %(ends_at)s
            AND NOT EXISTS (
                SELECT FROM pipelines_holdoutshare later
                WHERE later.hold_out_id = s.hold_out_id AND (later.since, later.id) > (mine.since, mine.id)
                    AND later.since < s.first_at + interval '24 hours')) AS e
    {FIRST_ORDER}
    GROUP BY e.shop_id, e.hold_out_id, e.share_id
    ON CONFLICT (hold_out_id, share_id, day) DO NOTHING
"""


def due(now: datetime) -> Iterator[int]:
    """Yield the hold-outs of which a day can be counted."""
    for row in HoldOut.objects.filter(shop__in=Shop.objects.installed()).select_related("shop").order_by("pk"):
        if row.counted_until < countable(row.shop, now):
            yield row.pk


def countable(shop: Shop, now: datetime) -> datetime:
    """Return the end of the last of the shop's days whose units are all old enough."""
    return clock.day_of(now - MATURITY - LATE, shop.zone).starts_at


def count(pk: int, now: datetime) -> int:
    """Count the days of a hold-out that can be and were not yet; return how many rows they gave."""
    with transaction.atomic():
        row = HoldOut.objects.select_for_update(of=("self",), no_key=True).select_related("shop").get(pk=pk)
        until = countable(row.shop, now)
        counted = sum(write(row, span, now) for span in days(row, until))
        if row.counted_until < until:
            HoldOut.objects.filter(pk=pk).update(counted_until=until)
    return counted


def days(row: HoldOut, until: datetime) -> Iterator[Span]:
    """Walk through the days that were not counted; where the shop moved to another zone, through the rest of one."""
    starts_at = row.counted_until
    while starts_at < until:
        day = clock.day_of(starts_at, row.shop.zone)
        yield Span(starts_at, day.ends_at)
        starts_at = day.ends_at


def write(row: HoldOut, span: Span, now: datetime) -> int:
    """Count one day; what an order counts at most was known before it."""
    facts: dict[str, Any] = {
        "shop": row.shop_id,
        "hold_out": row.pk,
        "day": span.starts_at.astimezone(row.shop.zone).date(),
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "cap": pace.order_cap(row.shop, span.starts_at),
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, facts)
        return int(cursor.rowcount)
