"""Between tidy long frames (unique_id | ds | y) and dense panels (one row per series, one column per day).

A long frame may leave out days without sales: a day after a series' first one that has no row is a zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Matrix = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
Ids = NDArray[Any]

CENSORED = (1, 3)  # stock-out known, stock-out suspected (METHODS 4b)


@dataclass(frozen=True)
class Panel:
    """Hold daily values of many series; `seen` is false before a series began and where stock had run out."""

    ids: Ids
    start: np.datetime64
    y: Matrix
    seen: Mask
    first: Ints

    @property
    def n_days(self) -> int:
        """Count the days of history."""
        return int(self.y.shape[1])

    @property
    def days(self) -> NDArray[np.datetime64]:
        """List the days of history."""
        return self.start + np.arange(self.n_days)

    def until(self, cut: int) -> Panel:
        """Keep the first `cut` days: what was known then."""
        return Panel(self.ids, self.start, self.y[:, :cut], self.seen[:, :cut], self.first)

    def rows(self, chosen: Mask | Ints | slice) -> Panel:
        """Keep the chosen series."""
        return Panel(self.ids[chosen], self.start, self.y[chosen], self.seen[chosen], self.first[chosen])


def panel_from_long(
    sales: pd.DataFrame, *, end: date, ids: pd.Index | None = None, first_day: pd.Series | None = None
) -> Panel:
    """Spread a long frame into a panel that ends on `end`; later rows are left out.

    `ids` adds series that have no row yet; `first_day` (indexed by id) says since when a series could sell,
    else its first row does.

    >>> frame = pd.DataFrame({"unique_id": ["a", "a", "b"], "ds": pd.to_datetime(["2026-01-01", "2026-01-03",
    ...     "2026-01-02"]), "y": [2.0, 1.0, 4.0]})
    >>> panel_from_long(frame, end=date(2026, 1, 3)).y.tolist()
    [[2.0, 0.0, 1.0], [0.0, 4.0, 0.0]]
    """
    row_of, index = _rows(sales["unique_id"], ids)
    day = sales["ds"].to_numpy().astype("datetime64[D]")
    last = np.datetime64(end, "D")
    start = day.min() if len(day) else last
    n_days = max(0, int((last - start).astype(int)) + 1)
    column = (day - start).astype(np.int64)
    inside = column < n_days
    row_of, column = row_of[inside], column[inside]
    value = sales["y"].to_numpy(dtype=np.float32)[inside]
    first = _first_columns(row_of, column, len(index), n_days)
    if first_day is not None:
        first = _earlier(first, first_day.reindex(index), start, n_days)
    y, seen = _dense(row_of, column, value, first, n_days)
    if "stockout" in sales:
        out = np.isin(sales["stockout"].to_numpy()[inside], CENSORED)
        seen[row_of[out], column[out]] = False
    return Panel(index.to_numpy(), start, y, seen, first)


def long_from_matrix(ids: Ids, first_day: np.datetime64, values: Matrix, name: str) -> pd.DataFrame:
    """Turn a matrix of days into a long frame unique_id | ds | `name`."""
    n, days = values.shape
    ds = np.tile((first_day + np.arange(days)).astype("datetime64[ns]"), n)
    return pd.DataFrame({"unique_id": np.repeat(ids, days), "ds": ds, name: values.reshape(-1)})


def _rows(unique_id: pd.Series, ids: pd.Index | None) -> tuple[Ints, pd.Index]:
    code, found = pd.factorize(unique_id)
    names = pd.Index(found)
    index = (names if ids is None else names.union(pd.Index(ids), sort=False)).sort_values()
    return index.get_indexer(names)[code].astype(np.int64), index


def _first_columns(row_of: Ints, column: Ints, n: int, n_days: int) -> Ints:
    first = np.full(n, n_days, dtype=np.int64)
    np.minimum.at(first, row_of, column)
    return first


def _earlier(first: Ints, first_day: pd.Series, start: np.datetime64, n_days: int) -> Ints:
    stated = pd.to_datetime(first_day).to_numpy().astype("datetime64[D]")
    known = ~np.isnat(stated)
    column = np.where(known, (stated - start).astype(np.int64), n_days)
    return np.asarray(np.minimum(first, np.clip(column, 0, n_days)))


def _dense(row_of: Ints, column: Ints, value: Matrix, first: Ints, n_days: int) -> tuple[Matrix, Mask]:
    y = np.zeros((len(first), n_days), dtype=np.float32)
    finite = np.isfinite(value)
    np.add.at(y.reshape(-1), (row_of * n_days + column)[finite], np.maximum(value[finite], 0))
    seen = np.arange(n_days) >= first[:, None]
    seen[row_of[~finite], column[~finite]] = False
    return y, seen
