"""A rate before and after, where weeks differ anyway: read against the spread between whole weeks, at a few looks.

Nothing is randomised here: every unit of a week shares what that week was like, so the weeks, not the units, are what
is counted. Orders are taken by their square root, whose noise is the same whatever the rate (Anscombe 1948); the bounds
of the ratio are Fieller's (1954), with Student's t on the weeks before and the error shared by all looks (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]

LOOKS = (2, 4, 7, 14)  # days after, at which it is read: an hour's wait for more certainty would be an error more
MIN_WEEKS = 3  # before: two say next to nothing of how weeks differ
ALPHA = 0.05  # of all looks together, a half on each side
ANSCOMBE = 0.375


@dataclass(frozen=True)
class Ratio:
    """Hold what share the rate is of what it was, with the range that holds at all looks; NaN where nobody can say."""

    value: Floats
    low: Floats
    high: Floats


def ratio(before: Sequence[ArrayLike], after: Sequence[ArrayLike]) -> Ratio:
    """Compare orders and units of whole weeks, the last axis, with those of the same hours in weeks before.

    Every hour counts once. Weeks before that differ by some 10 % explain a week that is 20 % lower:

    >>> weeks = [230, 170, 220, 180, 210, 190, 240, 160], [10_000] * 8
    >>> found = ratio(weeks, ([160], [10_000]))
    >>> round(float(found.value), 2), bool(found.high > 1)
    (0.8, True)
    """
    units = np.asarray(before[1], dtype=np.float64)
    weeks, later = units.shape[-1], np.shape(after[1])[-1]
    if weeks < MIN_WEEKS or not later:
        unknown = np.full(units.shape[:-1], np.nan)
        return Ratio(unknown, unknown, unknown)
    usual = units.mean(axis=-1, keepdims=True)
    was, noise_before = _roots(before, usual)
    now, noise_after = _roots(after, usual)
    one_week = np.maximum(was.var(axis=-1, ddof=1), noise_before)  # of the square root, chance included
    quantile = float(stdtrit(weeks - 1, 1 - ALPHA / (2 * len(LOOKS))))
    spread_before = quantile**2 * one_week / weeks
    spread_after = quantile**2 * (one_week + np.maximum(noise_after - noise_before, 0.0)) / later
    return _fieller(was.mean(axis=-1), now.mean(axis=-1), spread_before, spread_after)


def _roots(counts: Sequence[ArrayLike], usual: Floats) -> tuple[Floats, Floats]:
    """Give the square roots of orders at the usual number of units, and the variance that chance alone gives them."""
    orders, units = (np.asarray(each, dtype=np.float64) for each in counts)
    if np.any(units <= 0) or np.any(orders < 0):
        raise ValueError("a week that is compared has units, and no fewer than no orders")
    scale = usual / units
    noise: Floats = np.mean(scale, axis=-1)
    return 2 * np.sqrt((orders + ANSCOMBE) * scale), noise


def _fieller(was: Floats, now: Floats, spread_before: Floats, spread_after: Floats) -> Ratio:
    """Solve (now - r was)^2 = spread_after + r^2 spread_before for r; rates are its squares."""
    lead = was**2 - spread_before
    inner = now**2 * spread_before + was**2 * spread_after - spread_before * spread_after
    with np.errstate(invalid="ignore", divide="ignore"):
        half = np.sqrt(np.where(lead > 0, inner, np.nan))
        low, high = np.maximum((was * now - half) / lead, 0.0) ** 2, ((was * now + half) / lead) ** 2
    return Ratio((now / was) ** 2, low, high)
