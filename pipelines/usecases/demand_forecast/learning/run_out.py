"""What a day would have sold on which the stock ran out, or came back: what it sold, and as usual for the rest of it.

Days on which much is wanted are the days on which stock runs out. Left out, or counted as they sold, they leave a pace
that is too low; units over days *and parts of days* with stock do not. Only days before it decide.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Matrix, Panel

Vector = NDArray[np.float64]
WEEK, LOOK_BACK = 7, 56
CHUNK = 2_048


def complete_days(panel: Panel, sales: pd.DataFrame) -> None:
    """Complete, in place, the days that had stock for a part of what a day sells; they count as seen.

    Reads   unique_id | ds | in_stock, missing where stock lasted all day or is not known
    """
    row, column, share = _parts_of_days(panel, sales)
    if not row.size:
        return
    rhythm = _rhythm(panel)
    chosen, place = np.unique(row, return_inverse=True)
    for low in range(0, len(chosen), CHUNK):
        mine = (place >= low) & (place < low + CHUNK)
        here, day, part = place[mine] - low, column[mine], share[mine]
        known = panel.rows(chosen[low : low + CHUNK])
        usual = _pace(known, here, day, part, rhythm)
        panel.y[row[mine], day] += (1 - part) * usual * rhythm[day]
    panel.seen[row[share > 0], column[share > 0]] = True


def _parts_of_days(panel: Panel, sales: pd.DataFrame) -> tuple[Ints, Ints, Vector]:
    if "in_stock" not in sales:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    known = sales.loc[sales["in_stock"].notna(), ["unique_id", "ds", "in_stock"]]
    row = pd.Index(panel.ids).get_indexer(pd.Index(known["unique_id"])).astype(np.int64)
    column = (known["ds"].to_numpy().astype("datetime64[D]") - panel.start).astype(np.int64)
    inside = (row >= 0) & (column >= 0) & (column < panel.n_days)
    share = np.clip(known["in_stock"].to_numpy(dtype=np.float64), 0, 1)
    return row[inside], column[inside], share[inside]


def _pace(known: Panel, row: Ints, column: Ints, share: Vector, rhythm: Vector) -> Vector:
    """Give what each series sold a usual day in stock over the eight weeks up to the day, the day itself included."""
    stocked = known.seen.astype(np.float64)
    stocked[row, column] = share
    units = np.where(stocked > 0, known.y, 0)
    sold, days = (_before(values)[row, column] for values in (units, stocked * rhythm))
    return np.asarray(np.divide(sold, days, out=np.zeros_like(sold), where=days > 0))


def _before(values: Matrix) -> Vector:
    """Sum up the days up to each one, itself included."""
    total = np.pad(values.cumsum(axis=1, dtype=np.float64), ((0, 0), (1, 0)))
    end = np.arange(1, values.shape[1] + 1)
    return np.asarray(total[:, end] - total[:, np.maximum(0, end - LOOK_BACK)])


def _rhythm(panel: Panel) -> Vector:
    """Give what each day's weekday sold of an average day in the shop over the eight weeks before it."""
    sold = np.where(panel.seen, panel.y, 0).sum(axis=0, dtype=np.float64)
    stocked = panel.seen.sum(axis=0, dtype=np.float64)
    alike = [np.pad(values, (LOOK_BACK, 0)) for values in (sold, stocked)]
    end = LOOK_BACK + np.arange(panel.n_days)
    mine = [np.sum([values[end - back] for back in range(WEEK, LOOK_BACK + 1, WEEK)], axis=0) for values in alike]
    all_days = [np.sum([values[end - back] for back in range(1, LOOK_BACK + 1)], axis=0) for values in alike]
    known = (mine[0] > 0) & (mine[1] > 0)
    pace, usual = (np.divide(a, b, out=np.ones_like(a), where=known) for a, b in (mine, all_days))
    return np.where(known, pace / usual, 1.0)
