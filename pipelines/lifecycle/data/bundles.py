"""Count what bundles sold as sales of their parts, once: as orders tell it, or as the bundle was made up that day.

An order names the parts of a bundle, each with the group that it was sold in, or the bundle alone; some name both.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from pipelines.lifecycle.data import frames, sold
from pipelines.models import Shop

AMOUNTS = ["y", "listed", "discount", "ordered"]

ALL = "SELECT group_variant_id FROM pipelines_orderline WHERE shop_id = %(shop)s AND group_variant_id IS NOT NULL"


def listed_twice(shop: Shop, since: datetime, until: datetime) -> pd.DataFrame:
    """Give the units of bundles whose parts the same order names, too.

    Writes  unique_id | ds | units
    """
    kinds = frames.columns("unique_id day", frames.WHOLE) | frames.columns("units", frames.SMALL)
    rows = frames.read(sold.listed_twice(ALL), kinds, shop=shop.pk, zone=shop.timezone, since=since, until=until)
    rows["ds"] = pd.to_datetime(rows.pop("day"), unit="D")
    return rows


def bundle_parts(shop: Shop) -> pd.DataFrame:
    """Give what bundles are made of and were, from which day on and up to which; missing: ever.

    Writes  bundle_id | part_id | quantity | since | until
    """
    kinds = frames.columns("bundle_id part_id quantity", frames.WHOLE) | frames.columns("since until", frames.REAL)
    rows = frames.read(sold.BUNDLE_PARTS, kinds, shop=shop.pk, zone=shop.timezone)
    return rows.assign(**{name: pd.to_datetime(rows[name], unit="D") for name in ("since", "until")})


def less_listed_twice(sales: pd.DataFrame, twice: pd.DataFrame) -> pd.DataFrame:
    """Take off the units of bundles that are counted with the lines of their parts already, with their money.

    >>> day = pd.Timestamp("2026-11-02")
    >>> sales = pd.DataFrame([(1, day, 4.0, 400.0, 40.0, 4.0)], columns=["unique_id", "ds", *AMOUNTS])
    >>> twice = pd.DataFrame([(1, day, 3.0)], columns=["unique_id", "ds", "units"])
    >>> less_listed_twice(sales, twice)[AMOUNTS].iloc[0].tolist()
    [1.0, 100.0, 10.0, 1.0]
    """
    if twice.empty:
        return sales
    rows = sales.merge(twice, on=["unique_id", "ds"], how="left")
    left = (1.0 - rows.pop("units").fillna(0.0) / rows["y"]).round(6)
    rows[AMOUNTS] = rows[AMOUNTS].mul(left, axis=0).round(3)
    return rows[left > 0].astype(sales.dtypes).reset_index(drop=True)


def as_parts(sales: pd.DataFrame, parts: pd.DataFrame, prices: pd.Series) -> pd.DataFrame:
    """Put sales of the parts in the place of sales of a bundle, by what it was made of on their day.

    What sold before the first make-up that is known is counted by that one. The money is shared by the parts' list
    prices, as Shopify does it on the lines of a group; where one has none, by their units.
    """
    if parts.empty:
        return sales
    made_of = since_ever(parts).merge(prices.rename("price"), left_on="part_id", right_index=True, how="left")
    numbered = sales.reset_index(drop=True).reset_index(names="row")
    rows = numbered.merge(made_of, left_on="unique_id", right_on="bundle_id")
    began = rows["since"].isna() | (rows["since"] <= rows["ds"])
    rows = rows[began & (rows["until"].isna() | (rows["ds"] < rows["until"]))]
    if rows.empty:
        return sales
    share = shares(rows)
    rows = rows.assign(
        unique_id=rows["part_id"],
        y=rows["y"] * rows["quantity"],
        ordered=rows["ordered"] * rows["quantity"],
        listed=rows["listed"] * share,
        discount=rows["discount"] * share,
    )
    alone = numbered[~numbered["row"].isin(rows["row"])]
    told = pd.concat([alone[sales.columns], rows[sales.columns]]).astype(sales.dtypes)
    return told.groupby(["unique_id", "ds"], as_index=False)[AMOUNTS].sum()[list(sales.columns)]


def since_ever(parts: pd.DataFrame) -> pd.DataFrame:
    """Let each bundle's first make-up stand from the beginning on."""
    since = parts["since"].fillna(pd.Timestamp(0))
    first = since.groupby(parts["bundle_id"]).transform("min")
    return parts.assign(since=parts["since"].mask(since == first))


def shares(rows: pd.DataFrame) -> pd.Series:
    """Give the part of a bundle's money that each row's part has."""
    has_prices = rows["price"].gt(0).groupby(rows["row"]).transform("all")
    weight = rows["quantity"] * np.where(has_prices, rows["price"], 1.0)
    whole: pd.Series = weight / weight.groupby(rows["row"]).transform("sum")
    return whole
