"""What corrects a model between two trainings: how far chances are off of late, and how steep they should be.

Of each day's ripe moments the shift and the slope of the log odds are learned anew, from where they stood the day
before: a Kalman filter, whose update is Newton's method on a binomial likelihood (West, Harrison & Migon 1985). Few
orders move them a little, many much. The slope waits for 400 ripe moments: 74 hurt (METHODS 5c).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion.learning.columns import Floats, Ints

LEAST_ROWS = 400  # ripe moments, before which the slope stays
UNSURE = np.array([0.4, 0.3])  # of shift and slope at first, in log odds: base rates swing by half from month to month
A_DAY = np.array([0.1, 0.03])  # and how much more of it each day, at most
PACES = (0.2, 0.5, 1.0)  # of that, by how fast a shop changes; the last one where nothing tells
NEWTON = 12  # steps: more than it takes
STILL = 1e-12  # doubt of a slope that does not move


@dataclass(frozen=True)
class Correction:
    """Hold shift and slope about a centre, and how sure they are."""

    centre: float
    shift: float = 0.0
    slope: float = 1.0
    doubt: tuple[float, float, float] = (
        float(UNSURE[0] ** 2),
        0.0,
        float(UNSURE[1] ** 2),
    )  # variances, the covariance between
    seen: float = 0.0  # ripe moments that were learned from
    day: int = 0  # the last one of them
    pace: float = 1.0

    def moved(self, logits: Floats) -> Floats:
        """Correct log odds."""
        return np.asarray(self.centre + self.shift + self.slope * (logits - self.centre))

    def exported(self) -> dict[str, Any]:
        """Give what `scorer` reads."""
        return {"centre": self.centre, "shift": self.shift, "slope": self.slope}


def of_dict(plain: Mapping[str, Any]) -> Correction:
    """Read a correction back."""
    return Correction(**dict(plain) | {"doubt": tuple(plain["doubt"])})


def after(correction: Correction, day: Ints, logits: Floats, came: Floats, weight: float = 1.0) -> Correction:
    """Learn from ripe moments, day by day; those of days that were learned from before are left out."""
    return followed(correction, day, logits, came, weight)[0]


def followed(
    correction: Correction, day: Ints, logits: Floats, came: Floats, weight: float = 1.0
) -> tuple[Correction, float]:
    """Learn day by day, and add up the log loss of each day by what was known before it."""
    loss = 0.0
    for each in np.unique(day[day > correction.day]):
        today = day == each
        said = correction.moved(logits[today])
        loss += float((np.logaddexp(0, said) - came[today] * said).sum())
        correction = after_day(correction, int(each), logits[today], came[today], weight)
    return correction, loss


def after_day(known: Correction, day: int, logits: Floats, came: Floats, weight: float) -> Correction:
    """Learn from one day."""
    passed = day - known.day if known.day else 1
    before = np.array([[known.doubt[0], known.doubt[1]], [known.doubt[1], known.doubt[2]]])
    before = before + np.diag((known.pace * A_DAY) ** 2) * passed
    seen = known.seen + len(came)
    if seen < LEAST_ROWS:
        before[0, 1] = before[1, 0] = 0.0
        before[1, 1] = STILL
    sure = np.linalg.inv(before)
    start = np.array([known.shift, known.slope])
    found, bend = start.copy(), sure
    design = np.column_stack([np.ones(len(logits)), logits - known.centre])
    for _ in range(NEWTON):
        share = sigmoid(known.centre + design @ found)
        bend = weight * (design.T * (share * (1 - share))) @ design + sure
        slope = weight * design.T @ (came - share) - sure @ (found - start)
        step = np.linalg.solve(bend, slope)
        found = found + step
        if np.abs(step).max() < 1e-10:
            break
    doubt = np.linalg.inv(bend)
    of_slope = float(UNSURE[1] ** 2) if seen < LEAST_ROWS else float(doubt[1, 1])
    told = (float(doubt[0, 0]), float(doubt[0, 1]), of_slope)
    return Correction(known.centre, float(found[0]), float(found[1]), told, seen, day, known.pace)
