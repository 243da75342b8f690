"""When a forecast has grown worse: a one-sided CUSUM whose limit the shop's own backtest sets (METHODS 4b)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

ALLOWANCE = 0.5  # sds a day that are forgiven
LEAST_LIMIT = 5.0
# Of drawn years, so that at most 10 % of real years without decay raise an alarm: drawn ones know but one backtest.
# Measured: 4 to 11 % of real years from 84 days of backtest on, up to 18 % with 28 days.
FALSE_ALARM_SHARE = 0.025
YEAR = 365
DRAWS = 2_000
BLOCK = 7  # days that are drawn together: what depends on its yesterday still does, and weeks stay weeks
MIN_DAYS = 14
LEAST_SPREAD = 0.5  # of the whole backtest's: blocks drawn twice must not pass for a calm shop


def z_scores(differences: ArrayLike, mean: float, sd: float) -> Floats:
    """Measure each day's paired loss difference (model minus simple rule) in sds of its backtest; NaN stays unknown."""
    if not (math.isfinite(mean) and math.isfinite(sd) and sd > 0):
        raise ValueError("the backtest must know the mean of its differences and a standard deviation above 0")
    return (np.asarray(differences, dtype=np.float64) - mean) / sd


def cusum(z: ArrayLike, allowance: float = ALLOWANCE) -> Floats:
    """Give Page's one-sided sum S = max(0, S + z - allowance) after each day, along the last axis.

    A day that is not known (NaN) leaves the sum where it is.

    >>> cusum([2.5, float("nan"), 0.0, -9.0, 1.0])
    array([2. , 2. , 1.5, 0. , 0.5])
    """
    days = np.asarray(z, dtype=np.float64)
    walk = np.cumsum(np.where(np.isnan(days), 0.0, days - allowance), axis=-1)
    lowest = np.minimum(np.minimum.accumulate(walk, axis=-1), 0.0)
    return np.asarray(walk - lowest, dtype=np.float64)


def alarm_day(z: ArrayLike, limit: float, allowance: float = ALLOWANCE) -> int | None:
    """Give the first day on which the sum is above its limit."""
    above = np.flatnonzero(cusum(z, allowance) > limit)
    return int(above[0]) if above.size else None


def alarm_limit(backtest_z: ArrayLike, *, seed: int, days: int = YEAR, draws: int = DRAWS) -> float:
    """Give the limit that a year without decay passes with probability 10 % at most, never below 5.

    Years are drawn from the backtest in circular blocks of a week (Politis & Romano 1992). Each is measured against a
    backtest that is drawn anew, too: a short one knows its own mean and spread only roughly, and the limit says so.
    """
    known = np.asarray(backtest_z, dtype=np.float64)
    known = known[np.isfinite(known)]
    if len(known) < MIN_DAYS:
        raise ValueError(f"a limit takes at least {MIN_DAYS} days of backtest, there are {len(known)}")
    rng = np.random.default_rng(seed)
    years, backtests = _drawn(known, days, draws, rng), _drawn(known, len(known), draws, rng)
    spread = np.maximum(backtests.std(axis=1, keepdims=True), LEAST_SPREAD * known.std())
    distance = years - backtests.mean(axis=1, keepdims=True)
    highest = cusum(np.divide(distance, spread, out=np.zeros_like(distance), where=spread > 0)).max(axis=1)
    return max(LEAST_LIMIT, float(np.quantile(highest, 1 - FALSE_ALARM_SHARE, method="higher")))


def _drawn(known: Floats, days: int, draws: int, rng: np.random.Generator) -> Floats:
    blocks = math.ceil(days / BLOCK)
    first = rng.integers(0, len(known), size=(draws, blocks, 1))
    found: Floats = known[(first + np.arange(BLOCK)) % len(known)].reshape(draws, -1)
    return found[:, :days]


def lag1_correlation(values: ArrayLike) -> float | None:
    """Give the correlation of each value with the one before, or nothing under three values or without any spread.

    >>> lag1_correlation([1.0, -1.0, 1.0, -1.0])
    -0.75
    """
    series = np.asarray(values, dtype=np.float64)
    centred = series - series.mean() if len(series) > 2 else np.zeros(0)
    spread = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / spread if spread > 0 else None
