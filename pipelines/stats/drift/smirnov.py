"""The far tail of the Kolmogorov-Smirnov law, for which scipy takes longer than for the distance itself.

The sum is that of Smirnov (1944), as in Simard & L'Ecuyer (2011); its binomial weights are the same for all features of
a window, so they are kept, by Stirling's series, which loses no digits (Loader 2000).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln
from scipy.stats import kstwo

Floats = NDArray[np.float64]

FAR = 2.2  # size x distance squared from which both tails are twice one of them, to 15 digits (Simard & L'Ecuyer)
MANY = 140  # rows, below which scipy's ways are quick
EXACT_UNTIL = 16  # below it the series has too few digits
NEVER = 370.0  # the tail is no number any more


def ks_probability(distance: ArrayLike, m: ArrayLike, n: ArrayLike) -> Floats:
    """Give the asymptotic p-value of Kolmogorov-Smirnov distances of samples of m and n rows, NaN without rows.

    Equal to scipy's `ks_2samp(..., method="asymp").pvalue`.
    """
    apart, sizes, others = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in (distance, m, n)))
    with np.errstate(invalid="ignore"):
        size = np.round(sizes * others / (sizes + others))
        size = np.where(size >= 1, size, np.nan)
        far = (size > MANY) & (size * apart**2 >= FAR) & (apart < 0.5)
    p = np.asarray(kstwo.sf(np.where(far, 1.0, apart), size))
    p[far] = [2 * one_sided(int(rows), x) for rows, x in zip(size[far], apart[far], strict=True)]
    return np.asarray(np.clip(p, 0.0, 1.0))


def one_sided(n: int, x: float) -> float:
    """Give the probability that the largest distance to one side is at least x: scipy's `smirnov`, for large n."""
    t = n * x
    if t * x >= NEVER:
        return 0.0
    j = np.arange(1, int(np.ceil(n - t)), dtype=np.float64)
    powers = np.exp(j * np.log1p(t / j) + (n - j) * np.log1p(-t / (n - j)))
    return float((1 - x) ** n + (_weights(n)[: len(j)] * powers) @ (t / (j + t)))


@lru_cache(maxsize=4)
def _weights(n: int) -> Floats:
    """Give the binomial probability of j in n at its own rate j/n, for j from 1 to n - 1."""
    j = np.arange(1, n, dtype=np.float64)
    error = _stirling_error(j)
    total = _stirling_error(np.array([n], dtype=np.float64))[0]
    return np.asarray(np.sqrt(n / (2 * np.pi * j * (n - j))) * np.exp(total - error - error[::-1]))


def _stirling_error(k: Floats) -> Floats:
    """Give what Stirling's formula lacks of log k!."""
    inverse = 1 / k
    square = inverse * inverse
    error = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
    few = k[k < EXACT_UNTIL]
    error[: len(few)] = gammaln(few + 1) - (few + 0.5) * np.log(few) + few - 0.5 * np.log(2 * np.pi)
    return error
