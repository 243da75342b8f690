"""How far sums of days scatter around the forecast: variance = f x phi + (e f)^2 (METHODS 5a, quantiles for stock)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from pipelines.stats.frames import Panel
from pipelines.stats.quantiles import negative_binomial_quantile, sum_variance
from pipelines.usecases.demand_forecast.history import Vector

RECENT_DAYS = 182
SHRINKAGE = 10
USUAL_ERROR = 0.3
USUAL_LEAD_DAYS = 14
LEAST_ERROR, MOST_ERROR = 0.05, 0.9
LEAST_UNITS = 5
LEVEL = 0.95
CHUNK = 8_192


@dataclass(frozen=True)
class Dispersion:
    """Hold each series' variance-to-mean ratio of sums of days, and the shop's median that it is shrunk to."""

    by_series: Vector
    pooled: float


def dispersion_of(panel: Panel, days: int, pooled: float | None = None) -> Dispersion:
    """Compare variance and mean of the rolling sums of the last 182 days, shrunk by n / (n + 10).

    n is the number of sums that do not overlap; days out of stock spoil the sums that hold them. A history that holds
    fewer than four such sums is read in shorter ones.
    """
    days = max(1, min(days, panel.n_days // 4))
    parts = [_rolling_moments(panel.rows(slice(low, low + CHUNK)), days) for low in range(0, len(panel.ids), CHUNK)]
    mean, variance, count = (np.concatenate(column) for column in zip(*parts, strict=True))
    known = (mean > 0) & (count >= 2 * days)
    ratio = np.where(known, variance / np.where(known, mean, 1), 1.0)
    middle = _median(ratio[known]) if pooled is None else pooled
    n = np.where(known, count / days, 0)
    return Dispersion(np.maximum(1.0, (n * ratio + SHRINKAGE * middle) / (n + SHRINKAGE)), middle)


def model_error_of(trials: Sequence[tuple[Vector, Vector, Vector]]) -> float:
    """Find the relative error at which 95 % of the shop's past sums lie under their quantile.

    Each trial holds (units, forecast, dispersion) of one origin. Origins share the shop's luck, so that three of
    them weigh as much as the usual 0.3.
    """
    sold = [(y[f >= LEAST_UNITS], f[f >= LEAST_UNITS], phi[f >= LEAST_UNITS]) for y, f, phi in trials]
    sold = [trial for trial in sold if len(trial[0]) >= 5]
    if not sold:
        return USUAL_ERROR
    found = _matching_error(*(np.concatenate(column) for column in zip(*sold, strict=True)))
    return (len(sold) * found + 3 * USUAL_ERROR) / (len(sold) + 3)


def _matching_error(y: Vector, f: Vector, phi: Vector) -> float:
    def excess(error: float) -> float:
        return float(np.mean(y <= negative_binomial_quantile(f, sum_variance(f, phi, error), LEVEL))) - LEVEL

    if excess(LEAST_ERROR) >= 0:
        return LEAST_ERROR
    if excess(MOST_ERROR) <= 0:
        return MOST_ERROR
    return float(brentq(excess, LEAST_ERROR, MOST_ERROR, xtol=0.01))


def _rolling_moments(panel: Panel, days: int) -> tuple[Vector, Vector, Vector]:
    """Give mean, variance and number of the rolling sums; the variance without the bias of their overlap.

    Sums that overlap vary less around their own mean than independent ones (Lo & MacKinlay 1988).
    """
    y, seen = panel.y[:, -RECENT_DAYS:], panel.seen[:, -RECENT_DAYS:]
    sums = _rolling(np.where(seen, y, 0).astype(np.float64), days)
    whole = _rolling(seen.astype(np.float64), days) == days
    count = whole.sum(axis=1).astype(np.float64)
    mean = np.where(whole, sums, 0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(whole, (sums - mean[:, None]) ** 2, 0).sum(axis=1)
    free = count * (1 - days / np.maximum(count + days - 1, days + 1))
    return mean, squares / np.maximum(free, 1), count


def _rolling(values: Vector, days: int) -> Vector:
    total = np.concatenate([np.zeros((len(values), 1)), values.cumsum(axis=1)], axis=1)
    return np.asarray(total[:, days:] - total[:, :-days])


def _median(ratio: Vector) -> float:
    return float(np.median(ratio)) if ratio.size else 1.0
