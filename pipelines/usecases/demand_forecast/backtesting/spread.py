"""How far sums of days scatter around the forecast: variance = f x phi + (s f)^2 (METHODS 5a, quantiles for stock).

phi is what chance does to one variant, s how wrong the forecast's level is: it grows with the days that are summed, is
larger for variants that hardly sell, and smaller for those whose own chance is small. Variants of fewer than two units
in three weeks sell in bursts that no variance tells: their stock is at least what such variants sold before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.frames import Matrix, Panel
from pipelines.stats.inference.quantiles import negative_binomial_quantile, probability_within, sum_variance
from pipelines.usecases.demand_forecast.learning.history import Vector

RECENT_DAYS = 182
SHRINKAGE = 10
USUAL_LEAD_DAYS = 14
CHUNK = 8_192

HORIZONS = (7, 14, 21, 28, 56)
USUAL_ERRORS = (0.3, 0.367, 0.406, 0.433, 0.5)  # grows with the logarithm of the days
SLOW_FACTOR = 1.5
USUAL_ERROR = USUAL_ERRORS[0]
USUAL_SHARED = (0.13, 0.14, 0.16, 0.17, 0.2)  # of the shop's total

STEADY, LIVELY, SLOW = 0, 1, 2  # kinds of variants, each with errors of its own
PACE_DAYS = 21
SLOW_PACE = 5  # units in 21 days
STEADY_CHANCE = 0.5  # sd over mean of 21 days, by chance alone

FLOOR_PACES = (1, 2)  # upper ends, in units in 21 days
FLOOR_LEVELS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995)
BURST_DAYS = 56

Kinds = NDArray[np.int64]
Table = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Dispersion:
    """Hold each series' variance-to-mean ratio of sums of days, and the shop's median that it is shrunk to."""

    by_series: Vector
    pooled: float


def dispersion_of(panel: Panel, days: int, pooled: float | None = None) -> Dispersion:
    """Compare variance and mean of the rolling sums of the last 182 days, shrunk by n / (n + 10).

    n is the number of sums that do not overlap; days out of stock spoil the sums that hold them. A history that holds
    fewer than four such sums is read in shorter ones. What the whole shop does together is nobody's own chance.
    """
    days = max(1, min(days, panel.n_days // 4))
    lows = range(0, max(1, len(panel.ids)), CHUNK)
    sums = [_rolling_sums(panel.rows(slice(low, low + CHUNK)), days) for low in lows]
    swing = _swing(sums, days)
    mean, variance, count = (
        np.concatenate(column) for column in zip(*(part.around(swing) for part in sums), strict=True)
    )
    known = (mean > 0) & (count >= 2 * days)
    ratio = np.where(known, variance / np.where(known, mean, 1), 1.0)
    middle = _median(ratio[known]) if pooled is None else pooled
    n = np.where(known, count / days, 0)
    return Dispersion(np.maximum(1.0, (n * ratio + SHRINKAGE * middle) / (n + SHRINKAGE)), middle)


@dataclass(frozen=True)
class Doubt:
    """Hold what a shop's past taught about the errors of its forecast: parameters, stored with a version.

    `errors` is s by kind and horizon; `floors` the units that slow variants stayed at or under, by pace, horizon and
    level; `chances` the share of phi that counts by horizon; `shared` the part of s that all variants have in common,
    by horizon. Without a past the usual errors hold, and no floor.
    """

    errors: Table = (USUAL_ERRORS, USUAL_ERRORS, tuple(round(SLOW_FACTOR * s, 4) for s in USUAL_ERRORS))
    floors: tuple[Table, ...] = ()
    chances: tuple[float, ...] = (1.0,) * len(HORIZONS)
    shared: tuple[float, ...] = USUAL_SHARED


def doubt_of_old(error: float) -> Doubt:
    """Let the one error of a version that was learned for 14 days grow with the days, as errors usually do."""
    factor = error / USUAL_ERRORS[HORIZONS.index(14)]
    return Doubt(tuple(tuple(round(factor * s, 4) for s in kind) for kind in Doubt().errors))


@dataclass(frozen=True)
class Spread:
    """Say how far each variant's sums of days may be off, at the whole shop or at a place with a share of its demand.

    Demand at one place is a thinned part of the whole: its chance part is smaller, its level is off as much.
    """

    dispersion: Vector
    pace: Vector  # units expected in 21 days
    burst: Vector  # the most that it ever sold in 56 days
    doubt: Doubt
    share: Vector | float = 1.0

    def at(self, rows: ArrayLike, share: ArrayLike = 1.0) -> Spread:
        """Take some variants, each at a place with a share of its demand."""
        chosen = np.asarray(rows)
        here = np.asarray(share, dtype=np.float64)
        return Spread(self.dispersion[chosen], self.pace[chosen], self.burst[chosen], self.doubt, here)

    def column(self, rows: Kinds) -> Spread:
        """Take some variants as a column, to be read at several levels side by side."""
        return self.at(rows[:, None], np.broadcast_to(self.share, self.pace.shape)[rows, None])

    def paced(self, mean: Matrix) -> Spread:
        """Read anew how fast each variant is expected to sell: the merchant's own numbers may say otherwise."""
        return replace(self, pace=pace_of(mean))

    @cached_property
    def kind(self) -> Kinds:
        """Tell variants that hardly sell and those that sell steadily from the others."""
        return kinds_of(self.dispersion, self.pace)

    def error(self, days: ArrayLike) -> Vector:
        """Give the relative error of the level over so many days; one number of days, or one per variant."""
        by_kind = [np.interp(np.asarray(days), HORIZONS, errors) for errors in self.doubt.errors]
        return np.asarray(np.choose(self.kind, by_kind), dtype=np.float64)

    def shared(self, days: ArrayLike) -> Vector:
        """Give how far the level of all variants together may be off over so many days, relative to it."""
        return np.broadcast_to(np.interp(np.asarray(days), HORIZONS, self.doubt.shared), self.pace.shape)

    @property
    def is_held(self) -> NDArray[np.bool_]:
        """Mark the variants that sell in bursts, which are held by what such variants sold before."""
        return np.asarray((self.pace < FLOOR_PACES[-1]) & bool(self.doubt.floors))

    def scatter(self, days: ArrayLike) -> Vector:
        """Give the variance-to-mean ratio that chance alone gives to so many days."""
        chance = self.share * np.interp(np.asarray(days), HORIZONS, self.doubt.chances)
        return np.asarray(1 + chance * (self.dispersion - 1))

    def variance(self, days: ArrayLike, mean: Vector) -> Vector:
        """Give the variance of a sum of days with that mean."""
        return sum_variance(mean, self.scatter(days), self.error(days))

    def quantile(self, days: ArrayLike, mean: Vector, level: ArrayLike) -> Vector:
        """Give the units that demand of so many days stays at or under with probability `level`."""
        law = negative_binomial_quantile(mean, self.variance(days, mean), level)
        return np.asarray(np.where(mean > 0, np.maximum(law, self.floor(days, level)), law))

    def lasts(self, days: ArrayLike, mean: Vector, units: Vector, level: ArrayLike) -> NDArray[np.bool_]:
        """Say whether so many units last so many days with probability `level`: whether they reach the quantile."""
        enough = probability_within(mean, self.variance(days, mean), units) >= np.asarray(level)
        return np.asarray(enough & ((units >= self.floor(days, level)) | (mean <= 0)))

    def floor(self, days: ArrayLike, level: ArrayLike) -> Vector:
        """Give the units that variants as slow as this one stayed at or under, at most what it ever sold itself."""
        found = np.zeros(np.broadcast_shapes(np.shape(days), np.shape(level), self.pace.shape))
        least = 0.0
        for pace, table in zip(FLOOR_PACES, self.doubt.floors, strict=False):
            here = (self.pace >= least) & (self.pace < pace)
            if table and here.any():
                found = np.where(here, np.minimum(_between(table, days, level), self.burst), found)
            least = pace
        return np.asarray(np.ceil(np.round(found * self.share, 6)))


def spread_of(panel: Panel, mean: Matrix, dispersion: Vector, doubt: Doubt) -> Spread:
    """Bind what was learned to the variants of today: how fast each is expected to sell, and its largest burst."""
    pace = pace_of(mean)
    slow = pace < FLOOR_PACES[-1]
    burst = np.zeros(len(pace))
    if doubt.floors and slow.any():
        burst[slow] = burst_of(panel.rows(slow))
    return Spread(dispersion, pace, burst, doubt)


def pace_of(mean: Matrix) -> Vector:
    """Give the units expected in 21 days; a shorter forecast goes on as it is."""
    days = min(PACE_DAYS, mean.shape[1])
    return np.asarray(mean[:, :days].sum(axis=1, dtype=np.float64) * (PACE_DAYS / days))


def burst_of(panel: Panel) -> Vector:
    """Give the most that each series ever sold in 56 days."""
    sold = np.where(panel.seen, panel.y, 0).astype(np.float64)
    return np.asarray(_rolling(sold, min(BURST_DAYS, panel.n_days)).max(axis=1))


def kinds_of(dispersion: Vector, pace: Vector) -> Kinds:
    """Sort variants by how fast they sell, and by what chance alone does to 21 days of theirs."""
    steady = dispersion <= STEADY_CHANCE**2 * pace
    return np.where(pace < SLOW_PACE, SLOW, np.where(steady, STEADY, LIVELY)).astype(np.int64)


def _between(table: Table, days: ArrayLike, level: ArrayLike) -> Vector:
    """Read a table of horizons and levels between its entries; nothing sells in no days."""
    at_level = [np.zeros(np.shape(level)), *(np.interp(np.asarray(level), FLOOR_LEVELS, row) for row in table)]
    ends = (0, *HORIZONS)
    weights = (np.interp(np.asarray(days), ends, row) for row in np.eye(len(ends)))
    return np.asarray(sum(weight * units for weight, units in zip(weights, at_level, strict=True)))


@dataclass(frozen=True)
class _Sums:
    """Hold the rolling sums of some series, and which of them are of days that were all seen."""

    units: Vector
    whole: NDArray[np.bool_]
    days: int

    def around(self, level: Vector) -> tuple[Vector, Vector, Vector]:
        """Give mean, variance and number of the sums around a level that all series share.

        Sums that overlap vary less around their own mean than independent ones (Lo & MacKinlay 1988).
        """
        count = self.whole.sum(axis=1).astype(np.float64)
        units = np.where(self.whole, self.units, 0).sum(axis=1)
        own = units / np.maximum(self.whole @ level, 1e-9)
        squares = np.where(self.whole, (self.units - own[:, None] * level) ** 2, 0).sum(axis=1)
        free = count * (1 - self.days / np.maximum(count + self.days - 1, self.days + 1))
        return units / np.maximum(count, 1), squares / np.maximum(free, 1), count


def _rolling_sums(panel: Panel, days: int) -> _Sums:
    y, seen = panel.y[:, -RECENT_DAYS:], panel.seen[:, -RECENT_DAYS:]
    whole = _rolling(seen.astype(np.float64), days) == days
    return _Sums(_rolling(np.where(seen, y, 0).astype(np.float64), days), whole, days)


def _swing(parts: list[_Sums], days: int) -> Vector:
    """Give how the whole shop moved over the sums, relative to its mean, as far as its series moved together.

    Series that move each by itself give a total whose variance is the sum of theirs: only what is beyond it is shared.
    """
    level = np.ones(parts[0].units.shape[1])
    sold, usual, apart = np.zeros_like(level), np.zeros_like(level), 0.0
    for part in parts:
        mean, variance, _ = part.around(level)
        sold += np.where(part.whole, part.units, 0).sum(axis=0)
        usual += mean @ part.whole
        apart += float(variance.sum())
    moved = np.divide(sold, usual, out=np.ones_like(sold), where=usual > 0)
    together = _Sums(sold[None], np.ones((1, len(level)), dtype=bool), days).around(usual)[1][0]
    return np.asarray(1 + max(0.0, 1 - apart / together if together else 0.0) * (moved - 1))


def _rolling(values: Vector, days: int) -> Vector:
    total = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    return np.asarray(total[:, days:] - total[:, :-days])


def _median(ratio: Vector) -> float:
    return float(np.median(ratio)) if ratio.size else 1.0
