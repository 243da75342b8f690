"""How far two samples are from each other, and how likely chance brings them so far apart (METHODS 4a)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr
from scipy.stats import chi2

Floats = NDArray[np.float64]

LEAST_EXPECTED = 5  # rows in a bin, below which the chi-square law does not hold


def ks_and_wasserstein(reference: Floats, current: Floats) -> tuple[float, float]:
    """Give the Kolmogorov-Smirnov and the first Wasserstein distance of two *sorted* samples from one merge of them.

    Equal to scipy's `ks_2samp(...).statistic` and `wasserstein_distance`; NaN where a sample is empty.
    """
    m, n = len(reference), len(current)
    if not m or not n:
        return np.nan, np.nan
    place = np.searchsorted(reference, current, side="right")
    place += np.arange(n)
    is_current = np.zeros(m + n, dtype=np.bool_)
    is_current[place] = True
    merged = np.empty(m + n)
    merged[place] = current
    merged[~is_current] = reference
    passed = np.cumsum(is_current[:-1], dtype=np.int32)  # rows of the current sample so far
    apart = np.arange(1, m + n, dtype=np.int32) - passed
    apart = np.abs(apart / m - passed / n)
    steps = np.diff(merged)
    return float(apart.max(where=steps > 0, initial=0.0)), float(apart @ steps)


def psi(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Give the population stability index of counts per bin (last axis), each with half a row more (METHODS 4a)."""
    p, q = _smoothed(reference), _smoothed(current)
    return np.asarray(((p - q) * np.log(p / q)).sum(axis=-1))


def _smoothed(counts: ArrayLike) -> Floats:
    filled = np.asarray(counts, dtype=np.float64) + 0.5
    return np.asarray(filled / filled.sum(axis=-1, keepdims=True))


def psi_probability(value: float, m: float, n: float, bins: int) -> float:
    """Give the probability of such an index without any change: (1/n + 1/m) chi-square (Yurdakul 2018)."""
    return float(chi2.sf(value / (1 / n + 1 / m), bins - 1)) if bins > 1 else 1.0


def psi_by_chance(m: float, n: float, bins: int, probability: float) -> float:
    """Give the index that chance alone passes with this probability.

    >>> round(psi_by_chance(1600, 200, bins=10, probability=0.01), 3)
    0.122
    """
    return float(chi2.isf(probability, bins - 1)) * (1 / n + 1 / m) if bins > 1 else 0.0


def jensen_shannon(reference: ArrayLike, current: ArrayLike) -> float:
    """Give the Jensen-Shannon distance of counts per bin: the root of the divergence in bits, from 0 to 1 (base 2).

    >>> jensen_shannon([5, 0], [0, 7])
    1.0
    """
    p, q = _shares(reference), _shares(current)
    middle = (p + q) / 2
    bits = (rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / np.log(2)
    return float(np.sqrt(np.maximum(bits, 0.0) / 2))


def largest_gap(reference: ArrayLike, current: ArrayLike) -> float:
    """Give the largest difference of a bin's two shares (L-infinity)."""
    return float(np.abs(_shares(reference) - _shares(current)).max())


def _shares(counts: ArrayLike) -> Floats:
    rows = np.asarray(counts, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.asarray(rows / rows.sum())


def chi_square(reference: ArrayLike, current: ArrayLike) -> tuple[float, float]:
    """Give statistic and p-value of the two-sample chi-square test, rare bins taken together (Pearson 1900)."""
    table = together(reference, current)
    total = table.sum()
    if table.shape[1] < 2:
        return 0.0, 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    statistic = float(((table - expected) ** 2 / expected).sum())
    return statistic, float(chi2.sf(statistic, table.shape[1] - 1))


def together(reference: ArrayLike, current: ArrayLike) -> Floats:
    """Merge the bins in which either sample expects less than five rows into one, or into the next where still few.

    >>> together([50, 46, 3, 1], [50, 46, 3, 1]).tolist()
    [[50.0, 50.0], [50.0, 50.0]]
    """
    table = np.asarray([reference, current], dtype=np.float64)
    of_smaller = table.sum(axis=1).min() / table.sum()
    order = np.argsort(-table.sum(axis=0), kind="stable")
    table = table[:, order]
    kept = int((table.sum(axis=0) * of_smaller >= LEAST_EXPECTED).sum())
    rest = table[:, kept:].sum(axis=1)
    if kept and rest.sum() * of_smaller < LEAST_EXPECTED:
        table[:, kept - 1] += rest
        return table[:, :kept]
    return np.column_stack([table[:, :kept], rest])
