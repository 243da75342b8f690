"""Quantiles of demand over a number of days, from its mean and variance."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import nbinom, poisson

FloatArray = NDArray[np.float64]


def negative_binomial_quantile(mean: ArrayLike, variance: ArrayLike, level: ArrayLike) -> FloatArray:
    """Give the smallest count that demand stays at or under with probability `level`.

    Negative binomial with that mean and variance, Poisson where the variance is not above the mean.
    The arguments broadcast; an unknown (NaN) mean or variance gives NaN.

    >>> negative_binomial_quantile([0.0, 10.0, 10.0], [0.0, 10.0, 40.0], 0.95)
    array([ 0., 15., 22.])
    """
    means, variances, levels = _checked(mean, variance, level)
    quantile = np.full(means.shape, np.nan)
    spread = variances > means
    quantile[spread] = _spread_quantile(means[spread], variances[spread], levels[spread])
    plain = variances <= means
    quantile[plain] = poisson.ppf(levels[plain], means[plain])
    quantile[(means == 0) & ~np.isnan(variances)] = 0.0
    return quantile


def _spread_quantile(mean: FloatArray, variance: FloatArray, level: FloatArray) -> FloatArray:
    size = mean * mean / (variance - mean)
    return np.asarray(nbinom.ppf(level, size, mean / variance), dtype=np.float64)


def _checked(*values: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    mean, variance, level = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values))
    if np.any(mean < 0) or np.any(variance < 0):
        raise ValueError("mean and variance of demand cannot be negative")
    if not np.all((level > 0) & (level < 1)):
        raise ValueError("a service level lies between 0 and 1")
    return mean, variance, level
