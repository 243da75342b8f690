"""What matured weeks of two versions prove together: the mean of e-processes, one for each measure (METHODS 4b)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.inference.decay import lag1_correlation
from pipelines.stats.inference.sequential import betting_log_e

Floats = NDArray[np.float64]

JUDGED_FOR = 26  # weeks
LEAST_PAST = 12  # weeks: from four of them a scale gives up to 13 % false rollbacks
LEAST_TO_CORRELATE = 3  # weeks
CLIPPED_AT = 3  # sds of the weekly differences in the backtest


def scale_of(losses: ArrayLike, others: Iterable[ArrayLike]) -> float | None:
    """Give the difference at which a week counts in full: three sds of whatever swung most in the same past weeks.

    That is the losses of the version's own recipe, or what they differ from others' (the live recipe, the simple
    rule). Recipes that hardly differed do not say what a large difference is: by them alone only its sign would count.
    """
    mine = np.asarray(losses, dtype=np.float64)
    past = [np.asarray(other, dtype=np.float64) for other in others]
    widest = max(_spread(mine), *(_spread(mine - other) for other in past if len(other) == len(mine)), 0.0)
    return CLIPPED_AT * widest if widest > 0 else None


def _spread(weeks: Floats) -> float:
    spread = float(np.std(weeks, ddof=1)) if len(weeks) >= LEAST_PAST else 0.0
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
