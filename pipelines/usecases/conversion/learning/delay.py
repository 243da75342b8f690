"""How long orders take: of those that come within a day, which share has come by an age (Chapelle 2014).

F(a) = P(come by a | comes) is read off moments that had the whole day. A younger moment without an order is taken for
one that ends without, where nearly all orders would have come by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.usecases.conversion.learning.columns import Floats

WHOLE = 24.0  # hours after which nothing counts any more
ENOUGH = 0.95
LEAST_ORDERS = 50


@dataclass(frozen=True)
class Delay:
    """Hold the hours that orders took, sorted."""

    hours: Floats

    def share(self, age: Floats) -> Floats:
        """Give which share of orders has come by an age: all by the end of the day, nothing known where few came.

        >>> Delay(np.arange(100) / 10).share(np.array([0.05, 4.95, 30.0])).tolist()
        [0.01, 0.5, 1.0]
        """
        if len(self.hours) < LEAST_ORDERS:
            return np.where(age >= WHOLE, 1.0, 0.0)
        found = np.searchsorted(self.hours, age, side="right") / len(self.hours)
        return np.where(age >= WHOLE, 1.0, found)


def learned(waited: Floats, age: Floats) -> Delay:
    """Learn from moments that had their whole day."""
    took = waited[(age >= WHOLE) & (waited <= WHOLE)]
    return Delay(np.sort(took))


def labels(waited: Floats, age: Floats) -> tuple[Floats, Delay]:
    """Say of each moment whether an order came: 1, 0, or NaN where nobody knows yet.

    `waited` is NaN where none came; an order after the age of a moment is not known.
    """
    took = np.where((waited >= 0) & (waited <= np.minimum(age, WHOLE)), waited, np.nan)
    delay = learned(took, age)
    ripe = delay.share(age) >= ENOUGH
    return np.where(ripe, np.isfinite(took).astype(np.float64), np.nan), delay
