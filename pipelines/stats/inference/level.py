"""Whether a total is said too high: by what came day after day, beside what else was to be expected (METHODS 4b).

Two expectations of the same days are weighed against each other by the law of counts whose mean itself varies from day
to day (negative binomial). Their evidence adds up as in Page's sum (1954): days that speak for what is said are
forgotten as soon as others speak against it. It says that one is wrong, not why; so it asks, and acts on nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LARGE = 1.5  # times what else is to be expected of the days to come: less is a matter of opinion
LIMIT = math.log(400)  # by simulation (benchmarks/evidence/levels.py)
LEAST_SPREAD = 0.01  # a tenth up or down is what any day may differ by
QUARTER = 1.323  # which a quarter of squared normal deviations are above
OTHER_WEEKS = 4  # of which usual is the mean: its own chance is a quarter of a day's


def spread_of(came: ArrayLike, usual: ArrayLike) -> float:
    """Say how far days lie from what is usual, as the variance of their mean in shares, chance of counts left out.

    By a quantile, so that a week of another kind among eight says little.

    >>> round(spread_of([80.0, 120.0, 95.0, 130.0], [100.0] * 4), 3)
    0.022
    """
    days, expected = np.asarray(came, dtype=np.float64), np.asarray(usual, dtype=np.float64)
    known = np.isfinite(days) & np.isfinite(expected) & (expected > 0)
    if not known.any():
        return math.inf
    days, expected = days[known], expected[known]
    off = (days / expected - 1) ** 2 / (1 + 1 / OTHER_WEEKS)
    return max(LEAST_SPREAD, float(np.quantile(off, 0.75)) / QUARTER - float(np.mean(1 / expected)))


def evidence(came: ArrayLike, said: ArrayLike, usual: ArrayLike, spread: float) -> float:
    """Say how much better the usual explains the days up to now than what was said, as a logarithm, at least 0.

    >>> round(evidence([95, 110], [200.0, 210.0], [100.0, 100.0], 0.05), 1)
    6.8
    """
    if not math.isfinite(spread):
        return 0.0
    days = [np.asarray(each, dtype=np.float64) for each in (came, said, usual)]
    steps = likely(days[0], days[2], 1 / spread) - likely(days[0], days[1], 1 / spread)
    total = 0.0
    for step in steps:
        total = max(0.0, total + float(step))
    return total


def likely(came: Floats, mean: Floats, size: float) -> Floats:
    """Give the logarithm of how likely counts are, but for what does not depend on their mean."""
    share = np.maximum(mean, 1e-9)
    return np.asarray(came * np.log(share / (share + size)) - size * np.log1p(share / size), dtype=np.float64)


def is_too_high(found: float, ahead: float, usual_ahead: float) -> bool:
    """Tell whether what is said of the days to come is much more than else is to be expected, and not borne out."""
    return found >= LIMIT and ahead >= LARGE * max(usual_ahead, 1.0)
