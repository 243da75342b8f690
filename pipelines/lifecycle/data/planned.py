"""The sales that a shop has planned, series by series: the merchant's own events with a discount."""

from __future__ import annotations

import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.models import Shop

OWN_SALES = """
    SELECT e.first_day - DATE '1970-01-01' AS first_day, e.last_day - DATE '1970-01-01' AS last_day,
           e.percent_off / 100.0 AS depth, e.product_type,
           (e.created_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS known_from
    FROM pipelines_ownevent e WHERE e.shop_id = %(shop)s AND e.percent_off IS NOT NULL
    ORDER BY e.first_day, e.id
"""
KINDS = frames.columns("first_day last_day known_from", frames.WHOLE) | {"depth": frames.REAL}


def planned_sales(shop: Shop, series: pd.DataFrame) -> pd.DataFrame:
    """Give the planned sales of each series, and since when each is known: the day on which it was entered.

    Writes  unique_id | first_day | last_day | depth | known_from | announced
    """
    sales = frames.read(OWN_SALES, KINDS | {"product_type": frames.TEXT}, shop=shop.pk, zone=shop.timezone)
    for name in ("first_day", "last_day", "known_from"):
        sales[name] = pd.to_datetime(sales[name], unit="D")
    every = sales["product_type"] == ""
    mine = series[["unique_id", "product_type"]]
    rows = pd.concat(
        [
            mine[["unique_id"]].merge(sales[every].drop(columns="product_type"), how="cross"),
            mine.merge(sales[~every], on="product_type").drop(columns="product_type"),
        ],
        ignore_index=True,
    )
    return rows.assign(announced=True)
