"""What a variant sold day by day, by itself and within bundles: counted as for the frames, for pages that have none."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import connection

from pipelines.models import Shop

# An order line that counts as demand; `o` is its order.
DEMAND_LINES = """
    FROM pipelines_orderline l JOIN pipelines_order o ON o.shop_id = l.shop_id AND o.shopify_id = l.order_id
    WHERE l.shop_id = %(shop)s AND l.processed_at >= %(since)s AND l.processed_at < %(until)s
      AND l.variant_id IS NOT NULL AND NOT l.is_gift_card
      AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
"""

BUNDLE_PARTS = """
    SELECT bundle_id, part_id, quantity,
           (since AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS since,
           (until AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS until
    FROM (
        SELECT shop_id, bundle_id, part_id, quantity, since, NULL AS until FROM pipelines_bundlepart
        UNION ALL
        SELECT shop_id, bundle_id, part_id, quantity, since, until FROM pipelines_formerpart
    ) AS told
    WHERE shop_id = %(shop)s
    ORDER BY bundle_id, part_id, since, until
"""


def listed_twice(bundles: str) -> str:
    """Write the query of units that stand on lines of their own and, in the same order, as lines of their parts."""
    return f"""
    WITH alone AS (
        SELECT l.order_id, l.variant_id AS unique_id,
               (l.processed_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
               sum(l.quantity - l.removed) AS units
        {DEMAND_LINES} AND l.variant_id IN ({bundles})
        GROUP BY 1, 2, 3
    )
    SELECT alone.unique_id, alone.day, sum(least(alone.units, parts.units)) AS units
    FROM alone JOIN (
        SELECT order_id, group_variant_id, sum(group_quantity) AS units
        FROM (SELECT DISTINCT order_id, group_id, group_variant_id, group_quantity FROM pipelines_orderline
              WHERE shop_id = %(shop)s AND group_variant_id IS NOT NULL AND order_id IN (SELECT order_id FROM alone)
                AND variant_id <> group_variant_id) AS told
        GROUP BY 1, 2
    ) AS parts ON parts.order_id = alone.order_id AND parts.group_variant_id = alone.unique_id
    GROUP BY 1, 2
    """


# A bundle's first make-up stands from the beginning on; what has a make-up on a day did not sell by itself then.
SOLD = f"""
    WITH made AS (
        SELECT bundle_id, part_id, quantity, until,
               nullif(coalesce(since, 0), min(coalesce(since, 0)) OVER (PARTITION BY bundle_id)) AS since
        FROM ({BUNDLE_PARTS}) AS told
    ),
    mine AS (SELECT bundle_id FROM made WHERE part_id = %(variant)s UNION SELECT %(variant)s),
    sold AS (
        SELECT l.variant_id AS unique_id, (l.processed_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
               sum(l.quantity - l.removed) AS units
        {DEMAND_LINES} AND l.variant_id IN (SELECT bundle_id FROM mine)
        GROUP BY 1, 2 HAVING sum(l.quantity - l.removed) > 0
    ),
    twice AS ({listed_twice("SELECT bundle_id FROM mine")})
    SELECT DATE '1970-01-01' + sold.day,
           sum((sold.units - coalesce(twice.units, 0)) * coalesce(made.quantity, 1))::float8
    FROM sold LEFT JOIN twice USING (unique_id, day)
    LEFT JOIN made ON made.bundle_id = sold.unique_id AND (made.since IS NULL OR made.since <= sold.day)
        AND (made.until IS NULL OR sold.day < made.until)
    WHERE made.part_id = %(variant)s OR made.part_id IS NULL AND sold.unique_id = %(variant)s
    GROUP BY 1
"""


def sold_by_day(shop: Shop, variant_id: int, since: datetime, until: datetime) -> dict[date, float]:
    """Return the units of a variant that sold on each day of the shop, those of bundles among them."""
    told: dict[str, Any] = {"shop": shop.pk, "zone": shop.timezone, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(SOLD, told | {"variant": variant_id})
        return dict(cursor.fetchall())
