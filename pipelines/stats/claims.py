"""What a figure of one window lets us claim: red beyond chance, green only where its range rules harm out.

Whatever lies between is *insufficient*: too little is known to call it either. Arrays in, arrays out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, norm

Floats = NDArray[np.float64]

LEVEL = 0.95
Z = float(norm.ppf((1 + LEVEL) / 2))
OK, BREACH, INSUFFICIENT = "ok", "breach", "insufficient"


class Ranges(NamedTuple):
    """Hold shares with their ranges; all NaN where nothing was counted."""

    value: Floats
    low: Floats
    high: Floats


def wilson(hits: ArrayLike, n: ArrayLike) -> Ranges:
    """Give many shares with their intervals (Wilson 1927).

    >>> wilson([0, 3], [73, 0]).high.round(4).tolist()
    [0.05, nan]
    """
    count, total = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    total = np.where(total > 0, total, np.nan)
    share, scale = count / total, 1 + Z * Z / total
    middle = share + Z * Z / (2 * total)
    reach = Z * np.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total))
    low = np.where(count == 0, 0 * share, (middle - reach) / scale)
    return Ranges(share, low, np.where(count == total, share, (middle + reach) / scale))


def over(hits: ArrayLike, n: ArrayLike, allowed: float, chance: float) -> NDArray[np.bool_]:
    """Tell which counts are more than allowed, and more than chance explains (exact binomial tail)."""
    count, total = np.asarray(hits, dtype=np.float64), np.asarray(n, dtype=np.float64)
    return np.asarray((count > allowed * total) & (binom.sf(count - 1, total, allowed) <= chance))


def of_shares(hits: ArrayLike, n: ArrayLike, allowed: float, chance: float, severe: float) -> NDArray[np.str_]:
    """Say what shares of units mean: green where even the upper end of the range is under so many times the allowed.

    >>> of_shares([0, 0, 9], [72, 73, 100], allowed=0.01, chance=0.005, severe=5).tolist()
    ['insufficient', 'ok', 'breach']
    """
    is_ruled_out = np.nan_to_num(wilson(hits, n).high, nan=1.0) < severe * allowed
    return np.where(over(hits, n, allowed, chance), BREACH, np.where(is_ruled_out, OK, INSUFFICIENT))


def of_quantiles(ranges: Ranges, limit: ArrayLike) -> NDArray[np.str_]:
    """Say what quantiles mean beside a limit: green where their range is known and they are under it.

    A range that reaches over the last value seen has no upper end, and is not known.
    """
    most = np.asarray(limit, dtype=np.float64)
    is_over = np.nan_to_num(ranges.low, nan=-np.inf) > most
    is_good = np.isfinite(ranges.high) & (ranges.value <= most)
    return np.where(is_over, BREACH, np.where(is_good, OK, INSUFFICIENT))
