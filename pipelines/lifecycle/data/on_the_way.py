"""What was ordered from suppliers, counted as coming beside what Shopify shows, each on its day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from pipelines.models.buying import USUALLY_LATE_DAYS
from pipelines.stats.delivery_times import median_of

KEYS = ["variant_id", "location_id"]


def placed(orders: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Send orders to their place, or, where it has none of the variant, to the one that moves most of it.

    Reads   orders: variant_id | location_id | ds | ordered, and stock: variant_id | location_id | available | moved
    Writes  orders; those of what no place has, as it is not tracked, are left out
    """
    busiest = stock.sort_values(["moved", "available"], kind="stable").groupby("variant_id")["location_id"].last()
    orders = orders.astype({"variant_id": "int64"})
    has_place = pd.MultiIndex.from_frame(orders[KEYS]).isin(pd.MultiIndex.from_frame(stock[KEYS]))
    to = orders["location_id"].where(has_place, orders["variant_id"].map(busiest))
    return orders.assign(location_id=to).dropna(subset=["location_id"]).astype({"location_id": "int64"})


def counted(stock: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Count orders that have a place as coming.

    Reads   stock: variant_id | location_id | incoming | ..., and orders: variant_id | location_id | ordered
    Writes  stock with incoming

    What Shopify shows as incoming may be the same goods, told to it as well: of both the larger is taken, so that
    nothing counts twice.
    """
    ordered = orders.groupby(KEYS)["ordered"].sum()
    coming = ordered.reindex(pd.MultiIndex.from_frame(stock[KEYS])).to_numpy(dtype=np.float64, na_value=0.0)
    return stock.assign(incoming=np.maximum(stock["incoming"], np.nan_to_num(coming)).astype("int64"))


def deliveries(orders: pd.DataFrame, today: date) -> pd.DataFrame:
    """Say on which day what was ordered comes; what is late comes as much later than today as deliveries usually do.

    Reads   orders: variant_id | location_id | ds | ordered
    Writes  variant_id | location_id | ds | units
    """
    late = pd.Timestamp(today + timedelta(days=USUALLY_LATE_DAYS))
    due = orders.assign(ds=orders["ds"].where(orders["ds"] >= pd.Timestamp(today), late))
    return due.rename(columns={"ordered": "units"}).groupby([*KEYS, "ds"], as_index=False)[["units"]].sum()


def agreed(rules: pd.DataFrame, lead_times: pd.DataFrame) -> pd.DataFrame:
    """Put measured lead times in the place of what was typed.

    Reads   rules: variant_id | vendor | lead_time_days | ..., and lead_times: variant_id | vendor | days
    Writes  rules
    """
    if lead_times.empty:
        return rules
    keys = ["variant_id", "vendor"]
    measured = lead_times[keys].assign(measured=lead_times["days"].map(median_of).astype("float64"))
    both = rules.assign(place=np.arange(len(rules))).merge(measured, on=keys, how="outer").sort_values("place")
    both["lead_time_days"] = both["measured"].fillna(both["lead_time_days"])
    return both.drop(columns=["measured", "place"]).reset_index(drop=True)
