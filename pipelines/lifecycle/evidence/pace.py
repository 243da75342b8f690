"""How fast evidence about shoppers can be had: who came lately, and who of them ordered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from pipelines.lifecycle.evidence import windows
from pipelines.models import Deployment, Shop

WINDOW = timedelta(days=28)
CAP_WINDOW = timedelta(days=56)
CAP_SHARE = 0.995  # METHODS 4e: orders above count as this much
# Units that were shown an answer, and the orders of the days on which there were any: those that carry a unit, since
# no other is ever counted for one. By all of a shop's orders a test is planned as too small.
SEEN = f"""
    WITH seen AS (
        SELECT (w.starts_at AT TIME ZONE %(zone)s)::date AS day, sum(w.units) AS units, min(w.starts_at) AS first_at
        FROM pipelines_servingwindow w
        WHERE w.shop_id = %(shop)s AND w.use_case = %(use_case)s AND w.starts_at >= %(since)s AND w.units > 0
            AND {windows.SHOWN}
        GROUP BY 1)
    SELECT coalesce(sum(units), 0)::bigint, (
        SELECT count(*) FROM pipelines_order o
        WHERE o.shop_id = %(shop)s AND o.processed_at >= (SELECT min(first_at) FROM seen)
            AND (o.processed_at AT TIME ZONE %(zone)s)::date IN (SELECT day FROM seen)
            AND o.unit IS NOT NULL AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL), min(first_at)
    FROM seen
"""


def seen_lately(deployment: Deployment, now: datetime) -> tuple[float, float]:
    """Return the units of a day and the orders of a unit, from the same days: orders alone reach back further."""
    facts: dict[str, Any] = {
        "shop": deployment.shop_id,
        "use_case": deployment.use_case,
        "zone": deployment.shop.timezone,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEEN, facts | {"zone": deployment.shop.timezone, "since": now - WINDOW})
        units, orders, first = cursor.fetchone()
    if not units:
        return 0.0, 0.0
    days = max((now - first) / timedelta(days=1), 1.0)
    return units / days, min(1.0, orders / units)


def order_cap(shop: Shop, at: datetime) -> int | None:
    """Return the money above which an order counts as this much only, by the orders before a moment.

    So one order decides nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_disc(%s) WITHIN GROUP (ORDER BY total_minor) FROM pipelines_order"
            " WHERE shop_id = %s AND processed_at >= %s AND processed_at < %s"
            " AND NOT is_test AND cancelled_at IS NULL AND deleted_at IS NULL",
            [CAP_SHARE, shop.pk, at - CAP_WINDOW, at],
        )
        cap: int | None = cursor.fetchone()[0]
    return cap
