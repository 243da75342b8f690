"""What corrects a model between two trainings: how far chances are off of late, and how steep they should be.

Of each day's ripe moments the shift and the slope of the log odds are learned anew, from where they stood the day
before: a Kalman filter, whose update is Newton's method on a binomial likelihood (West, Harrison & Migon 1985). Few
orders move them a little, many much. The slope waits for 400 ripe moments: 74 hurt (METHODS 5c).

Two of them run side by side, a calm one and a quick one that lets four times as much change in a day. What is said is
their mean, weighed by how well each foretold the last days (experts that may change: Herbster & Warmuth 1998):
where a rate falls, the calm one is wrong day after day, and the quick one is believed until both agree again. Days that
have luck of their own count for less, or it would be run after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipelines.stats.logistic import sigmoid
from pipelines.usecases.conversion.learning.columns import Floats, Ints

LEAST_ROWS = 400  # ripe moments, before which the slope stays
UNSURE = np.array([0.4, 0.3])  # of shift and slope at first, in log odds: base rates swing by half from month to month
A_DAY = np.array([0.1, 0.03])  # and how much more of it each day, at most
PACES = (0.2, 0.5, 1.0)  # of that, by how fast a shop changes; the last one where nothing tells
QUICK = 4.0  # the quick one's pace
TRUST = np.array([0.95, 0.05])  # in the calm one and the quick one, where nothing tells
STIRS = 0.2  # how much of that first trust comes back each day: whoever was wrong for long is asked again
MOST_TOLD = 2.0  # by one day, in log odds: luck strikes once, what changed goes on
LUCK_MOVES, LARGEST_LUCK = 0.1, 4.0  # a day, and how many times the usual one day may be
NEWTON, LEAST_STEP = 30, 1e-10  # steps: more than it takes
STILL = 1e-12  # doubt of a slope that does not move
FIRST_DOUBT = (float(UNSURE[0] ** 2), 0.0, float(UNSURE[1] ** 2))  # variances, the covariance between


@dataclass(frozen=True)
class Track:
    """Hold where one of the two is: shift, slope, and how sure they are."""

    shift: float = 0.0
    slope: float = 1.0
    doubt: tuple[float, float, float] = FIRST_DOUBT

    def moved(self, logits: Floats, centre: float) -> Floats:
        """Correct log odds."""
        return np.asarray(centre + self.shift + self.slope * (logits - centre))


@dataclass(frozen=True)
class Correction:
    """Hold shift and slope about a centre, as they are said, and the two of which they are the mean."""

    centre: float
    shift: float = 0.0
    slope: float = 1.0
    calm: Track = Track()
    quick: Track = Track()
    share: float = float(TRUST[1])  # of the quick one
    luck: float = 1.0  # of days, against what chance alone does
    seen: float = 0.0  # ripe moments that were learned from
    day: int = 0  # the last one of them
    pace: float = 1.0  # of the calm one

    def moved(self, logits: Floats) -> Floats:
        """Correct log odds."""
        return Track(self.shift, self.slope).moved(logits, self.centre)

    def exported(self) -> dict[str, Any]:
        """Give what `scorer` reads."""
        return {"centre": self.centre, "shift": self.shift, "slope": self.slope}

    def mixed(self) -> Correction:
        """Say what both say, each as far as it is believed."""
        shift = self.calm.shift + self.share * (self.quick.shift - self.calm.shift)
        slope = self.calm.slope + self.share * (self.quick.slope - self.calm.slope)
        return replace(self, shift=shift, slope=slope)

    def shifted(self, by: float) -> Correction:
        """Take off what log odds have in common more than before: by so much, through the slope."""
        calm, quick = (replace(each, shift=each.shift - each.slope * by) for each in (self.calm, self.quick))
        return replace(self, calm=calm, quick=quick).mixed()


def of_dict(plain: Mapping[str, Any]) -> Correction:
    """Read a correction back; what was written when there was one track has it twice."""
    told = dict(plain)
    if "calm" not in told:
        told["calm"] = told["quick"] = {name: told[name] for name in ("shift", "slope", "doubt")}
        del told["doubt"]
    for name in ("calm", "quick"):
        told[name] = Track(**told[name] | {"doubt": tuple(told[name]["doubt"])})
    return Correction(**told)


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
    """Learn from one day: how far each of the two is believed, then where each is."""
    passed, seen = day - known.day if known.day else 1, known.seen + len(came)
    share, luck = believed(known, logits, came, weight)
    calm, quick = (
        followed_on(track, pace * A_DAY, passed, Day(known.centre, logits, came, weight, has_slope=seen >= LEAST_ROWS))
        for track, pace in ((known.calm, known.pace), (known.quick, QUICK))
    )
    told = replace(known, calm=calm, quick=quick, share=share, luck=luck, seen=seen, day=day)
    return told.mixed()


def believed(known: Correction, logits: Floats, came: Floats, weight: float) -> tuple[float, float]:
    """Weigh the two by what each foretold of a day; return the quick one's share, and how much luck days have."""
    trust = (1 - STIRS) * np.array([1 - known.share, known.share]) + STIRS * TRUST
    said = [track.moved(logits, known.centre) for track in (known.calm, known.quick)]
    missed = np.array([float((np.logaddexp(0, each) - came * each).sum()) for each in said]) * weight / known.luck
    trust = trust * np.exp(np.maximum(missed.min() - missed, -MOST_TOLD))
    share = sigmoid(said[1])
    varies = max(float((share * (1 - share)).sum()) * weight, STILL)
    off = ((came - share).sum() * weight) ** 2 / (varies + varies**2 * known.quick.doubt[0])
    luck = max(1.0, known.luck + LUCK_MOVES * (min(off, LARGEST_LUCK * known.luck) - known.luck))
    return float(trust[1] / trust.sum()), luck


@dataclass(frozen=True)
class Day:
    """Hold the ripe moments of a day."""

    centre: float
    logits: Floats
    came: Floats
    weight: float
    has_slope: bool

    def missed(self, at: Floats, start: Floats, sure: Floats) -> float:
        """Say how little shift and slope agree with a day, and with where they stood."""
        said = self.centre + self.design @ at
        loss = self.weight * (np.logaddexp(0, said) - self.came * said).sum()
        return float(loss + (at - start) @ sure @ (at - start) / 2)

    @property
    def design(self) -> Floats:
        return np.column_stack([np.ones(len(self.logits)), self.logits - self.centre])


def followed_on(track: Track, a_day: Floats, passed: int, day: Day) -> Track:
    """Learn shift and slope from one day, as far as they may have changed since the last one."""
    before = np.array([[track.doubt[0], track.doubt[1]], [track.doubt[1], track.doubt[2]]])
    before = before + np.diag(a_day**2) * passed
    if not day.has_slope:
        before[0, 1] = before[1, 0] = 0.0
        before[1, 1] = STILL
    sure, start, design = np.linalg.inv(before), np.array([track.shift, track.slope]), day.design
    found, bend = start.copy(), sure
    for _ in range(NEWTON):
        share = sigmoid(day.centre + design @ found)
        bend = day.weight * (design.T * (share * (1 - share))) @ design + sure
        slope = day.weight * design.T @ (day.came - share) - sure @ (found - start)
        step = np.linalg.solve(bend, slope)
        while (
            day.missed(found + step, start, sure) > day.missed(found, start, sure) and np.abs(step).max() > LEAST_STEP
        ):
            step = step / 2  # a whole one may lead away, where much has changed
        found = found + step
        if np.abs(step).max() < LEAST_STEP:
            break
    doubt = np.linalg.inv(bend)
    of_slope = float(doubt[1, 1]) if day.has_slope else float(UNSURE[1] ** 2)
    return Track(float(found[0]), float(found[1]), (float(doubt[0, 0]), float(doubt[0, 1]), of_slope))
