"""What was ordered from suppliers, counted as coming beside what Shopify shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

KEYS = ["variant_id", "location_id"]


def counted(stock: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Count orders as coming: to their place, or, where it has none of the variant, to the one that moves most of it.

    Reads   stock: variant_id | location_id | available | incoming | moved | ..., and
            orders: variant_id | location_id | ordered
    Writes  stock with incoming

    What Shopify shows as incoming may be the same goods, told to it as well: of both the larger is taken, so that
    nothing counts twice. Orders of what no place has, as it is not tracked, are left out.
    """
    busiest = stock.sort_values(["moved", "available"], kind="stable").groupby("variant_id")["location_id"].last()
    places = pd.MultiIndex.from_frame(stock[KEYS])
    orders = orders.astype({"variant_id": "int64"})
    has_place = pd.MultiIndex.from_frame(orders[KEYS]).isin(places)
    to = orders["location_id"].where(has_place, orders["variant_id"].map(busiest))
    ordered = orders.assign(location_id=to).groupby(KEYS)["ordered"].sum()
    coming = ordered.reindex(places).to_numpy(dtype=np.float64, na_value=0.0)
    return stock.assign(incoming=np.maximum(stock["incoming"], np.nan_to_num(coming)).astype("int64"))
