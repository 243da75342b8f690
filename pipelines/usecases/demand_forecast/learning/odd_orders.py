"""One odd order must not make a forecast: a day far beyond what a variant sells weighs as its largest usual one.

A day is odd where it lies beyond eight standard deviations over the mean of the days before it, is three times the
largest usual day of about half a year, and has no other such day in the week before it: a new level is no odd order.
Where the whole shop sells more that day, so may each variant. Only days before it decide, so that what is odd does not
change with what comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Mask, Matrix, Panel

Vector = NDArray[np.float64]
LEAST_UNITS, LEAST_DAYS = 10, 28
DEVIATIONS, TIMES_LARGEST = 8.0, 3.0
MEMORY = 1 / 60  # of mean and variance, per day
FORGETS = 0.995  # of the largest usual day, per day
SAME_LEVEL_DAYS = 7


@dataclass(frozen=True)
class OddDays:
    """Hold the odd days of a panel: row, column, the units that sold and those that count."""

    row: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    column: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    sold: Vector = field(default_factory=lambda: np.empty(0))
    counts: Vector = field(default_factory=lambda: np.empty(0))

    def until(self, cut: int) -> OddDays:
        """Keep those before a cut."""
        return self._where(self.column < cut)

    def rows(self, chosen: Ints) -> OddDays:
        """Keep those of the chosen series, numbered anew."""
        place = np.full(max(int(chosen.max(initial=-1)), int(self.row.max(initial=-1))) + 1, -1)
        place[chosen] = np.arange(len(chosen))
        kept = self._where(place[self.row] >= 0)
        return OddDays(place[kept.row], kept.column, kept.sold, kept.counts)

    def put_back(self, units: Matrix, first: int) -> Matrix:
        """Give what really sold in a matrix whose first column is `first`."""
        inside = (self.column >= first) & (self.column < first + units.shape[1])
        if not inside.any():
            return units
        sold = units.copy()
        sold[self.row[inside], self.column[inside] - first] = self.sold[inside]
        return sold

    def excess(self, n: int, first: int) -> Vector:
        """Sum up per series the units from a column on that do not count."""
        late = self.column >= first
        return np.bincount(self.row[late], (self.sold - self.counts)[late], minlength=n).astype(np.float64)

    def _where(self, chosen: Mask) -> OddDays:
        return OddDays(self.row[chosen], self.column[chosen], self.sold[chosen], self.counts[chosen])


def odd_days_of(panel: Panel, full: Mask | None = None) -> OddDays:
    """Notice the odd days of every series, in one pass over the days; those marked in `full` are none."""
    n = len(panel.ids)
    state = _State(n)
    found: list[tuple[Ints, Ints, Vector, Vector]] = []
    for day in range(panel.n_days):
        units, seen = np.where(panel.seen[:, day], panel.y[:, day], 0).astype(np.float64), panel.seen[:, day]
        odd = state.odd(units, seen, day)
        if full is not None:
            odd &= ~full[:, day]
        counts = np.where(odd, np.maximum(state.largest, state.mean), units)
        if odd.any():
            rows = np.flatnonzero(odd)
            found.append((rows, np.full(len(rows), day), units[rows], counts[rows]))
        state.learn(counts, seen)
    return OddDays(*(np.concatenate(column) for column in zip(*found, strict=True))) if found else OddDays()


class _State:
    """What the days so far say of each series: how much it sells, how that varies, and its largest usual day."""

    def __init__(self, n: int) -> None:
        self.count, self.mean, self.square = np.zeros(n), np.zeros(n), np.zeros(n)
        self.largest, self.last_large = np.zeros(n), np.full(n, -SAME_LEVEL_DAYS - 1)

    def odd(self, units: Vector, seen: Mask, day: int) -> Mask:
        """Say whose day lies beyond what its past allows, by itself."""
        bound = np.maximum(self._allowed(), LEAST_UNITS)
        large = seen & (self.count >= LEAST_DAYS) & (units > bound)
        if not large.any():
            return large
        large &= units > bound * self._shop_factor(np.minimum(units, bound), seen)
        alone = large & (day - self.last_large > SAME_LEVEL_DAYS)
        self.last_large[large] = day
        return np.asarray(alone)

    def learn(self, units: Vector, seen: Mask) -> None:
        """Move mean, square and largest day towards the day's."""
        self.count += seen
        gain = np.maximum(MEMORY, 1 / np.maximum(self.count, 1)) * seen
        self.mean += gain * (units - self.mean)
        self.square += gain * (units * units - self.square)
        self.largest = np.where(seen, np.maximum(self.largest * FORGETS, units), self.largest)

    def _allowed(self) -> Vector:
        deviation = np.sqrt(np.maximum(self.square - self.mean**2, self.mean))
        return np.asarray(np.maximum(self.mean + DEVIATIONS * deviation, TIMES_LARGEST * self.largest))

    def _shop_factor(self, usual: Vector, seen: Mask) -> Vector:
        """Give how much more than usual all others sell that day, at least one."""
        expected = np.where(seen, self.mean, 0)
        others, theirs = expected.sum() - expected, usual.sum() - usual
        return np.asarray(np.maximum(1.0, np.divide(theirs, others, out=np.ones_like(others), where=others > 0)))
