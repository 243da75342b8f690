"""What would have sold on days without stock."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Panel = NDArray[np.floating[Any]]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

NEAREST = 8


def impute_stockouts(units: Panel, out_of_stock: BoolArray) -> Panel:
    """Fill days without stock with the mean of the variant's 8 nearest same weekdays with stock (METHODS 4h).

    Of two equally near days the earlier comes first. A variant that never had stock on that weekday keeps its
    recorded units.
    """
    demand = units.copy()
    for weekday in range(7):
        days = slice(weekday, None, 7)
        demand[:, days] = _impute_weekday(demand[:, days], out_of_stock[:, days])
    return demand


def _impute_weekday(units: Panel, out_of_stock: BoolArray) -> Panel:
    rows, weeks = np.nonzero(out_of_stock)
    total, found = np.zeros(rows.size), np.zeros(rows.size, dtype=np.int64)
    for distance in range(1, units.shape[1]):
        for week in (weeks - distance, weeks + distance):
            _add_days_with_stock(units, out_of_stock, rows, week, total, found)
        if np.all(found == NEAREST):
            break
    filled = units.copy()
    has_any = found > 0
    filled[rows[has_any], weeks[has_any]] = total[has_any] / found[has_any]
    return filled


def _add_days_with_stock(
    units: Panel, out_of_stock: BoolArray, rows: IntArray, week: IntArray, total: FloatArray, found: IntArray
) -> None:
    inside = (week >= 0) & (week < units.shape[1]) & (found < NEAREST)
    cells = np.flatnonzero(inside)
    cells = cells[~out_of_stock[rows[cells], week[cells]]]
    total[cells] += units[rows[cells], week[cells]]
    found[cells] += 1
