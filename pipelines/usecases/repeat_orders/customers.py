"""Customers as they stood on a day: how often they had ordered, when last, how far apart, and for how much.

Several orders on a day are one. How far apart somebody's orders are is drawn towards what is usual in the shop: the
fewer there are, the more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.usecases.contract import Frames

Floats = NDArray[np.float64]

USUAL = 30.0  # days between orders, where nobody has ordered twice yet
WEIGHT = 2.0  # intervals that what is usual in the shop counts as, beside a customer's own


@dataclass(frozen=True)
class Days:
    """The days on which customers ordered, by customer and day: unique_id | day | gap | paid | order_id."""

    rows: pd.DataFrame
    memo: dict[int, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    @property
    def first(self) -> int:
        """Give the first day of all."""
        return int(self.rows["day"].min())

    def known_on(self, day: int) -> pd.DataFrame:
        """Give the customers of whom a day knew, by their ids.

        Writes  orders | since | gap (a logarithm) | usual (days: half of the shop's are shorter) | paid | last_order
        """
        if day not in self.memo:
            self.memo[day] = self.stood(day)
        return self.memo[day]

    def stood(self, day: int) -> pd.DataFrame:
        """Work out where customers stood on a day."""
        rows = self.rows[self.rows["day"] <= day]
        ids, apart, paid = (rows[name].to_numpy() for name in ("unique_id", "gap", "paid"))
        first = np.flatnonzero(np.r_[True, ids[1:] != ids[:-1]]) if len(ids) else np.empty(0, np.int64)
        last = np.r_[first[1:], len(ids)][: len(first)] - 1
        orders, known = last - first + 1, apart[~np.isnan(apart)]
        usual, middle = (float(np.log(known).mean()), float(np.median(known))) if len(known) else (np.log(USUAL), USUAL)
        gaps, sums = (np.add.reduceat(each, first) if len(first) else each for each in (np.log(filled(apart)), paid))
        return pd.DataFrame(
            {
                "orders": orders,
                "since": day - rows["day"].to_numpy()[last],
                "gap": (gaps + WEIGHT * usual) / (orders - 1 + WEIGHT),
                "usual": middle,
                "paid": (sums + WEIGHT * (paid.mean() if len(paid) else 0.0)) / (orders + WEIGHT),
                "last_order": rows["order_id"].to_numpy()[last],
            },
            index=pd.Index(ids[first], name="unique_id"),
        )

    def came(self, known: pd.DataFrame, day: int, days: int) -> Floats:
        """Tell who of these customers ordered within so many days after a day."""
        after = self.rows[(self.rows["day"] > day) & (self.rows["day"] <= day + days)]
        return np.asarray(known.index.isin(after["unique_id"]), dtype=np.float64)


def days_of(frames: Frames) -> Days:
    """Read the orders up to the last complete day, once."""
    return frames.once("days", lambda: read(frames["customer_orders"], number_of(frames.asof)))


def read(orders: pd.DataFrame, last: int) -> Days:
    """Join the orders of a day."""
    rows = orders.assign(day=orders["ds"].to_numpy().astype("datetime64[D]").astype(np.int64))
    rows = rows[rows["day"] <= last].sort_values(["unique_id", "day", "order_id"])
    rows = rows.groupby(["unique_id", "day"], as_index=False).agg({"paid": "sum", "order_id": "last"})
    return Days(rows.assign(gap=rows.groupby("unique_id")["day"].diff()))


def filled(apart: Floats) -> Floats:
    """Let no days lie before a first order, in logarithms."""
    return np.where(np.isnan(apart), 1.0, apart)


def number_of(day: date) -> int:
    """Give the number of a day."""
    return int(np.datetime64(day, "D").astype(np.int64))
