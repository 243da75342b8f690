"""How far a day's price lay under the usual one, from what was paid on the days with sales.

What is usual is the highest weekly mean of what was paid so far, and where that is known of few weeks, over six weeks:
a code that a few orders used leaves the week's mean nearly where it was. A lower price that has held for so long is
lower still, so that its days are read as such once it is over; until then it is expected to go on. A day without a sale
has the price of the last day with one. It must not count as a day at the full price: discounts would be seen on days
with sales only, and seem to make every sale that they were seen at.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Mask, Matrix, Panel

Vector = NDArray[np.float64]
WEEK, WEEKS = 7, 6
KNOWN_WEEKS = 4  # of six, from which on what was paid long ago tells what is usual
LEAST_DEPTH, MOST_DEPTH = 0.05, 0.9  # less is rounding, or a code of some orders; more is given away
LASTS = 14  # days from a sale on that its price is taken to hold


def logs_of(depth: Vector) -> Vector:
    """Give the logs of usual price over price; too small discounts are none.

    >>> np.round(logs_of(np.array([0.02, 0.2, 1.0])), 3).tolist()
    [0.0, 0.223, 2.303]
    """
    known = np.where(depth >= LEAST_DEPTH, np.minimum(depth, MOST_DEPTH), 0.0)
    return np.asarray(-np.log1p(-known))


def depth_paid(panel: Panel, sales: pd.DataFrame) -> tuple[Ints, Ints, Vector]:
    """Give row, column and depth of the discount of every day with a known price."""
    if "price" not in sales or "discount" not in sales:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    sold = sales[sales["price"].to_numpy() > 0]
    row = pd.Index(panel.ids).get_indexer(pd.Index(sold["unique_id"])).astype(np.int64)
    column = (sold["ds"].to_numpy().astype("datetime64[D]") - panel.start).astype(np.int64)
    paid = sold["price"].to_numpy(np.float64) * (1 - sold["discount"].fillna(0.0).to_numpy(np.float64))
    inside = (row >= 0) & (column >= 0) & (column < panel.n_days) & (paid >= 0)
    row, column, paid = row[inside], column[inside], paid[inside]
    usual = usual_price(row, column, paid, panel.y.shape)
    depth = 1 - np.divide(paid, usual, out=np.ones_like(paid), where=usual > 0)
    return row, column, depth


def usual_price(row: Ints, column: Ints, paid: Vector, shape: tuple[int, int]) -> Vector:
    """Give the highest weekly mean of the price so far, or over six weeks where few tell, for each day with a price."""
    weeks = shape[1] // WEEK + 1
    cell = row * weeks + column // WEEK
    count = np.bincount(cell, minlength=shape[0] * weeks)
    total = np.bincount(cell, paid, minlength=shape[0] * weeks)
    mean = np.divide(total, count, out=np.zeros(len(total)), where=count > 0).reshape(shape[0], weeks)
    padded = np.pad(mean, ((0, 0), (WEEKS - 1, 0)))
    windows = [padded[:, back : back + weeks] for back in range(WEEKS)]
    is_known = np.sum([window > 0 for window in windows], axis=0) >= KNOWN_WEEKS
    usual = np.where(is_known, np.maximum.accumulate(mean, axis=1), np.max(windows, axis=0))
    return np.asarray(usual.reshape(-1)[cell])


def has_risen(panel: Panel, sales: pd.DataFrame, asked: Vector) -> Mask:
    """Tell of which series more is asked today than on the last day with sales: a lower price of the shelf is over."""
    if "price" not in sales:
        return np.zeros(len(panel.ids), bool)
    row = pd.Index(panel.ids).get_indexer(pd.Index(sales["unique_id"]))
    column, listed = sales["ds"].to_numpy().astype("datetime64[D]"), sales["price"].to_numpy(np.float64)
    known = (row >= 0) & (listed > 0)
    row, column, listed = row[known], column[known].astype(np.int64), listed[known]
    newest = np.full(len(panel.ids), -1)
    np.maximum.at(newest, row, column)
    last = np.full(len(panel.ids), np.inf)
    last[row[column == newest[row]]] = listed[column == newest[row]]
    return np.asarray(asked >= (1 + LEAST_DEPTH) * last)


def carried(row: Ints, column: Ints, log: Vector, shape: tuple[int, int]) -> Matrix:
    """Lay out discounts over all days; a day without a price has that of the last one within two weeks.

    >>> carried(np.array([0, 0]), np.array([1, 3]), np.array([0.5, 0.0]), (1, 5)).tolist()
    [[0.0, 0.5, 0.5, 0.0, 0.0]]
    """
    last = np.zeros(shape, dtype=np.int32)
    last[row, column] = column + 1
    np.maximum.accumulate(last, axis=1, out=last)
    known = (last > 0) & (np.arange(1, shape[1] + 1) - last < LASTS)
    laid = np.zeros(shape, dtype=np.float32)
    laid[row, column] = log
    return np.where(known, np.take_along_axis(laid, np.maximum(last - 1, 0), axis=1), np.float32(0))


def lower_before(logs: Matrix, entered: Mask) -> Matrix:
    """Give on days of planned sales how far the price was down on the last day before them.

    >>> lower_before(np.array([[0.0, 0.5, 0.2, 0.9]]), np.array([[False, True, False, True]])).tolist()
    [[0.0, 0.0, 0.2, 0.2]]
    """
    last = np.where(entered, 0, np.arange(1, logs.shape[1] + 1))
    np.maximum.accumulate(last, axis=1, out=last)
    return np.where(last > 0, np.take_along_axis(logs, np.maximum(last - 1, 0), axis=1), np.zeros((), logs.dtype))
