"""The sales that a shop has planned, series by series: own events with a discount, and Shopify's automatic discounts.

Each is known since the day on which it was entered. A discount without an end goes on for ever.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.models import Shop

SALES = """
    SELECT e.first_day - DATE '1970-01-01' AS first_day, e.last_day - DATE '1970-01-01' AS last_day,
           e.percent_off / 100.0 AS depth, e.product_type, e.vendor, named.product_id,
           (e.created_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS known_from
    FROM pipelines_ownevent e
    CROSS JOIN LATERAL unnest(coalesce(e.product_ids, ARRAY[NULL::bigint])) AS named (product_id)
    WHERE e.shop_id = %(shop)s AND e.percent_off IS NOT NULL
    UNION ALL
    SELECT (d.starts_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01',
           (coalesce(d.ends_at - interval '1 second', timestamptz '2100-01-01') AT TIME ZONE %(zone)s)::date
               - DATE '1970-01-01',
           d.share_off, '', '', named.product_id, (d.made_at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01'
    FROM pipelines_planneddiscount d
    CROSS JOIN LATERAL unnest(coalesce(d.product_ids, ARRAY[NULL::bigint])) AS named (product_id)
    WHERE d.shop_id = %(shop)s
    ORDER BY 1, 2, 3, 6
"""
KINDS = frames.columns("first_day last_day known_from", frames.WHOLE) | {"depth": frames.REAL, "product_id": "Int64"}
KINDS |= {"product_type": frames.TEXT, "vendor": frames.TEXT}
DAYS = ["first_day", "last_day", "known_from"]
SOME = ["product_type", "vendor", "product_id"]  # what a sale may be of


def planned_sales(shop: Shop, series: pd.DataFrame) -> pd.DataFrame:
    """Give the planned sales of each series, and since when each is known.

    Writes  unique_id | first_day | last_day | depth | known_from | announced
    """
    sales = frames.read(SALES, KINDS, shop=shop.pk, zone=shop.timezone)
    sales[DAYS] = sales[DAYS].apply(pd.to_datetime, unit="D")
    mine = series[["unique_id", *SOME]].astype({"product_id": "Int64"})
    columns, of = [*DAYS, "depth"], {name: sales[name].notna() & (sales[name] != "") for name in SOME}
    of_all = ~np.logical_or.reduce(list(of.values()))
    rows = [mine.merge(sales.loc[of_all, columns], how="cross")]
    rows += [mine.merge(sales.loc[named, [*columns, name]], on=name) for name, named in of.items()]
    found = pd.concat([part[["unique_id", *columns]] for part in rows], ignore_index=True)
    return found.assign(announced=True)
