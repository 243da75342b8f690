"""Notice that one figure of a series of windows has moved for good: the test of Page (1954) and Hinkley (1971).

m_t is the sum of x_i - mean_i - delta, with the mean of all so far; it alarms when m_t - min m passes a limit: one that
a figure that stays as it is passes once in a year of windows at most. A past of few windows tells its own spread badly,
so the upper 90 % bound of it is used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from pipelines.stats.drift.findings import Finding
from pipelines.stats.drift.shares import wilson
from pipelines.stats.inference.decay import cusum

Floats = NDArray[np.float64]

LEAST_PAST = 28
ALLOWANCE = 0.5  # delta, in standard deviations
BOUND = 0.9
# By the windows of the past, for figures and for zeros and ones: simulated so that normal, heavy-tailed and skewed
# figures, and ones of any rate, that stay as they are alarm after 365 windows or later on average.
LIMITS = {28: (4.1, 4.5), 40: (4.5, 4.9), 60: (4.65, 5.3), 90: (5.1, 6.1), 180: (5.25, 7.4)}
MOST_PAST = 365  # the newest so many: as far as limits are known


def judge(past: ArrayLike, live: ArrayLike, *, lower_is_better: bool) -> Finding:
    """Say whether the live figures, one per window and oldest first, have become worse than the past's.

    >>> usual = [0.10, 0.12, 0.09, 0.11] * 10
    >>> judge(usual, usual, lower_is_better=True).value, judge(usual, [0.15] * 5, lower_is_better=True).value
    ('ok', 'drift')
    """
    before, after = _known(past), np.asarray(live, dtype=np.float64)
    reached = sums(before, after, lower_is_better=lower_is_better)
    if len(before) >= LEAST_PAST and np.any(reached > limit(before, after)):
        return Finding.DRIFT
    if not len(after) or not np.isfinite(after[-1]):
        return Finding.NO_DATA
    unsure = len(before) < LEAST_PAST or not _is_varied(before, after)
    return Finding.INSUFFICIENT if unsure else Finding.OK


def sums(past: ArrayLike, live: ArrayLike, *, lower_is_better: bool) -> Floats:
    """Give m_t - min m after each live window, in standard deviations; what is not known (NaN) adds nothing."""
    before, after = _known(past), np.asarray(live, dtype=np.float64)
    after = np.where(np.isfinite(after), after, np.nan)
    if not _is_varied(before, after):
        return np.full(len(after), np.nan)
    worse = 1.0 if lower_is_better else -1.0
    return _walk(before, after, worse / deviation(before, after))


def deviation(past: Floats, live: Floats) -> float:
    """Give the upper 90 % bound of the past's standard deviation; of zeros and ones, that of their rate's interval."""
    n = len(past)
    if _are_truths(past) and _are_truths(live):
        rate = wilson(float(past.sum()), n, level=2 * BOUND - 1)
        nearest = min(max(0.5, rate.low), rate.high)
        return float(np.sqrt(nearest * (1 - nearest)))
    return float(past.std(ddof=1) * np.sqrt((n - 1) / chi2.ppf(1 - BOUND, n - 1)))


def limit(past: Floats, live: Floats) -> float:
    """Give the limit for a past of so many windows, of figures or of zeros and ones."""
    figures, truths = LIMITS[max((windows for windows in LIMITS if windows <= len(past)), default=LEAST_PAST)]
    return truths if _are_truths(past) and _are_truths(live) else figures


def _walk(past: Floats, live: Floats, scale: float) -> Floats:
    """Sum what is above the running mean and the allowance."""
    known = np.isfinite(live)
    mean = (past.sum() + np.where(known, live, 0.0).cumsum()) / (len(past) + known.cumsum())
    return cusum(scale * (live - mean), ALLOWANCE)


def _known(values: ArrayLike) -> Floats:
    figures = np.asarray(values, dtype=np.float64)
    return figures[np.isfinite(figures)][-MOST_PAST:]


def _are_truths(values: Floats) -> bool:
    return bool(np.isin(values[np.isfinite(values)], (0.0, 1.0)).all())


def _is_varied(past: Floats, live: Floats) -> bool:
    """Tell whether the past says how much figures vary; zeros alone do so only where ones may follow."""
    if len(past) < 2:
        return False
    return bool(past.std() > 0) or (_are_truths(past) and _are_truths(live))
