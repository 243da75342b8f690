"""A grocer's year with its promotions: what sold, at which discount, and what stood in the mailer each week.

Everything is read from days that a forecast may know, save the plan: the discount of a week, and whether it was
announced, are known ahead, as a merchant knows them. In a week in which nothing of a product sold, its price tag is
taken to be that of the week before: no discount would otherwise mean that nothing sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames

FOLDER, COUNTRY = "complete_journey", "US"
OPENS = pd.Timedelta(hours=5)  # a week's transactions begin on Mondays at five, as the data's clock has it
MONDAY = pd.Timestamp("2016-12-26")  # of week 1
MOST_UNITS = 100  # of one line; fuel is sold in thousands
MAILED_STORES = 3  # of ten, from which on a week counts as announced
LEAST_DEPTH = 0.05
HELD_BACK = 13  # weeks
LEAST_WEEKS = 30  # with sales before those


@dataclass(frozen=True)
class Grocer:
    """Hold daily sales, the products, and each product's discount week by week.

    sales: unique_id | ds | y, series: unique_id | product_type, weeks: unique_id | week | y | depth | announced
    """

    sales: pd.DataFrame
    series: pd.DataFrame
    weeks: pd.DataFrame

    @property
    def last_week(self) -> int:
        """Give the number of the last whole week."""
        return int(self.weeks["week"].max())

    def frames(self, week: int, *, with_promotions: bool) -> Frames:
        """Give what was known at the end of a week, with the plan of the weeks after it or without any discount."""
        last = MONDAY + pd.Timedelta(weeks=week) - pd.Timedelta(days=1)
        tables = {"daily_sales": self.sales[self.sales["ds"] <= last], "series": self.series}
        if with_promotions:
            tables["planned_sales"] = self.plan()
        return Frames(tables, last.date(), COUNTRY)

    def plan(self) -> pd.DataFrame:
        """List the discounted weeks as planned sales, known since before the first day."""
        rows = self.weeks[self.weeks["depth"] >= LEAST_DEPTH]
        first = MONDAY + pd.to_timedelta(7 * (rows["week"] - 1), unit="D")
        plan = rows[["unique_id", "depth", "announced"]]
        return plan.assign(first_day=first, last_day=first + pd.Timedelta(days=6), known_from=MONDAY)

    def held_back(self, first: int, last: int, name: str) -> np.ndarray:
        """Give a column of some weeks (series, weeks)."""
        rows = self.weeks[self.weeks["week"].between(first, last)]
        return rows.pivot(index="unique_id", columns="week", values=name).to_numpy()


def grocer_of(data_dir: str | Path, *, products: int, seed: int) -> Grocer:
    """Read so many products that sold in most weeks before the held-back ones, chosen at random."""
    folder = Path(data_dir) / FOLDER
    lines = pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("*_transactions.parquet"))])
    mailed = pd.concat([pd.read_parquet(path) for path in sorted(folder.glob("promotions*.parquet"))])
    lines = lines[(lines["quantity"] > 0) & (lines["quantity"] < MOST_UNITS)]
    lines = lines.assign(unique_id=lines["product_id"], ds=(lines["transaction_timestamp"] - OPENS).dt.normalize())
    whole = int(lines["week"].max()) - 1  # the last one is cut off by the year's end
    lines = lines[lines["week"] <= whole]
    kept = chosen(lines, whole - HELD_BACK, products, seed)
    lines = lines[lines["unique_id"].isin(kept)]
    sales = lines.groupby(["unique_id", "ds"])["quantity"].sum().rename("y").reset_index()
    kinds = pd.read_parquet(folder / "products.parquet").set_index("product_id")["product_category"]
    series = pd.DataFrame({"unique_id": kept, "product_type": kinds.reindex(kept).fillna("").astype(str).to_numpy()})
    return Grocer(sales.astype({"y": "float32"}), series, weeks_of(lines, mailed, kept, whole))


def chosen(lines: pd.DataFrame, until: int, products: int, seed: int) -> np.ndarray:
    """Choose among the products that sold in enough weeks."""
    weeks = lines[lines["week"] <= until].groupby("unique_id")["week"].nunique()
    known = weeks.index[weeks >= LEAST_WEEKS].to_numpy()
    if len(known) <= products:
        return known
    return np.sort(np.random.default_rng(seed).choice(known, products, replace=False))


def weeks_of(lines: pd.DataFrame, mailed: pd.DataFrame, kept: np.ndarray, whole: int) -> pd.DataFrame:
    """Give units, discount and announcement of every product and week."""
    keys = ["unique_id", "week"]
    listed = lines["sales_value"] + lines["retail_disc"]
    sold = lines.assign(listed=listed).groupby(keys)[["quantity", "listed", "retail_disc"]].sum()
    named = mailed[mailed["mailer_location"] != "0"].rename(columns={"product_id": "unique_id"})
    every = pd.MultiIndex.from_product([kept, range(1, whole + 1)], names=keys)
    stores = named.groupby(keys)["store_id"].nunique().reindex(every).fillna(0)
    weeks = sold.reindex(every)
    depth = (weeks["retail_disc"] / weeks["listed"]).groupby("unique_id").ffill().fillna(0.0)
    found = {"y": weeks["quantity"].fillna(0.0), "depth": depth, "announced": stores >= MAILED_STORES}
    return pd.DataFrame(found).reset_index()
