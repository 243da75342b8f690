"""Quantiles of counts in buckets, with their range: for what is counted and not kept one by one. Standard library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.96  # of the normal distribution: 19 of 20 times


@dataclass(frozen=True)
class Quantile:
    """A quantile, between which values it lies 19 of 20 times, and of how many."""

    value: float
    low: float
    high: float
    n: int


def quantile(share: float, counts: Sequence[int], bounds: Sequence[float]) -> Quantile | None:
    """Return a quantile of what was counted up to each bound; the last count is of what lies beyond all.

    The range is that of the order statistics between which it lies (Conover 1999, normal).

    >>> found = quantile(0.75, [0, 300, 100, 0], [1.0, 2.0, 3.0])
    >>> found.value, found.low < 2.0 < found.high
    (2.0, True)
    """
    n = sum(counts)
    if not n:
        return None
    spread = Z * math.sqrt(share * (1 - share) / n)
    places = (share, max(0.0, share - spread), min(1.0, share + spread))
    value, low, high = (value_at(place * n, counts, bounds) for place in places)
    return Quantile(value, low, high, n)


def value_at(rank: float, counts: Sequence[int], bounds: Sequence[float]) -> float:
    """Return the value of a rank, as if each bucket were filled evenly; what lies beyond all bounds is infinite."""
    passed = 0
    for place, count in enumerate(counts[:-1]):
        if count and passed + count >= rank:
            first = bounds[place - 1] if place else 0.0
            return first + (bounds[place] - first) * (rank - passed) / count
        passed += count
    return math.inf


def bucket(value: float, bounds: Sequence[float]) -> int:
    """Return in which bucket a value is counted.

    >>> [bucket(value, [1.0, 2.0]) for value in (0.0, 1.0, 1.5, 9.0)]
    [0, 0, 1, 2]
    """
    return next((place for place, bound in enumerate(bounds) if value <= bound), len(bounds))
