"""What a shop's past teaches about the errors of its forecast, for every number of days that stock has to last.

The cheap members forecast from up to thirteen past origins, four weeks apart: they are in every forecast, and one pass
over the history serves all origins. Origins share the shop's luck, so that each kind of variant is shrunk by the
number of origins towards what is usual (METHODS 5a, coverage where it is used).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq, isotonic_regression

from pipelines.stats.frames import Mask, Matrix
from pipelines.stats.inference.quantiles import probability_within, sum_variance
from pipelines.usecases.demand_forecast.backtesting.spread import (
    FLOOR_LEVELS,
    FLOOR_PACES,
    HORIZONS,
    LIVELY,
    SLOW,
    SLOW_FACTOR,
    STEADY,
    USUAL_ERRORS,
    USUAL_SHARED,
    Doubt,
    Kinds,
    Table,
    dispersion_of,
    kinds_of,
    pace_of,
)
from pipelines.usecases.demand_forecast.learning.history import History, Vector

LEVEL = 0.95
ORIGINS, STEP = 13, 28
LEAST_DAYS = 28  # of the shop before an origin, and of a variant
MOST_SERIES = 2_000
LEAST_TRIALS, LEAST_FLOOR_TRIALS = 20, 30
USUAL_ORIGINS = 3  # what is usual weighs as much as three origins
LEAST_ERROR, MOST_ERROR, MOST_SLOW_ERROR = 0.05, 0.9, 3.0
LEAST_CHANCE = 0.25
LEAST_SLOW_PACE = 1  # slower ones are held by their floor


@dataclass(frozen=True)
class Trial:
    """Hold one past origin: what each scored series was expected to sell and sold, by horizon (columns)."""

    cut: int
    expected: Matrix
    sold: Matrix  # NaN where not all days were seen
    dispersion: Vector
    pace: Vector
    kind: Kinds

    def until(self, n_days: int) -> Trial:
        """Forget the sums that were not complete on that day."""
        return replace(self, sold=np.where(self.cut + np.array(HORIZONS) <= n_days, self.sold, np.nan))


def past_cuts(n_days: int) -> list[int]:
    """List the past origins that teach, the latest first.

    >>> past_cuts(120), past_cuts(30)
    ([92, 64, 36], [])
    """
    return [cut for back in range(1, ORIGINS + 1) if (cut := n_days - STEP * back) >= LEAST_DAYS]


def trial_of(history: History, said: Matrix, cut: int, lead_days: int) -> Trial:
    """Set what the cheap forecast in its season said at a cut (series, 56 days) beside what sold since."""
    ahead, actual = said.astype(np.float64), history.actual(cut, max(HORIZONS))
    sold = [actual[:, :days].sum(axis=1) if cut + days <= history.n_days else None for days in HORIZONS]
    missing = np.full(len(ahead), np.nan)
    phi, pace = dispersion_of(history.panel.until(cut), lead_days).by_series, pace_of(ahead)
    return Trial(
        cut=cut,
        expected=np.column_stack([ahead[:, :days].sum(axis=1) for days in HORIZONS]),
        sold=np.column_stack([missing if units is None else units for units in sold]),
        dispersion=phi,
        pace=pace,
        kind=kinds_of(phi, pace),
    )


def doubt_of(trials: Iterable[Trial]) -> Doubt:
    """Learn the errors of each kind of variant at every horizon, and what the slowest ones stay under."""
    past = list(trials)
    columns = [_learned(past, column) for column in range(len(HORIZONS))]
    # More days ahead are never easier to forecast: where few origins say so, it is their luck.
    chances, *errors = (tuple(np.round(isotonic_regression(row).x, 4).tolist()) for row in np.transpose(columns))
    least = (0, *FLOOR_PACES[:-1])
    floors = tuple(_floors(past, low, high) for low, high in zip(least, FLOOR_PACES, strict=True))
    shared = isotonic_regression([_shared(past, column) for column in range(len(HORIZONS))]).x
    return Doubt(tuple(errors), floors if any(floors) else (), chances, tuple(np.round(shared, 4).tolist()))


def _shared(past: list[Trial], column: int) -> float:
    """Give how far the total of all scored series was off at one horizon, relative to it, beyond what chance does."""
    found = []
    for trial in past:
        known = np.isfinite(trial.sold[:, column])
        expected, sold = trial.expected[known, column], trial.sold[known, column].sum()
        if sold and (total := expected.sum()):
            found.append(np.log(sold / total) ** 2 - (expected * trial.dispersion[known]).sum() / total**2)
    usual = USUAL_ORIGINS * USUAL_SHARED[column] ** 2
    return float(np.sqrt(max((sum(found) + usual) / (len(found) + USUAL_ORIGINS), LEAST_ERROR**2)))


def _learned(past: list[Trial], column: int) -> tuple[float, float, float, float]:
    """Give the share of chance that counts at one horizon, and s of steady, lively and slow variants."""
    known = [trial for trial in past if np.isfinite(trial.sold[:, column]).any()]
    own = len(known) / (len(known) + USUAL_ORIGINS)

    def shrunk(sums: Sums, usual: float, find: Callable[[Sums], float]) -> float:
        return usual if len(sums.sold) < LEAST_TRIALS else own * find(sums) + (1 - own) * usual

    sells = _sums(known, column, [trial.kind != SLOW for trial in known])
    chance = shrunk(sells, 1.0, matching_chance)
    whole = shrunk(sells.calmed(chance), USUAL_ERRORS[column], matching_error)
    steady, lively = (
        shrunk(_sums(known, column, [trial.kind == kind for trial in known]).calmed(chance), whole, matching_error)
        for kind in (STEADY, LIVELY)
    )
    hardly = _sums(known, column, [(trial.kind == SLOW) & (trial.pace >= LEAST_SLOW_PACE) for trial in known])
    slow = shrunk(hardly.calmed(chance), SLOW_FACTOR * whole, lambda sums: matching_error(sums, MOST_SLOW_ERROR))
    return chance, steady, lively, slow


@dataclass(frozen=True)
class Sums:
    """Hold past sums of one horizon, what was expected, and what chance does to them."""

    sold: Vector
    expected: Vector
    dispersion: Vector

    def calmed(self, chance: float) -> Sums:
        """Let only a share of chance count."""
        return replace(self, dispersion=1 + chance * (self.dispersion - 1))

    def covered(self, error: float) -> float:
        """Give the share of sums at or under their 95 % quantile: where one unit less is less likely than that."""
        variance = sum_variance(self.expected, self.dispersion, error)
        return float(np.mean(probability_within(self.expected, variance, np.ceil(self.sold) - 1) < LEVEL))


def _sums(past: list[Trial], column: int, rows: list[Mask]) -> Sums:
    found = [
        (trial.sold[here, column], trial.expected[here, column], trial.dispersion[here])
        for trial, chosen in zip(past, rows, strict=True)
        for here in [chosen & np.isfinite(trial.sold[:, column]) & (trial.expected[:, column] > 0)]
    ]
    return Sums(*(np.concatenate([*column, np.empty(0)]) for column in zip(*found, strict=True))) if found else NOTHING


def matching_error(sums: Sums, most: float = MOST_ERROR) -> float:
    """Find the relative error at which 95 % of past sums lie at or under their quantile."""
    return _root(sums.covered, LEAST_ERROR, most)


def matching_chance(sums: Sums) -> float:
    """Find the share of chance that counts, where 95 % lie under their quantile without an error of the level.

    Chance is read from sums of two weeks, whose levels wander: over fewer days it is less.
    """
    return _root(lambda chance: sums.calmed(chance).covered(LEAST_ERROR), LEAST_CHANCE, 1.0)


def _root(covered: Callable[[float], float], low: float, high: float) -> float:
    if covered(low) >= LEVEL:
        return low
    if covered(high) <= LEVEL:
        return high
    return float(brentq(lambda value: covered(value) - LEVEL, low, high, xtol=0.01))


NOTHING = Sums(np.empty(0), np.empty(0), np.empty(0))


def _floors(past: list[Trial], low: float, high: float) -> Table:
    """Give the units that variants of that pace stayed at or under, by horizon and level; nothing from too few."""
    table: list[tuple[float, ...]] = []
    for column in range(len(HORIZONS)):
        sold = [trial.sold[(trial.pace >= low) & (trial.pace < high), column] for trial in past]
        units = np.concatenate([*sold, np.empty(0)])
        units = units[np.isfinite(units)]
        if len(units) < LEAST_FLOOR_TRIALS:
            table.append(table[-1] if table else (0.0,) * len(FLOOR_LEVELS))
            continue
        quantiles = np.quantile(units, FLOOR_LEVELS, method="higher")
        table.append(tuple(np.maximum(quantiles, table[-1] if table else 0.0).tolist()))
    return tuple(table) if any(any(row) for row in table) else ()


def sampled(known: History) -> Kinds:
    """Choose the series that teach: worth scoring, at most 2,000, evenly, so that a large shop learns as quickly."""
    rows = np.flatnonzero(known.worth_scoring() & (known.age >= LEAST_DAYS))
    if len(rows) <= MOST_SERIES:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_SERIES).astype(np.int64)]
