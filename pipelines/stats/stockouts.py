"""Days without a sale that are too many to be chance: suspected stock-outs (METHODS 4b)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.stats.frames import Mask, Panel

CHANCE = 0.01
LEAST_SALE_DAYS = 8
STILL_SELLING_DAYS = 56


def suspected_stockouts(panel: Panel) -> Mask:
    """Mark runs of zeros longer than the 99 % geometric gap of a variant that sells.

    A run between two sales counts; one that is still going on counts while it is younger than eight weeks,
    after that the variant no longer sells.
    """
    zero = panel.seen & (panel.y <= 0)
    sale_days = (panel.seen & (panel.y > 0)).sum(axis=1)
    share = sale_days / np.maximum(panel.seen.sum(axis=1), 1)
    length = _run_lengths(zero)
    long = zero & (length > longest_likely_gap(share)[:, None])
    return np.asarray(long & (sale_days >= LEAST_SALE_DAYS)[:, None] & ~_left_the_range(length))


def longest_likely_gap(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the gap that a variant selling on that share of days exceeds once in a hundred times.

    >>> longest_likely_gap(np.array([0.5, 0.05, 0.0]))
    array([ 7., 90., inf])
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.ceil(np.log(CHANCE) / np.log1p(-np.clip(share, 0, 1 - 1e-9))))


def _run_lengths(zero: Mask) -> NDArray[np.int32]:
    """Give for each day the length of the run of zeros that it lies in."""
    n, days = zero.shape
    ahead, back = np.zeros((n, days), np.int32), np.zeros((n, days), np.int32)
    for day in range(days):
        back[:, day] = (back[:, day - 1] + 1 if day else 1) * zero[:, day]
        last = days - 1 - day
        ahead[:, last] = (ahead[:, last + 1] + 1 if day else 1) * zero[:, last]
    return np.asarray(np.maximum(ahead + back - 1, 0))


def _left_the_range(length: NDArray[np.int32]) -> Mask:
    """Mark the days of a last run that is too long for a variant that still sells."""
    days = length.shape[1]
    last = length[:, -1:] if days else length
    gone = last > STILL_SELLING_DAYS
    return np.asarray(gone & (np.arange(days) >= days - last))
