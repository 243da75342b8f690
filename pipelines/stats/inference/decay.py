"""When a version has grown worse: a one-sided CUSUM of ranks, which no law of the errors can mislead (METHODS 4b).

Means of three days are ranked among the backtest's and among all live ones that are at least 28 days old (conformal
p-values, Vovk, Gammerman & Shafer 2005); their normal scores enter Page's sum (1954). A normal law in their place gave
14 to 42 % false alarms a year where 10 % were promised. The limit comes from years whose days remember the day before.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import lfilter
from scipy.stats import norm

Floats = NDArray[np.float64]

BLOCK = 3  # days of which the mean is taken
LEAST_DAYS = 28  # of reference: with fewer it is still learned what is usual
LEAST_BLOCKS = LEAST_DAYS // BLOCK
OLD_AFTER = 28  # days, from which on a live day says what is usual
ALLOWANCE = 0.5  # forgiven in each block
YEAR = 365
MEMORY = 0.5  # correlation of a day with the one before, in the years that set the limit
# Of drawn years, whose days are normal. Skewed and heavy-tailed ones alarm more often: measured, up to 10 % at .06.
FALSE_ALARM_SHARE = 0.06
DRAWS = 4_000
SEED = 0


def block_means(days: ArrayLike) -> Floats:
    """Average every three days along the last axis, unknown ones (NaN) left out; what is left at the end is dropped.

    >>> block_means([1.0, 2.0, 3.0, float("nan"), 5.0, 5.0, 9.0])
    array([2., 5.])
    """
    values = np.asarray(days, dtype=np.float64)
    whole = values[..., : values.shape[-1] // BLOCK * BLOCK].reshape(*values.shape[:-1], -1, BLOCK)
    known = np.isfinite(whole)
    count = known.sum(axis=-1)
    total = np.where(known, whole, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def scores(usual: ArrayLike, live: ArrayLike) -> Floats:
    """Give how unusually bad each live mean is, as a normal score by its rank, along the last axis.

    `usual` are the backtest's means, `live` those since, without gaps. What is not known, or has too little before it
    to be ranked among, is NaN.
    """
    reference, after = np.asarray(usual, dtype=np.float64), np.asarray(live, dtype=np.float64)
    found = np.full(after.shape, np.nan)
    for block in range(after.shape[-1]):
        known = np.concatenate([reference, after[..., : old_blocks(block)]], axis=-1)
        found[..., block] = _score(after[..., block : block + 1], known)
    return found


def old_blocks(block: int) -> int:
    """Count the live blocks that are old enough to say what is usual when a block is ranked.

    >>> [old_blocks(block) for block in (0, 9, 10, 11)]
    [0, 0, 1, 2]
    """
    return max(0, (BLOCK * block - OLD_AFTER) // BLOCK + 1)


def _score(value: Floats, known: Floats) -> Floats:
    """Rank a value from the top, ties in the middle."""
    count = np.isfinite(known).sum(axis=-1)
    above = (known > value).sum(axis=-1) + 0.5 * (known == value).sum(axis=-1)
    score = -norm.ppf((above + 0.5) / (count + 1))
    return np.where((count >= LEAST_BLOCKS) & np.isfinite(value[..., 0]), score, np.nan)


def cusum(z: ArrayLike, allowance: float = ALLOWANCE) -> Floats:
    """Give Page's one-sided sum S = max(0, S + z - allowance) along the last axis; what is unknown (NaN) adds nothing.

    >>> cusum([2.5, float("nan"), 0.0, -9.0, 1.0])
    array([2. , 2. , 1.5, 0. , 0.5])
    """
    values = np.asarray(z, dtype=np.float64)
    walk = np.cumsum(np.where(np.isnan(values), 0.0, values - allowance), axis=-1)
    lowest = np.minimum(np.minimum.accumulate(walk, axis=-1), 0.0)
    return np.asarray(walk - lowest, dtype=np.float64)


def alarm_block(sums: ArrayLike, limit: float) -> int | None:
    """Give the first block after which the sum is above its limit."""
    above = np.flatnonzero(np.asarray(sums) > limit)
    return int(above[0]) if above.size else None


@lru_cache(maxsize=64)
def alarm_limit(blocks: int) -> float:
    """Give the limit that a year without decay passes with probability 10 % at most, for a backtest of so many blocks.

    Years and backtests are drawn with days that remember the day before: what holds for them holds for calmer ones.
    """
    rng = np.random.default_rng(SEED)
    days = with_memory(rng.standard_normal((DRAWS, BLOCK * blocks + YEAR)), MEMORY)
    means = block_means(days)
    highest = cusum(scores(means[:, :blocks], means[:, blocks:])).max(axis=1)
    return float(np.quantile(highest, 1 - FALSE_ALARM_SHARE, method="higher"))


def with_memory(shocks: ArrayLike, memory: float) -> Floats:
    """Let each shock after the first remember the day before, so that the spread stays what it is: AR(1)."""
    drawn = np.asarray(shocks, dtype=np.float64) * np.sqrt(1 - memory**2)
    drawn[..., 0] /= np.sqrt(1 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], drawn, axis=-1), dtype=np.float64)


def lag1_correlation(values: ArrayLike) -> float | None:
    """Give the correlation of each value with the one before, or nothing under three values or without any spread.

    >>> lag1_correlation([1.0, -1.0, 1.0, -1.0])
    -0.75
    """
    series = np.asarray(values, dtype=np.float64)
    centred = series - series.mean() if len(series) > 2 else np.zeros(0)
    spread = float(centred @ centred)
    return float(centred[1:] @ centred[:-1]) / spread if spread > 0 else None
