"""How sure a share is, and whether one share is above another by more than chance."""

from __future__ import annotations

import math

from scipy.stats import hypergeom, norm

from pipelines.stats.inference.significance import LEVEL, Interval


def wilson(hits: float, n: float, level: float = LEVEL) -> Interval:
    """Give a share with its interval (Wilson 1927), all NaN where nothing was counted.

    >>> round(wilson(0, 10).high, 3)
    0.278
    """
    if not n > 0:
        return Interval(math.nan, math.nan, math.nan)
    z, share = float(norm.ppf((1 + level) / 2)), hits / n
    middle, scale = share + z * z / (2 * n), 1 + z * z / n
    reach = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low = 0.0 if hits == 0 else (middle - reach) / scale
    return Interval(share, low, 1.0 if hits == n else (middle + reach) / scale)


def chance_of_more(hits: int, n: int, usual_hits: int, usual_n: int) -> float:
    """Give the probability of so many hits or more in n if both shares are the same (Fisher's exact test, one-sided).

    >>> round(chance_of_more(8, 10, 3, 10), 4)
    0.0349
    """
    return float(hypergeom.sf(hits - 1, n + usual_n, hits + usual_hits, n))
