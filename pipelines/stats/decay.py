"""When a forecast has grown worse: a one-sided CUSUM whose limit the shop's own backtest sets (METHODS 4b)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]

ALLOWANCE = 0.5  # sds a day that are forgiven
LEAST_LIMIT = 5.0
FALSE_ALARM_SHARE = 0.10  # of years without any decay
YEAR = 365
DRAWS = 2_000
BLOCK = 14  # days that are drawn together, so that what depends on its yesterday still does
MIN_DAYS = 14


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

    Years are drawn from the backtest in circular blocks of two weeks (Politis & Romano 1992).
    """
    known = np.asarray(backtest_z, dtype=np.float64)
    known = known[np.isfinite(known)]
    if len(known) < MIN_DAYS:
        raise ValueError(f"a limit takes at least {MIN_DAYS} days of backtest, there are {len(known)}")
    highest = cusum(_drawn_years(known, days, draws, seed)).max(axis=1)
    return max(LEAST_LIMIT, float(np.quantile(highest, 1 - FALSE_ALARM_SHARE, method="higher")))


def _drawn_years(known: Floats, days: int, draws: int, seed: int) -> Floats:
    blocks = math.ceil(days / BLOCK)
    first = np.random.default_rng(seed).integers(0, len(known), size=(draws, blocks, 1))
    years: Floats = known[(first + np.arange(BLOCK)) % len(known)].reshape(draws, -1)
    return years[:, :days]


def lag1_correlation(values: ArrayLike) -> float | None:
    """Give the correlation of each value with the one before, or nothing under three values or without any spread.

    >>> lag1_correlation([1.0, -1.0, 1.0, -1.0])
    -0.75
    """
    series = np.asarray(values, dtype=np.float64)
    centred = series - series.mean() if len(series) > 2 else np.zeros(0)
    spread = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / spread if spread > 0 else None


@dataclass(frozen=True)
class DieboldMariano:
    """Hold the statistic (positive: the first forecast lost more) and its two-sided p-value."""

    statistic: float
    p_value: float


def diebold_mariano(loss: ArrayLike, other_loss: ArrayLike, horizon: int = 1) -> DieboldMariano | None:
    """Test whether two forecasts lose alike (Diebold & Mariano 1995), for short series.

    Corrected as by Harvey, Leybourne & Newbold (1997) and read on Student's law; nothing where the variance of the
    mean difference is not positive.
    """
    losses = np.asarray(loss, dtype=np.float64) - np.asarray(other_loss, dtype=np.float64)
    if losses.ndim != 1 or not np.all(np.isfinite(losses)):
        raise ValueError("losses are two plain lists of known numbers, of the same length")
    size = len(losses)
    if not 1 <= horizon < size:
        return None
    variance = _variance_of_mean(losses, horizon)
    if not variance > 0:
        return None
    correction = (size + 1 - 2 * horizon + horizon * (horizon - 1) / size) / size
    statistic = float(losses.mean()) / math.sqrt(variance) * math.sqrt(correction)
    return DieboldMariano(statistic, float(2 * student.sf(abs(statistic), size - 1)))


def _variance_of_mean(values: Floats, horizon: int) -> float:
    centred = values - values.mean()
    lags = [float(centred[lag:] @ centred[: len(centred) - lag]) for lag in range(horizon)]
    return (lags[0] + 2 * sum(lags[1:])) / len(values) ** 2
