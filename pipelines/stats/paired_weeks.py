"""What matured weeks of two versions prove together: the mean of e-processes, one for each measure (METHODS 4b)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.decay import lag1_correlation
from pipelines.stats.sequential import betting_log_e

Floats = NDArray[np.float64]

JUDGED_FOR = 26  # weeks
LEAST_PAST = 12  # weeks: from four of them a scale gives up to 13 % false rollbacks
LEAST_TO_CORRELATE = 3  # weeks
CLIPPED_AT = 3  # sds of the weekly differences in the backtest


def scale_of(pasts: Iterable[tuple[ArrayLike, ArrayLike]]) -> float | None:
    """Give the difference at which a week counts in full: three sds of whichever past pair of losses differed most.

    Each pair holds two rules' losses in the same past weeks. Recipes that hardly differed there say nothing of what a
    large difference is: measured by them alone, every week would count in full and only its sign would matter.
    """
    spreads = [_spread(np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)) for one, other in pasts]
    widest = max(spreads, default=0.0)
    return CLIPPED_AT * widest if widest > 0 else None


def _spread(one: Floats, other: Floats) -> float:
    if len(one) < LEAST_PAST or len(one) != len(other):
        return 0.0
    spread = float(np.std(one - other, ddof=1))
    return spread if math.isfinite(spread) else 0.0


def shares_of(differences: ArrayLike, scale: float | None, bets: Sequence[ArrayLike]) -> Floats:
    """Give a row of weeks for each measure, from -1 (better) to 1 (worse): the losses, and what needs no scale.

    Without a scale the losses say nothing.
    """
    losses = np.asarray(differences, dtype=np.float64)
    by_loss = np.zeros_like(losses) if scale is None else np.clip(losses / scale, -1, 1)
    return np.array([by_loss, *bets], dtype=np.float64)


def harm_log_e(shares: Floats) -> Floats:
    """Weigh week by week the evidence that the new version does worse.

    Each measure is bet on by itself, and the capital is their mean: whatever one of them sees can act, and none can
    for the other two (a mean of e-processes is one).
    """
    capital = [betting_log_e(weeks) for weeks in shares]
    return np.asarray(np.logaddexp.reduce(capital, axis=0) - math.log(len(capital)), dtype=np.float64)


def correlation_of(shares: Floats) -> float | None:
    """Give how much a week resembles the one before, over all that is bet on; nothing under three weeks.

    Weeks that all say the same are no sign of it: what is bet on lies at its bound.
    """
    if shares.shape[1] < LEAST_TO_CORRELATE:
        return None
    return lag1_correlation(shares.mean(axis=0)) or 0.0
