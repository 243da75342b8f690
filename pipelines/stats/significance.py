"""How sure a difference is: weeks and units vary, and both are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

MIN_WEEKS = 8
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Hold a value with the range that holds it 19 of 20 times."""

    value: float
    low: float
    high: float


def total_of(gains: ArrayLike) -> Interval | None:
    """Give the total of gains (units x weeks) with its range, or nothing under eight weeks (METHODS 4h).

    >>> total_of(np.full((2, 8), 5.0))
    Interval(value=80.0, low=80.0, high=80.0)
    """
    each = np.asarray(gains, dtype=np.float64)
    units, weeks = each.shape
    if weeks < MIN_WEEKS:
        return None
    by_week, by_unit = each.sum(axis=0), each.sum(axis=1)
    variance = weeks * by_week.var(ddof=1) + (units * by_unit.var(ddof=1) if units > 1 else 0.0)
    value, reach = float(by_week.sum()), float(t.ppf((1 + LEVEL) / 2, weeks - 1) * np.sqrt(variance))
    return Interval(value, value - reach, value + reach)
