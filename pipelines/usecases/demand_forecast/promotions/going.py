"""Discounts that nobody entered and that are there today: each may end tomorrow, and the longer it has held the less.

Of the days ahead it is expected on a share of (days so far / (days so far + days ahead)) to a power that falls from
four to none within six weeks. What has held for most of six weeks is expected to stay: until it ends it is the price.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Ints, Mask, Matrix

Vector = NDArray[np.float64]
HELD = 42  # days
YOUNG = 4.0  # power of the chance that one of today is there later: most sales last for a week or less
MOST_OF = 0.75  # of them, on which a discount counts as held
LAST = 3  # days at the usual price end it; a single one may be an order at another price
DEEPER = 0.05  # of sales: a deeper discount than the one that held


@dataclass(frozen=True)
class Going:
    """Hold how many times as much, less one, some series sold day by day for discounts that nobody entered."""

    row: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    more: NDArray[np.float16] = field(default_factory=lambda: np.empty((0, 0), np.float16))

    def until(self, cut: int) -> Going:
        """Keep what was known at a cut."""
        return Going(self.row, self.more[:, :cut])

    def rows(self, place: Ints) -> Going:
        """Keep the series that have a place, numbered by it."""
        mine = place[self.row] >= 0
        return Going(place[self.row[mine]], self.more[mine])

    def ahead(self, cut: int, horizon: int) -> tuple[Ints, Vector, Matrix]:
        """Give the series with a discount at a cut, and how many times as much sells for what stays and by day."""
        recent = self.more[:, max(0, cut - HELD) : cut].astype(np.float64)
        if not recent.size:
            return self.row[:0], np.ones(0), np.ones((0, horizon), np.float32)
        held = np.minimum(np.quantile(recent, 1 - MOST_OF, axis=1), recent[:, -LAST:].max(axis=1))
        deeper = np.maximum(recent[:, -1] - held, 0)
        so_far = trailing(recent > held[:, None] + DEEPER)
        more = held[:, None] + deeper[:, None] * share_ahead(so_far, horizon)
        goes = more[:, 0] > 0
        return self.row[goes], 1 + held[goes], (1 + more[goes]).astype(np.float32)


def share_ahead(so_far: Ints, horizon: int) -> Vector:
    """Give the chance of a discount that is so many days old to be there on each day ahead.

    >>> share_ahead(np.array([3, 14, 35]), 28)[:, [0, 6, 27]].round(2).tolist()
    [[0.34, 0.01, 0.0], [0.83, 0.34, 0.05], [0.98, 0.89, 0.68]]
    """
    days = np.minimum(so_far, HELD)[:, None].astype(np.float64)
    return np.asarray((days / (days + np.arange(1, horizon + 1))) ** (YOUNG * (1 - days / HELD)))


def trailing(mask: Mask) -> Ints:
    """Count the days up to the last one on which something held without a break.

    >>> trailing(np.array([[True, False, True, True], [True, True, True, True], [True, True, True, False]])).tolist()
    [2, 4, 0]
    """
    broken = ~mask[:, ::-1]
    return np.asarray(np.where(broken.any(axis=1), broken.argmax(axis=1), mask.shape[1]))


def is_young(logs: Matrix) -> Mask:
    """Tell on which days a discount has not held for six weeks yet.

    >>> is_young(np.array([[0.0, *[0.2] * 43, 0.0, 0.2]]))[0, [0, 1, 42, 43, 44, 45]].tolist()
    [True, True, True, False, True, True]
    """
    number = np.arange(1, logs.shape[1] + 1, dtype=np.int32)
    plain = np.maximum.accumulate(np.where(logs == 0, number, 0), axis=1)
    return np.asarray(number - plain <= HELD)
