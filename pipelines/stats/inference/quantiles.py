"""The law of demand over a number of days, from its mean and variance: quantiles and what a stock misses."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import nbinom, norm, poisson

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


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


def sum_variance(mean: ArrayLike, dispersion: ArrayLike, model_error: ArrayLike) -> FloatArray:
    """Give the variance of a sum of demand: chance grows with the mean, our own error with its square (METHODS 5a)."""
    means, dispersions, errors = _floats(mean, dispersion, model_error)
    return means * dispersions + np.square(errors * means)


def probability_within(mean: ArrayLike, variance: ArrayLike, units: ArrayLike) -> FloatArray:
    """Give the probability that demand is at most `units`.

    >>> probability_within(10.0, 10.0, [-1, 15]).round(3)
    array([0.   , 0.951])
    """
    means, variances, most = _floats(mean, variance, units)
    whole = np.floor(most)
    spread = variances > means
    size, success = _shape(means, variances, spread)
    within = np.where(spread, nbinom.cdf(whole, size, success), poisson.cdf(whole, means))
    return np.where(np.isnan(most), np.nan, within)


def expected_shortfall(mean: ArrayLike, variance: ArrayLike, stock: ArrayLike) -> FloatArray:
    """Give the units of demand that a stock is expected to miss.

    Uses k p(k; r) = mean p(k - 1; r + 1), so that no sum over counts is needed; stock counts in whole units.

    >>> expected_shortfall([10.0, 10.0], [10.0, 10.0], [0.0, 10.0]).round(3)
    array([10.   ,  1.251])
    """
    means, variances, units = _floats(mean, variance, stock)
    held = np.maximum(np.floor(units), 0.0)
    spread = variances > means
    size, success = _shape(means, variances, spread)
    asked = np.where(spread, nbinom.sf(held - 1, size + 1, success), poisson.sf(held - 1, means))
    missed = np.where(spread, nbinom.sf(held, size, success), poisson.sf(held, means))
    return np.where(np.isnan(units), np.nan, np.maximum(means * asked - held * missed, 0.0))


def _spread_quantile(mean: FloatArray, variance: FloatArray, level: FloatArray) -> FloatArray:
    size = mean * mean / (variance - mean)
    return np.asarray(nbinom.ppf(level, size, mean / variance), dtype=np.float64)


def _checked(*values: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    mean, variance, level = _floats(*values)
    if np.any(mean < 0) or np.any(variance < 0):
        raise ValueError("mean and variance of demand cannot be negative")
    if not np.all((level > 0) & (level < 1)):
        raise ValueError("a service level lies between 0 and 1")
    return mean, variance, level


def _floats(*values: ArrayLike) -> tuple[FloatArray, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))


def _shape(mean: FloatArray, variance: FloatArray, spread: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Give the size and success probability where the law is negative binomial, harmless ones elsewhere."""
    size = np.where(spread, mean * mean / np.where(spread, variance - mean, 1.0), 1.0)
    success = np.where(spread, mean / np.where(spread, variance, 1.0), 0.5)
    return size, success


def smooth_quantile(mean: ArrayLike, variance: ArrayLike, level: ArrayLike) -> FloatArray:
    """Give a quantile without steps, for drawing ranges of single days: a gamma law by Wilson and Hilferty (1931).

    >>> smooth_quantile([0.0, 4.0], [0.0, 8.0], 0.9).round(1)
    array([0. , 7.7])
    """
    means, variances = _floats(mean, variance)
    shape = np.where(means > 0, means * means / np.where(variances > 0, variances, 1.0), 1.0)
    root = 1 - 1 / (9 * shape) + norm.ppf(level) / (3 * np.sqrt(shape))
    return np.where((means > 0) & (variances > 0), means * np.maximum(root, 0.0) ** 3, means)
