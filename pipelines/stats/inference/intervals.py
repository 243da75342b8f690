"""Intervals that hold at every look, for means and relative effects, from sums alone (METHODS 4e).

The asymptotic confidence sequence of Waudby-Smith et al. (arXiv 2103.06476; Howard et al., arXiv 1810.08240), tightest
at a planned size. Relative effects by the delta method, stratified by step: pooled totals of a ramp mislead (Simpson).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.inference import power
from pipelines.stats.inference.significance import Interval

Floats = NDArray[np.float64]

ALPHA = 0.05
MIN_ORDERS = power.MIN_ORDERS  # per arm; below it the law of large numbers has not begun


@dataclass(frozen=True)
class Sums:
    """Hold what a mean needs of one arm: units, sum and sum of squares, one number per stratum."""

    n: Floats
    total: Floats
    squares: Floats

    @classmethod
    def of(cls, n: ArrayLike, total: ArrayLike, squares: ArrayLike) -> Sums:
        """Check the numbers and hold them; plain numbers are one stratum."""
        counts, totals, squared = (np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (n, total, squares))
        if not counts.shape == totals.shape == squared.shape or counts.ndim != 1:
            raise ValueError("every stratum needs its units, sum and sum of squares")
        if not all(np.all(np.isfinite(x)) for x in (counts, totals, squared)):
            raise ValueError("sums must be known, finite numbers")
        if np.any(counts < 0) or np.any(squared < 0):
            raise ValueError("units and sums of squares cannot be negative")
        return cls(counts, totals, squared)

    @classmethod
    def of_orders(cls, units: ArrayLike, orders: ArrayLike) -> Sums:
        """Hold an arm in which a unit ordered or did not."""
        return cls.of(units, orders, orders)

    @property
    def mean(self) -> Floats:
        """Give the mean per stratum, NaN without units."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.total / self.n

    @property
    def variance_of_mean(self) -> Floats:
        """Give the squared standard error of each mean, NaN below two units."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = np.maximum(self.squares - self.total * self.mean, 0.0) / (self.n - 1)
            return np.where(self.n > 1, spread / self.n, np.nan)

    def by(self, stratum: ArrayLike) -> Sums:
        """Add blocks up to strata, in the order of the strata's numbers."""
        _, place = np.unique(np.asarray(stratum), return_inverse=True)
        n, total, squares = (np.bincount(place, weights=x) for x in (self.n, self.total, self.squares))
        return Sums.of(n, total, squares)


@dataclass(frozen=True)
class Estimate:
    """Hold a difference, its standard error and the units of both arms that it stands on."""

    value: float
    se: float
    n: float

    def interval(self, planned: float, alpha: float = ALPHA) -> Interval | None:
        """Give the always-valid interval around the value."""
        return always_valid(self.value, self.se, self.n, planned, alpha)

    def upper(self, planned: float, alpha: float = ALPHA) -> float | None:
        """Give the always-valid bound that the truth stays under."""
        return always_valid_upper(self.value, self.se, self.n, planned, alpha)

    def lower(self, planned: float, alpha: float = ALPHA) -> float | None:
        """Give the always-valid bound that the truth stays above."""
        return always_valid_lower(self.value, self.se, self.n, planned, alpha)


# Always-valid intervals


def always_valid(mean: float, se: float, n: float, planned: float, alpha: float = ALPHA) -> Interval | None:
    """Give the interval that holds the truth at all looks together with probability 1 - alpha.

    `n` counts the units of both arms, `planned` those at which the decision is expected (there the interval is
    tightest). A standard error that is zero or unknown gives nothing: no variance is no data.
    """
    if not _is_known(mean, se, n):
        return None
    half = float(half_width(se, n, planned, alpha))
    return Interval(mean, mean - half, mean + half)


def always_valid_upper(mean: float, se: float, n: float, planned: float, alpha: float = ALPHA) -> float | None:
    """Give the bound that the truth stays under at all looks with probability 1 - alpha."""
    return mean + float(half_width(se, n, planned, alpha, sides=1)) if _is_known(mean, se, n) else None


def always_valid_lower(mean: float, se: float, n: float, planned: float, alpha: float = ALPHA) -> float | None:
    """Give the bound that the truth stays above at all looks with probability 1 - alpha."""
    return mean - float(half_width(se, n, planned, alpha, sides=1)) if _is_known(mean, se, n) else None


def half_width(se: ArrayLike, n: ArrayLike, planned: float, alpha: float = ALPHA, *, sides: int = 2) -> Floats:
    """Give half the width of the always-valid interval, or the distance of the one-sided bound, at each look.

    >>> half_width(1.0, [1_000, 10_000, 100_000], planned=10_000).round(2)
    array([3.86, 3.04, 3.24])
    """
    if not planned > 0 or not 0 < alpha < 0.5:
        raise ValueError("an interval needs a planned size above 0 and an error rate between 0 and 0.5")
    errors, units = np.asarray(se, dtype=np.float64), np.asarray(n, dtype=np.float64)
    spread = units * _tuning(planned, alpha if sides == 2 else 2 * alpha) + 1
    log = np.log(np.sqrt(spread) / alpha) if sides == 2 else np.log1p(np.sqrt(spread) / (2 * alpha))
    return np.asarray(errors * np.sqrt(2 * spread / (spread - 1) * log), dtype=np.float64)


def _tuning(planned: float, alpha: float) -> float:
    """Give the squared r that makes the interval tightest at the planned size."""
    tail = -2 * math.log(alpha)
    return (tail + math.log(tail + 1)) / planned


def _is_known(mean: float, se: float, n: float) -> bool:
    return math.isfinite(mean) and math.isfinite(se) and se > 0 and n > 0


# Differences between the arms


def difference(control: Sums, canary: Sums) -> Estimate | None:
    """Estimate what one unit brings more with the canary, stratum by stratum, weighted by the canary's units."""
    pair = _weighted(control, canary)
    if pair is None:
        return None
    old, new, n = pair
    return Estimate(new.mean - old.mean, math.sqrt(new.variance + old.variance), n)


def of_control(control: Sums, canary: Sums) -> Estimate | None:
    """Estimate what one unit brings with the control, weighted as `difference` is, never from totals of a ramp."""
    pair = _weighted(control, canary)
    return Estimate(pair[0].mean, math.sqrt(pair[0].variance), pair[2]) if pair else None


def relative_difference(control: Sums, canary: Sums) -> Estimate | None:
    """Estimate the relative change by the delta method: -0.05 says 5 % less than the control.

    Two steps of a ramp, no effect in either, though the pooled rates differ by 27 %:

    >>> control, canary = Sums.of_orders([60_000] * 2, [1800, 900]), Sums.of_orders([6_000, 60_000], [180, 900])
    >>> relative_difference(control, canary).value
    0.0
    """
    pair = _weighted(control, canary)
    if pair is None or pair[0].mean <= 0:
        return None
    old, new, n = pair
    ratio = new.mean / old.mean
    return Estimate(ratio - 1, math.sqrt(new.variance + old.variance * ratio**2) / old.mean, n)


def relative_effect(
    control: Sums, canary: Sums, orders: tuple[float, float], planned: float, alpha: float = ALPHA
) -> Interval | None:
    """Give the relative change with its always-valid interval, or nothing while an arm has under 100 orders."""
    estimate = relative_difference(control, canary) if has_enough(*orders) else None
    return estimate.interval(planned, alpha) if estimate else None


def has_enough(control_orders: float, canary_orders: float) -> bool:
    """Tell whether both arms have the orders from which on a mean's interval can be trusted."""
    return min(control_orders, canary_orders) >= MIN_ORDERS


@dataclass(frozen=True)
class _Mean:
    mean: float
    variance: float


def _weighted(control: Sums, canary: Sums) -> tuple[_Mean, _Mean, float] | None:
    """Weigh both arms' strata alike, by the canary's units; a stratum counts when both arms have two units in it."""
    if control.n.shape != canary.n.shape:
        raise ValueError("both arms need the same strata")
    both = (control.n > 1) & (canary.n > 1)
    if not both.any():
        return None
    weights = canary.n[both] / canary.n[both].sum()
    old, new = (
        _Mean(float(weights @ arm.mean[both]), float(weights**2 @ arm.variance_of_mean[both]))
        for arm in (control, canary)
    )
    return old, new, float((control.n + canary.n)[both].sum())
