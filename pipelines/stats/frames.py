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

BLOCK = 2_000_000
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
    last = np.datetime64(end, "D")
    start = sales["ds"].to_numpy().min().astype("datetime64[D]") if len(sales) else last
    n_days = max(0, int((last - start).astype(int)) + 1)
    y, first, unseen = _scatter(sales, row_of, len(index), start, n_days)
    if first_day is not None:
        first = _earlier(first, first_day.reindex(index), start, n_days)
    seen = np.arange(n_days) >= first[:, None]
    seen.reshape(-1)[unseen] = False
    return Panel(index.to_numpy(), start, y, seen, first)


def long_from_matrix(ids: Ids, first_day: np.datetime64, values: Matrix, name: str) -> pd.DataFrame:
    """Turn a matrix of days into a long frame unique_id | ds | `name`."""
    n, days = values.shape
    ds = np.tile((first_day + np.arange(days)).astype("datetime64[ns]"), n)
    return pd.DataFrame({"unique_id": np.repeat(ids, days), "ds": ds, name: values.reshape(-1)})


def _rows(unique_id: pd.Series, ids: pd.Index | None) -> tuple[NDArray[np.int32], pd.Index]:
    code, found = pd.factorize(unique_id)
    names = pd.Index(found)
    index = (names if ids is None else names.union(pd.Index(ids), sort=False)).sort_values()
    return index.get_indexer(names).astype(np.int32)[code], index


def _scatter(
    sales: pd.DataFrame, row_of: NDArray[np.int32], n: int, start: np.datetime64, n_days: int
) -> tuple[Matrix, Ints, Ints]:
    """Add rows to their cells, block by block: units, first column of each series, cells that were not seen."""
    y, first = np.zeros((n, n_days), dtype=np.float32), np.full(n, n_days, dtype=np.int64)
    ds, units, unseen = sales["ds"].to_numpy(), sales["y"].to_numpy(), [np.empty(0, dtype=np.int64)]
    state = sales["stockout"].to_numpy() if "stockout" in sales else None
    for low in range(0, len(sales), BLOCK):
        block = slice(low, low + BLOCK)
        column = (ds[block].astype("datetime64[D]") - start).astype(np.int64)
        inside = column < n_days
        value, row, column = units[block][inside], row_of[block][inside].astype(np.int64), column[inside]
        known = np.isfinite(value)
        cell = row * n_days + column
        np.minimum.at(first, row, column)
        np.add.at(y.reshape(-1), cell[known], np.maximum(value[known], 0).astype(np.float32))
        missing = ~known if state is None else ~known | np.isin(state[block][inside], CENSORED)
        unseen.append(cell[missing])
    return y, first, np.concatenate(unseen)


def _earlier(first: Ints, first_day: pd.Series, start: np.datetime64, n_days: int) -> Ints:
    stated = pd.to_datetime(first_day).to_numpy().astype("datetime64[D]")
    known = ~np.isnat(stated)
    column = np.where(known, (stated - start).astype(np.int64), n_days)
    return np.asarray(np.minimum(first, np.clip(column, 0, n_days)))
