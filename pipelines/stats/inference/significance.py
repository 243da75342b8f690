"""How sure a difference is: weeks and units vary, and both are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

MIN_WEEKS = 4  # with one figure a week
TOTAL_WEEKS = 8  # for the range of a total
LEVEL = 0.95
MOST_MEMORY = 0.7


@dataclass(frozen=True)
class Interval:
    """Hold a value with the range that holds it 19 of 20 times."""

    value: float
    low: float
    high: float


def total_of(gains: ArrayLike) -> Interval | None:
    """Give the total of gains (units x weeks) with its range, or nothing under eight weeks (METHODS 4h).

    Student's t on the variance between weeks and the variance between units: weeks share the shop's luck, and a unit
    its own from week to week. Weeks that go together count as fewer.

    >>> total_of(np.full((2, 8), 5.0))
    Interval(value=80.0, low=80.0, high=80.0)
    """
    each = np.asarray(gains, dtype=np.float64)
    units, weeks = each.shape
    if weeks < TOTAL_WEEKS:
        return None
    by_week, by_unit = each.sum(axis=0), each.sum(axis=1)
    count = independent(by_week)
    variance = weeks**2 / count * by_week.var(ddof=1) + (units * by_unit.var(ddof=1) if units > 1 else 0.0)
    value, reach = float(by_week.sum()), float(t.ppf((1 + LEVEL) / 2, max(2.0, count - 1)) * np.sqrt(variance))
    return Interval(value, value - reach, value + reach)


def independent(weekly: ArrayLike) -> float:
    """Count the independent weeks that tell as much as weeks of which each takes after the one before it.

    n (1 - r) / (1 + r) with r the correlation of neighbours, of which less than none or more than .7 is not believed
    (Bayley & Hammersley 1946).

    >>> independent([1, -1, 1, -1]), round(independent([1, 2, 3, 4, 5, 6, 7, 8]), 2)
    (4.0, 1.85)
    """
    away = np.asarray(weekly, dtype=np.float64)
    away = away - away.mean()
    square = float(away @ away)
    r = min(max(float(away[1:] @ away[:-1]) / square, 0.0), MOST_MEMORY) if square > 0 else 0.0
    return len(away) * (1 - r) / (1 + r)
