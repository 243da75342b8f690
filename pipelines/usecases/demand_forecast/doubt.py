"""What a shop's past teaches about the errors of its forecast, for every number of days that stock has to last.

The cheap members forecast from up to thirteen past origins, four weeks apart: they are in every forecast, and one pass
over the history serves all origins. Origins share the shop's luck, so that each kind of variant is shrunk by the
number of origins towards what is usual (METHODS 5a, coverage where it is used).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq, isotonic_regression

from pipelines.stats.frames import Mask, Matrix
from pipelines.stats.quantiles import probability_within, sum_variance
from pipelines.usecases.demand_forecast.history import History, Vector
from pipelines.usecases.demand_forecast.spread import (
    FLOOR_LEVELS,
    FLOOR_PACES,
    HORIZONS,
    LIVELY,
    SLOW,
    SLOW_FACTOR,
    STEADY,
    USUAL_ERRORS,
    Doubt,
    Kinds,
    Table,
    dispersion_of,
    kinds_of,
    pace_of,
)

LEVEL = 0.95
ORIGINS, STEP = 13, 28
LEAST_DAYS = 28  # of the shop before an origin, and of a variant
MOST_SERIES = 2_000
LEAST_TRIALS, LEAST_FLOOR_TRIALS = 20, 30
USUAL_ORIGINS = 3  # what is usual weighs as much as three origins
LEAST_ERROR, MOST_ERROR, MOST_SLOW_ERROR = 0.05, 0.9, 3.0
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


def trial_of(history: History, week: Matrix, cut: int, lead_days: int) -> Trial:
    """Set what the cheap members said at a cut (a repeating week per series) beside what sold since."""
    known = history.until(cut)
    rows = _sampled(known.worth_scoring() & (known.age >= LEAST_DAYS))
    ahead = week[rows][:, np.arange(max(HORIZONS)) % week.shape[1]].astype(np.float64)
    actual = history.rows(rows).actual(cut, max(HORIZONS))
    sold = [actual[:, :days].sum(axis=1) if cut + days <= history.n_days else None for days in HORIZONS]
    missing = np.full(len(rows), np.nan)
    phi, pace = dispersion_of(known.panel.rows(rows), lead_days).by_series, pace_of(ahead)
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
    columns = [_errors(past, column) for column in range(len(HORIZONS))]
    # More days ahead are never easier to forecast: where few origins say so, it is their luck.
    errors = tuple(tuple(np.round(isotonic_regression(kind).x, 4).tolist()) for kind in np.transpose(columns))
    least = (0, *FLOOR_PACES[:-1])
    floors = tuple(_floors(past, low, high) for low, high in zip(least, FLOOR_PACES, strict=True))
    return Doubt(errors, floors if any(floors) else ())


def _errors(past: list[Trial], column: int) -> tuple[float, float, float]:
    """Give s of steady, lively and slow variants at one horizon."""
    known = [trial for trial in past if np.isfinite(trial.sold[:, column]).any()]
    own = len(known) / (len(known) + USUAL_ORIGINS)

    def found(rows: list[Mask], usual: float, most: float) -> float:
        columns = [
            (trial.sold[here, column], trial.expected[here, column], trial.dispersion[here])
            for trial, kind in zip(known, rows, strict=True)
            for here in [kind & np.isfinite(trial.sold[:, column]) & (trial.expected[:, column] > 0)]
        ]
        y, f, phi = (np.concatenate(values) for values in zip(*columns, strict=True)) if columns else [np.empty(0)] * 3
        if len(y) < LEAST_TRIALS:
            return usual
        return own * matching_error(y, f, phi, most) + (1 - own) * usual

    whole = found([trial.kind != SLOW for trial in known], USUAL_ERRORS[column], MOST_ERROR)
    steady, lively = (found([trial.kind == kind for trial in known], whole, MOST_ERROR) for kind in (STEADY, LIVELY))
    hardly = [(trial.kind == SLOW) & (trial.pace >= LEAST_SLOW_PACE) for trial in known]
    return steady, lively, found(hardly, SLOW_FACTOR * whole, MOST_SLOW_ERROR)


def matching_error(y: Vector, f: Vector, phi: Vector, most: float) -> float:
    """Find the relative error at which 95 % of past sums lie at or under their quantile."""

    below = np.ceil(y) - 1  # units lie at or under their quantile where one less is less likely than the level

    def excess(error: float) -> float:
        return float(np.mean(probability_within(f, sum_variance(f, phi, error), below) < LEVEL)) - LEVEL

    if excess(LEAST_ERROR) >= 0:
        return LEAST_ERROR
    if excess(most) <= 0:
        return most
    return float(brentq(excess, LEAST_ERROR, most, xtol=0.01))


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


def _sampled(chosen: Mask) -> Kinds:
    """Keep at most 2,000 series, evenly, so that the largest shop learns as quickly."""
    rows = np.flatnonzero(chosen)
    if len(rows) <= MOST_SERIES:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MOST_SERIES).astype(np.int64)]
