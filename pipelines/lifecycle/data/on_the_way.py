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


def still_coming(orders: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Cut Shopify's orders to what it shows as incoming: how much of each came it does not tell, so the oldest did.

    Reads   orders: variant_id | location_id | ds | ordered, and stock: variant_id | location_id | incoming
    Writes  orders
    """
    newest = orders.merge(stock[[*KEYS, "incoming"]], on=KEYS).sort_values("ds", ascending=False, kind="stable")
    younger = newest.groupby(KEYS)["ordered"].cumsum() - newest["ordered"]
    left = (newest["incoming"] - younger).clip(lower=0)
    newest["ordered"] = np.minimum(newest["ordered"], left)
    return newest.loc[newest["ordered"] > 0, [*KEYS, "ds", "ordered"]]


def expected(orders: pd.DataFrame, series: pd.DataFrame, rules: pd.DataFrame, usual: int) -> pd.DataFrame:
    """Put the day on which orders come in the place of that on which they were made.

    Reads   orders: variant_id | ds | ..., series: unique_id | vendor, and rules: variant_id | vendor | lead_time_days
    Writes  orders
    """
    own = rules.dropna(subset=["variant_id"]).set_index("variant_id")["lead_time_days"]
    vendors = rules[rules["variant_id"].isna()].set_index("vendor")["lead_time_days"]
    vendor = orders["variant_id"].map(series.set_index("unique_id")["vendor"])
    days = orders["variant_id"].map(own.astype("float64")).fillna(vendor.map(vendors.astype("float64"))).fillna(usual)
    return orders.assign(ds=orders["ds"] + pd.to_timedelta(days.round(), unit="D"))


def larger(ours: pd.DataFrame, shopifys: pd.DataFrame) -> pd.DataFrame:
    """Take of two tellings of the same goods the larger, for each variant and place; of two alike ours.

    Reads   both: variant_id | location_id | ds | ordered
    Writes  the same
    """
    totals = [each.groupby(KEYS)["ordered"].sum() for each in (ours, shopifys)]
    known, told = totals[0].align(totals[1], fill_value=0)
    is_told = told > known
    parts = [(ours, ~is_told), (shopifys, is_told)]
    kept = [each[pd.MultiIndex.from_frame(each[KEYS]).isin(where.index[where])] for each, where in parts]
    return pd.concat(kept, ignore_index=True)


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
