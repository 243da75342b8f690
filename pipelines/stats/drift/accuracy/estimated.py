"""Guess accuracy before labels come, from the probabilities alone (CBPE, Kivimäki et al. 2024; METHODS 4d).

It holds for as long as the probabilities are calibrated: it may warn, it never clears, for what has changed between
features and outcome it cannot see (METHODS 0.8).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, t

from pipelines.stats.drift.accuracy.probabilities import auc
from pipelines.stats.drift.findings import Finding

Floats = NDArray[np.float64]

LEAST_ROWS = 1000
LEAST_CHUNKS = 6
DEVIATIONS = 3


def expected_auc(p: ArrayLike) -> float:
    """Give the AUC that calibrated probabilities expect of themselves; NaN below a thousand."""
    said = _usable(p)
    return auc(said, 1 - said, said)


def expected_accuracy(p: ArrayLike, threshold: float = 0.5) -> float:
    """Give the share of right answers that calibrated probabilities expect of "yes from the threshold on".

    >>> expected_accuracy(np.full(1000, 0.8)), expected_accuracy(np.full(1000, 0.2))
    (0.8, 0.8)
    """
    said = _usable(p)
    return float(np.where(said >= threshold, said, 1 - said).mean().round(12)) if len(said) else np.nan


def _usable(p: ArrayLike) -> Floats:
    said = np.asarray(p, dtype=np.float64)
    said = said[(said >= 0) & (said <= 1)]
    return said if len(said) >= LEAST_ROWS else said[:0]


def judge(estimate: float, usual: ArrayLike) -> Finding:
    """Warn (drift) where an estimate lies beyond the limits that six chunks of the reference or more set.

    All else is insufficient: that nothing is seen does not mean that all is well.
    """
    if not np.isfinite(estimate):
        return Finding.NO_DATA
    low, high = limits(usual)
    return Finding.DRIFT if estimate < low or estimate > high else Finding.INSUFFICIENT


def limits(usual: ArrayLike) -> tuple[float, float]:
    """Give the estimates between which nothing is said: three deviations from the mean of six chunks or more.

    Few chunks know their deviation badly, so their limits are as much wider as Student's law says: the same share of
    estimates, .27 %, lies beyond them by chance (plainly three deviations: 4.0 % at 6 chunks, .9 % at 24).
    """
    chunks = np.asarray(usual, dtype=np.float64)
    chunks = chunks[np.isfinite(chunks)]
    if len(chunks) < LEAST_CHUNKS:
        return np.nan, np.nan
    count = len(chunks)
    times = float(t.isf(norm.sf(DEVIATIONS), count - 1)) * np.sqrt(1 + 1 / count)
    reach = times * float(chunks.std(ddof=1))
    return float(chunks.mean()) - reach, float(chunks.mean()) + reach
