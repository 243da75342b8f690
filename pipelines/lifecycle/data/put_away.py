"""What was written down as come and has not risen in Shopify's stock: until it is put away, it is still to come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.models import Shop

WITHIN = timedelta(days=7)  # then it is taken for goods that the shop's stock will never tell of

# Stock that rose since the first of these orders was sent explains what was written down since then.
NOT_PUT_AWAY = """
    WITH written AS (
        SELECT l.variant_id, o.location_id, o.sent_at, r.at, r.units
        FROM pipelines_goodsreceipt r
        JOIN pipelines_purchaseline l ON l.id = r.line_id
        JOIN pipelines_purchaseorder o ON o.id = l.order_id
        WHERE r.shop_id = %(shop)s AND r.at <= %(at)s AND o.sent_at IS NOT NULL
    ), came AS (
        SELECT variant_id, coalesce(max(location_id), 0) AS location_id, min(sent_at) AS since, sum(units) AS units
        FROM written WHERE at > %(since)s GROUP BY 1
    ), levels AS (
        SELECT came.variant_id, came.since, s.updated_at,
               s.available - lag(s.available) OVER (
                   PARTITION BY s.inventory_item_id, s.location_id ORDER BY s.updated_at
               ) AS rise
        FROM came
        JOIN pipelines_variant v ON v.shop_id = %(shop)s AND v.shopify_id = came.variant_id
        JOIN pipelines_stocklevel s ON s.shop_id = v.shop_id AND s.inventory_item_id = v.inventory_item_id
        WHERE s.updated_at <= %(at)s
    ), risen AS (
        SELECT variant_id, sum(rise) AS units FROM levels WHERE rise > 0 AND updated_at >= since GROUP BY 1
    ), all_written AS (
        SELECT came.variant_id, sum(written.units) AS units
        FROM came JOIN written ON written.variant_id = came.variant_id AND written.at >= came.since GROUP BY 1
    )
    SELECT variant_id, location_id,
           least(came.units, all_written.units - coalesce(risen.units, 0))::bigint AS ordered
    FROM came JOIN all_written USING (variant_id) LEFT JOIN risen USING (variant_id)
    WHERE all_written.units > coalesce(risen.units, 0)
    ORDER BY 1
"""


def not_put_away(shop: Shop, at: datetime) -> pd.DataFrame:
    """Give what came lately and is not in Shopify's stock, as coming today; place 0: none was named.

    Writes  variant_id | location_id | ds | ordered
    """
    kinds = frames.columns("variant_id location_id ordered", frames.WHOLE)
    rows = frames.read(NOT_PUT_AWAY, kinds, shop=shop.pk, at=at, since=at - WITHIN)
    return rows.assign(ds=pd.Timestamp(at.astimezone(shop.zone).date()))
