"""What visitors asked, and who of them ordered within a day: the frame that visits are learned from."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd

from pipelines.lifecycle.data import frames

if TYPE_CHECKING:
    from pipelines.lifecycle.data.dataset import Source

A_DAY = timedelta(days=1)
# Each visitor's first question that was kept; what happened to it in the day after, where that day is over.
VISITS = """
    SELECT ('x' || substr(encode(v.unit, 'hex'), 1, 15))::bit(60)::bigint AS unique_id,
        (v.at AT TIME ZONE %(zone)s)::date - DATE '1970-01-01' AS day,
        (v.features ->> 'pages')::bigint AS pages,
        (v.features ->> 'is_returning')::boolean::int AS is_returning,
        CASE WHEN v.at <= %(matured)s THEN EXISTS (
            SELECT FROM pipelines_order o
            WHERE o.shop_id = %(shop)s AND o.unit = v.unit AND o.processed_at >= v.at
                AND o.processed_at < v.at + interval '1 day'
                AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL)::int END AS ordered
    FROM (
        SELECT DISTINCT ON (l.unit) l.unit, l.at, l.features FROM pipelines_predictionlog l
        WHERE l.shop_id = %(shop)s AND l.use_case = %(use_case)s AND l.at >= %(since)s AND l.at < %(until)s
            AND l.features IS NOT NULL AND l.is_shown
        ORDER BY l.unit, l.at) AS v
    ORDER BY v.at, v.unit
"""
KINDS = frames.columns("unique_id day pages is_returning", frames.WHOLE) | frames.columns("ordered", frames.REAL)


def visits(source: Source) -> pd.DataFrame:
    """Give visits with what is known of their orders.

    Writes  unique_id | ds | pages | is_returning | ordered
    """
    known = {"shop": source.shop.pk, "use_case": "visits", "zone": source.shop.timezone}
    spans = {"since": source.since, "until": source.until, "matured": source.until - A_DAY}
    rows = frames.read(VISITS, KINDS, **known, **spans)
    rows.insert(1, "ds", pd.to_datetime(rows.pop("day"), unit="D"))
    return rows
