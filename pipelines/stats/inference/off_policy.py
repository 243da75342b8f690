"""What another policy would have brought, out of a log of decisions drawn with known chances (METHODS 5d).

Two estimates: SNIPS weighs each outcome by how much likelier the other policy would have chosen it (Swaminathan &
Joachims 2015), the doubly robust one corrects a model's expectation by what it got wrong (Dudik et al. 2011), with
the same self-normalised weights. Both are told as sums over clusters: a visitor who comes again is one.

The range is the wider of two at each end: Student's t with as many degrees of freedom as the squares that carry the
variance leave it, and Hall's (1992) transformation, which takes the skewness out; each cluster's part is that of the
estimate without it. Measured in benchmarks: the normal range of the same spread holds the truth 89 of 100 times where
rewards have heavy tails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

from pipelines.stats.inference.significance import Interval

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.96  # asked of each of both, so that 19 of 20 are held where tails are heavy and visitors come again
LEAST_ESS = 50  # clusters that a log is worth, weighted: below it nothing is told
LEAST_REWARDED = 5  # of them, of those with an outcome that is not nothing


@dataclass(frozen=True)
class Valued:
    """Hold an estimate: its value for one decision, and by how much each cluster moves it, times the decisions.

    `ess` counts the clusters that the log is worth, `rewarded` those of them whose outcome is not nothing.
    """

    value: float
    moves: Floats
    decisions: int
    ess: float
    rewarded: float

    def minus(self, other: Valued) -> Valued:
        """Estimate the difference of two policies on the same log: what both share cancels."""
        moves = self.moves - other.moves
        ess, rewarded = min(self.ess, other.ess), min(self.rewarded, other.rewarded)
        return Valued(self.value - other.value, moves, self.decisions, ess, rewarded)

    @property
    def carrying(self) -> float:
        """Count the clusters that carry the variance: (sum of squares)² / sum of fourth powers."""
        squares = self.moves**2
        return float(squares.sum() ** 2 / fourth) if (fourth := (squares**2).sum()) > 0 else 0.0

    @property
    def is_enough(self) -> bool:
        """Tell whether the log is worth enough to say anything."""
        return self.ess >= LEAST_ESS and self.rewarded >= LEAST_REWARDED and self.carrying > 0

    @property
    def se(self) -> float:
        """Give the standard error."""
        clusters = len(self.moves)
        if clusters < 2 or not self.decisions:
            return float("nan")
        return float(np.sqrt((self.moves**2).sum() * clusters / (clusters - 1)) / self.decisions)

    def interval(self, level: float = LEVEL) -> Interval | None:
        """Give the range, or nothing where too little is known: never a range without a width."""
        if not self.is_enough:
            return None
        clusters, se = len(self.moves), self.se
        reach = float(t.ppf((1 + level) / 2, freedom(self.carrying, clusters)))
        skew = float((self.moves**3).sum() / (self.moves**2).sum() ** 1.5)
        low = min(-reach, -unskewed(reach, skew))
        high = max(reach, -unskewed(-reach, skew))
        return Interval(self.value, self.value + low * se, self.value + high * se)


def freedom(carrying: float, clusters: int) -> float:
    """Give the degrees of freedom of a variance that so many of the clusters carry (Satterthwaite).

    >>> round(freedom(carrying=20.0, clusters=1_000)), freedom(1_000.0, 1_000)
    (41, 999.0)
    """
    spread = 1 / carrying - 1 / clusters
    return max(2 / spread, 1.0) if spread * (clusters - 1) > 2 else float(clusters - 1)


def unskewed(studentised: float, skew: float) -> float:
    """Invert Hall's transformation; `skew` is the skewness over the square root of how many there are.

    >>> round(unskewed(2.0, 0.1), 3), unskewed(2.0, 0.0)
    (1.865, 2.0)
    """
    if abs(skew) < 1e-9:
        return studentised
    return float(3 / skew * (np.cbrt(1 + skew * (studentised - skew / 6)) - 1))


def snips(reward: ArrayLike, weight: ArrayLike, visitor: ArrayLike | None = None) -> Valued:
    """Weigh outcomes by the chance that the other policy had for what was chosen, over the chance that it had.

    >>> snips([1.0, 0.0, 1.0, 0.0], [2.0, 2.0, 0.0, 0.0]).value
    0.5
    """
    y, w, cluster = checked(reward, weight, visitor)
    value = mean_of(y, w)
    return valued(value, w * (y - value), np.zeros(len(y)), w, cluster, effective(w * (y != 0), cluster))


def doubly_robust(
    reward: ArrayLike, weight: ArrayLike, expected: ArrayLike, predicted: ArrayLike, visitor: ArrayLike | None = None
) -> Valued:
    """Add to what a model expects of the other policy what it got wrong of what was chosen, weighted.

    `expected` is the model's mean over what the policy would choose, `predicted` what it says of what was chosen. A
    model that is wrong widens the range and does not move it; it must not have learned from these decisions.
    """
    y, w, cluster = checked(reward, weight, visitor)
    model, said = (np.asarray(each, dtype=np.float64) for each in (expected, predicted))
    if model.shape != y.shape or said.shape != y.shape or not np.isfinite(model).all() or not np.isfinite(said).all():
        raise ValueError("every decision needs what the model expects and what it says")
    missed = mean_of(y - said, w)
    mean = float(model.mean()) if len(y) else float("nan")
    rewarded = effective(w * (y != 0), cluster)
    return valued(mean + missed, w * (y - said - missed), model - mean, w, cluster, rewarded)


def checked(reward: ArrayLike, weight: ArrayLike, visitor: ArrayLike | None) -> tuple[Floats, Floats, Ints]:
    """Refuse what is no number: a decision without a known chance must be left out before, and be counted."""
    y, w = (np.asarray(each, dtype=np.float64) for each in (reward, weight))
    cluster = np.arange(len(y)) if visitor is None else np.unique(np.asarray(visitor), return_inverse=True)[1]
    if y.ndim != 1 or y.shape != w.shape or len(cluster) != len(y):
        raise ValueError("every decision needs a reward, a weight and a visitor")
    if not np.isfinite(y).all() or not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("rewards and weights must be known numbers, weights not below zero")
    return y, w, cluster.astype(np.int64)


def mean_of(values: Floats, weight: Floats) -> float:
    """Give the weighted mean, NaN where nothing weighs anything."""
    return float(values @ weight / weight.sum()) if weight.sum() > 0 else float("nan")


def effective(weight: Floats, cluster: Ints) -> float:
    """Count how many clusters of the same weight these weights are worth.

    >>> effective(np.array([2.0, 2.0, 0.0]), np.array([0, 1, 2]))
    2.0
    """
    by_cluster = np.bincount(cluster, weight)
    return float(by_cluster.sum() ** 2 / squares) if (squares := (by_cluster**2).sum()) > 0 else 0.0


def valued(value: float, weighted: Floats, plain: Floats, weight: Floats, cluster: Ints, rewarded: float) -> Valued:
    """Add up by cluster what moves an estimate; each part as if its cluster had been left out (jackknife)."""
    if not np.isfinite(value):
        return Valued(value, np.zeros(0), len(plain), 0.0, 0.0)
    share = np.bincount(cluster, weight) / weight.sum()
    count = np.bincount(cluster) / len(cluster)
    by_weight = np.bincount(cluster, weighted) / weight.mean() / np.maximum(1 - share, 1e-6)
    by_count = np.bincount(cluster, plain) / np.maximum(1 - count, 1e-6)
    return Valued(value, by_weight + by_count, len(plain), effective(weight, cluster), rewarded)
