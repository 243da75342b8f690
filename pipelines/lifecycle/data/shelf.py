"""Products as shoppers meet them: whether one can be bought now, and which are one thing under two names."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.models import Shop


def products(shop: Shop, now: datetime, variants: pd.DataFrame) -> pd.DataFrame:
    """Give the products that a shop has at a moment, whose variants are known with the series that each belongs to.

    Writes  unique_id | title | product_type | vendor | tags | price | first_day | published | sellable | twin |
            components (lists of products; missing: it is no bundle)
    """
    rows = frames.products(shop, now)
    for_sale = variants[variants["is_active"] == 1]
    stock = frames.newest_stock(shop, now).groupby("inventory_item_id")["available"].sum()
    sellable = can_be_bought(for_sale, stock).groupby(for_sale["product_id"]).any()
    rows["sellable"] = rows["unique_id"].map(sellable).eq(True)
    rows["twin"] = rows["unique_id"].map(twins(variants))
    made_of = frames.components(shop).groupby("unique_id")["component"].agg(list)
    rows["components"] = rows["unique_id"].map(made_of).astype(object)
    return rows


def can_be_bought(variants: pd.DataFrame, stock: pd.Series) -> pd.Series:
    """Mark variants that are in stock somewhere, are not tracked, or sell on when nothing is left."""
    left = variants["inventory_item_id"].map(stock).fillna(0) > 0
    return left | (variants["is_tracked"] == 0) | (variants["continues"] == 1)


def twins(variants: pd.DataFrame) -> pd.Series:
    """Give, by product, the product that speaks for its twins: those whose SKU differs in case or blanks alone."""
    product_of = variants.set_index("variant_id")["product_id"]
    known = variants.dropna(subset=["series"])
    return known["series"].astype("int64").map(product_of).groupby(known["product_id"]).min()
