"""Whether two predictions of the same days differ in accuracy by more than chance (METHODS 4b, for reports).

Diebold & Mariano (1995), "Comparing predictive accuracy", J. Business & Economic Statistics 13: the mean loss
difference over its standard error, whose variance takes in the autocovariances up to one less than the days ahead.
Harvey, Leybourne & Newbold (1997), "Testing the equality of prediction mean squared errors", IJF 13:
with n differences h days ahead the statistic is multiplied by sqrt((n + 1 - 2h + h(h-1)/n) / n) and read against
Student's t with n - 1 degrees of freedom, since without that it rejects too often where days are few.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t as student

from pipelines.stats.inference.significance import LEVEL

LEAST_DAYS = 8  # below it the correction is larger than what it corrects
ALIKE = 1e-9  # of their size: differences that vary by less are the same but for rounding


@dataclass(frozen=True)
class Compared:
    """Hold the mean loss difference, its range, the corrected statistic, and how often chance gives one as large."""

    mean: float
    low: float
    high: float
    statistic: float
    p_value: float
    n: int


def diebold_mariano(losses: ArrayLike, others: ArrayLike, *, ahead: int = 1) -> Compared | None:
    """Compare the losses of two predictions; a mean above zero says that the first one lost more.

    Days of which either loss is unknown are left out. Where autocovariances make the variance negative, those beyond
    lag zero are left out, as in R's `dm.test`. Nothing is said of under eight days, of differences that are all the
    same, or of fewer days than are looked ahead.

    >>> rng = np.random.default_rng(0)
    >>> found = diebold_mariano(rng.normal(1.0, 1, 28), rng.normal(0.0, 1, 28))
    >>> found.mean > 0.5, found.p_value < 0.05
    (True, True)
    """
    if ahead < 1:
        raise ValueError("a prediction looks at least a day ahead")
    each = np.asarray(losses, dtype=np.float64) - np.asarray(others, dtype=np.float64)
    each = each[np.isfinite(each)]
    n = len(each)
    if n < max(LEAST_DAYS, 2 * ahead) or np.ptp(each) <= ALIKE * np.abs(each).max():
        return None
    mean = float(each.mean())
    variance = variance_of_mean(each - mean, ahead)
    if variance <= 0:
        return None
    corrected = math.sqrt((n + 1 - 2 * ahead + ahead * (ahead - 1) / n) / n)
    error = math.sqrt(variance) / corrected
    reach = float(student.ppf((1 + LEVEL) / 2, n - 1)) * error
    statistic = mean / error
    return Compared(mean, mean - reach, mean + reach, statistic, float(2 * student.sf(abs(statistic), n - 1)), n)


def variance_of_mean(away: np.ndarray, ahead: int) -> float:
    """Give the variance of a mean from deviations that may go together up to `ahead` less one days apart."""
    n = len(away)
    autocovariances = [float(away[lag:] @ away[: n - lag]) / n for lag in range(ahead)]
    variance = (autocovariances[0] + 2 * sum(autocovariances[1:])) / n
    return variance if variance > ALIKE * autocovariances[0] / n else autocovariances[0] / n
