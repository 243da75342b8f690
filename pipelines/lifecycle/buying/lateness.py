"""What late deliveries cost: sales missed on days on which goods that were due had run out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import stdev

from django.db import connection

from pipelines.models import Shop
from pipelines.stats.delivery_times import FEWEST

LOOKED_BACK = timedelta(days=180)
MONTH = 365 / 12
WIDTH = 1.96

# Of each part of a line, on time or late: on how many days it was due and nothing was in stock.
DUE = """
    WITH due AS (
        SELECT coalesce(s.name, o.vendor) AS vendor, o.id AS order_id, l.variant_id, o.expected_on,
               coalesce(late.day, o.expected_on) AS came_on, coalesce(late.units, 0) AS units
        FROM pipelines_purchaseorder o JOIN pipelines_purchaseline l ON l.order_id = o.id
        LEFT JOIN pipelines_supplier s ON s.id = o.supplier_id
        LEFT JOIN LATERAL (
            SELECT day, units FROM pipelines_goodsreceipt WHERE line_id = l.id AND day > o.expected_on
            UNION ALL SELECT %(today)s, l.units - l.received WHERE o.state = 'sent' AND l.received < l.units
        ) late ON true
        WHERE o.shop_id = %(shop)s AND o.state IN ('sent', 'received')
          AND o.expected_on >= %(since)s AND o.expected_on < %(today)s
    )
    SELECT due.vendor, due.order_id, due.variant_id, due.units, (
        SELECT count(*) FROM generate_series(
            due.expected_on::timestamp, (due.came_on - 1)::timestamp, interval '1 day') AS days(day)
        WHERE (
            SELECT sum(newest.available) FROM pipelines_location place CROSS JOIN LATERAL (
                SELECT available FROM pipelines_stocklevel
                WHERE shop_id = %(shop)s AND inventory_item_id = v.inventory_item_id AND location_id = place.shopify_id
                  AND updated_at < (days.day + interval '12 hours') AT TIME ZONE %(zone)s
                ORDER BY updated_at DESC LIMIT 1
            ) AS newest
            WHERE place.shop_id = %(shop)s
        ) <= 0
    )
    FROM due LEFT JOIN pipelines_variant v ON v.shop_id = %(shop)s AND v.shopify_id = due.variant_id
        AND NOT v.continues_selling
"""


@dataclass(frozen=True)
class Due:
    """One part of a line: how many units of it were late, and on how many days of those nothing was in stock."""

    vendor: str
    order: int
    variant_id: int
    units: int
    days_out: int


@dataclass(frozen=True)
class Worth:
    """What a variant sells a day, and what a unit of it earns."""

    a_day: float
    margin_minor: int


@dataclass(frozen=True)
class Cost:
    """What lateness cost in a month, and between what that may lie."""

    minor: int
    low_minor: int
    high_minor: int


def due(shop: Shop, today: date) -> list[Due]:
    """Read what was due in the last half year."""
    since = today - LOOKED_BACK
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"shop": shop.pk, "today": today, "since": since, "zone": shop.timezone})
        return [Due(*row) for row in cursor.fetchall()]


def cost_of_lateness(parts: Iterable[Due], worth: Mapping[int, Worth]) -> dict[str, Cost]:
    """Price what was missed, vendor by vendor; nothing where too few orders were due.

    On a day without stock as much is missed as usually sells, and of a late part never more than its units.
    """
    lost: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for part in parts:
        known = worth.get(part.variant_id, Worth(0.0, 0))
        missed = min(part.units, known.a_day * part.days_out)
        lost[part.vendor][part.order] += missed * max(0, known.margin_minor)
    return {vendor: a_month([*orders.values()]) for vendor, orders in lost.items() if len(orders) >= FEWEST}


def a_month(lost: list[float]) -> Cost:
    """Bring what single orders lost into a month, with how much chance that holds.

    >>> a_month([0.0, 0.0, 600.0, 0.0, 1200.0])
    Cost(minor=304, low_minor=0, high_minor=702)
    """
    months = LOOKED_BACK.days / MONTH
    total, off = sum(lost), WIDTH * stdev(lost) * sqrt(len(lost))
    low, high = max(0.0, total - off), total + off
    return Cost(round(total / months), round(low / months), round(high / months))
