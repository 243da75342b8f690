"""What the test store reads off an answer: units expected, units to order, and what sold instead.

Reads   forecasts: variant_id | mean; stock_advice: variant_id | location_id | order_quantity | title | subtitle
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.judging.watched import OUT_OF_STOCK
from pipelines.usecases.demand_forecast.outputs import TOTAL

WEEK = 7

Tables = Mapping[str, pd.DataFrame]


def tomorrow(tables: Tables) -> pd.Series:
    """Give the units expected of the first day, by variant."""
    return of_means(tables, lambda mean: float(np.sum(mean[:1])))


def week(tables: Tables) -> pd.Series:
    """Give the units expected of the first week, by variant."""
    return of_means(tables, lambda mean: float(np.sum(mean[:WEEK])))


def of_means(tables: Tables, read: Callable[[Any], float]) -> pd.Series:
    """Read one number off the days of each variant."""
    rows = tables.get("forecasts")
    if rows is None:
        return pd.Series(dtype=np.float64)
    return pd.Series([read(mean) for mean in rows["mean"]], index=rows["variant_id"], dtype=np.float64)


def orders(tables: Tables) -> pd.Series:
    """Give the units that it advises to order, by variant."""
    rows = tables.get("stock_advice")
    if rows is None:
        return pd.Series(dtype=np.float64)
    advised: pd.Series = rows[rows["location_id"] == TOTAL].set_index("variant_id")["order_quantity"]
    return advised.astype(np.float64)


def variants_to_order(tables: Tables) -> int:
    """Count the variants that it advises to order."""
    return int((orders(tables) > 0).sum())


def units_to_order(tables: Tables) -> float:
    """Add up the units that it advises to order."""
    return float(orders(tables).sum())


def names(tables: Tables) -> dict[Any, str]:
    """Give what the variants are called, where the answer says so."""
    rows = tables.get("stock_advice")
    if rows is None:
        return {}
    return dict(zip(rows["variant_id"], rows["title"] + " " + rows["subtitle"], strict=True))


def sold_on(frames: Frames, day: date) -> tuple[pd.Series, set[Any]]:
    """Give what sold that day by variant, and the variants that had nothing to sell: those judge nobody."""
    rows = frames["daily_sales"]
    rows = rows[rows["ds"] == pd.Timestamp(day)]
    out = rows[rows["stockout"].isin(OUT_OF_STOCK)]["unique_id"] if "stockout" in rows else ()
    return rows.groupby("unique_id")["y"].sum().astype(np.float64), set(out)
