"""Counts drawn for many series at once by common random numbers.

A draw is the quantile of a series' own law at a chance that all series share. So what is drawn of one series depends
on nothing that is drawn beside it, two rules meet the same luck, and there is no seed to keep. Chances are spread
evenly (quasi-random points), which tells a quantile with fewer draws than independent ones would.
"""

from __future__ import annotations

import warnings
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc

from pipelines.stats.inference.quantiles import smooth_quantile

FloatArray = NDArray[np.float64]
Counts = NDArray[np.float32]

DRAWS = 256  # a power of two, as fewer have to be
PLACES = 32
SEED = 302  # of some hundreds, the one whose first places are the least correlated

MEAN_STEP, LEAST_MEAN, MOST_MEAN = 0.1, 0.01, 20_000.0  # of the table, in logarithms
SCALED_MEAN = 2_000.0  # expected counts above it are drawn in steps; luck may multiply the rest
EXCESS_STEP, LEAST_EXCESS, MOST_EXCESS = 0.5, 0.05, 2_000.0  # variance over mean, less one
COUNTED_MEAN, MOST_COUNTED = 30.0, 1_500  # above that mean a smooth law is as good


def drawn_counts(
    mean: FloatArray,
    ratio: FloatArray,
    error: FloatArray,
    *,
    place: int,
    draws: int = DRAWS,
    kept: slice = slice(None),
) -> NDArray[np.float32]:
    """Draw counts of each series (rows x draws): negative binomial with that mean and variance-to-mean ratio.

    In each draw the means of all series are off by one and the same luck: by a lognormal factor of mean one whose
    relative spread is `error` of the series. Draws at different places share that luck and nothing else. `kept` are
    those of the draws that are wanted.

    >>> counts = drawn_counts(np.array([4.0]), np.array([2.0]), np.array([0.0]), place=0)
    >>> float(counts.mean().round(1)), float(np.quantile(counts, 0.95))
    (4.0, 9.0)
    """
    scale = np.maximum(mean / SCALED_MEAN, 1.0)
    sigma = np.sqrt(np.log1p(np.square(error)))
    luck, jitter, chance = _shared(place, draws)
    luck, jitter, chance = luck[kept], jitter[:, kept], chance[kept]
    with np.errstate(divide="ignore"):
        level = (np.log(mean / scale / LEAST_MEAN) - np.square(sigma) / 2) / MEAN_STEP
    excess = np.clip(ratio / scale - 1, LEAST_EXCESS, MOST_EXCESS)
    table = _table()
    cell = _entries(np.log(excess / LEAST_EXCESS) / EXCESS_STEP, jitter[:1], table.shape[0] - 1)
    cell *= table.shape[1]
    off = (sigma / MEAN_STEP).astype(np.float32)[:, None] * luck + jitter[1]
    cell += _entries(1 + level, off, table.shape[1] - 1)
    cell *= table.shape[2]
    cell += chance
    found = table.reshape(-1).take(cell)
    found *= scale.astype(np.float32)[:, None]
    return np.asarray(found)


def chances(place: int, draws: int = DRAWS) -> FloatArray:
    """Give the chance of each draw at a place, between 0 and 1: what its quantiles are read at."""
    return np.asarray((_shared(place, draws)[2] + 0.5) / DRAWS)


def _entries(start: FloatArray, more: Counts, last: int) -> NDArray[np.int32]:
    """Give the entry of the table below or above each value, as often as it is near."""
    exact = np.clip(start, -1e6, 1e6).astype(np.float32)[:, None] + more
    return np.clip(exact, 0, last, out=exact).astype(np.int32)


@cache
def _shared(place: int, draws: int) -> tuple[Counts, Counts, NDArray[np.int32]]:
    """Give what every draw shares: the luck of all, where between two entries it reads, and its chance in steps."""
    points = np.floor(_points()[:draws] * draws)
    luck = ndtri((points[:, 0] + 0.5) / draws).astype(np.float32)
    random = np.random.default_rng((SEED, place))
    jitter = (np.stack([random.permutation(draws), random.permutation(draws)]) + 0.5) / draws
    step = DRAWS // draws
    chance = points[:, 1 + place % PLACES] * step + step // 2
    return luck, jitter.astype(np.float32), chance.astype(np.int32)


@lru_cache(maxsize=1)
def _points() -> FloatArray:
    """Spread points evenly over luck and the chances of all places (Sobol' 1967, scrambled as by Owen 1998)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(qmc.Sobol(1 + PLACES, rng=SEED).random(DRAWS))


@lru_cache(maxsize=1)
def _table() -> Counts:
    """Give the quantiles at all chances (third axis) by excess and mean."""
    excess = _grid(LEAST_EXCESS, MOST_EXCESS, EXCESS_STEP)[:, None]
    mean = _grid(LEAST_MEAN, MOST_MEAN, MEAN_STEP)
    chance = (np.arange(DRAWS) + 0.5) / DRAWS
    counted = mean <= COUNTED_MEAN
    few = _counted(mean[counted], excess, chance)
    many = smooth_quantile(mean[~counted][:, None], (mean[~counted] * (1 + excess))[..., None], chance)
    nothing = np.zeros((len(excess), 1, DRAWS))  # what is below the table does not sell
    return np.concatenate([nothing, few, np.rint(many)], axis=1).astype(np.float32)


def _grid(low: float, high: float, step: float) -> FloatArray:
    return np.asarray(low * np.exp(step * np.arange(1 + int(np.ceil(np.log(high / low) / step)))))


def _counted(mean: FloatArray, excess: FloatArray, chance: FloatArray) -> FloatArray:
    """Add up the negative binomial's probabilities, count by count: p(k + 1) = p(k) (r + k) / (k + 1) q."""
    size, failure = mean / excess, excess / (1 + excess)
    probability = np.exp(size * np.log1p(-failure))
    within = np.empty((MOST_COUNTED, *size.shape))
    total = np.zeros(size.shape)
    for count in range(MOST_COUNTED):
        total += probability
        within[count] = total
        probability = probability * (size + count) / (count + 1) * failure
    flat = within.reshape(MOST_COUNTED, -1)
    found = [np.searchsorted(flat[:, cell], chance) for cell in range(flat.shape[1])]
    return np.asarray(found, dtype=np.float64).reshape(*size.shape, len(chance))
