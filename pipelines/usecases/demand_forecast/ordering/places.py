"""Several places, one shop: what is bought for all of them, where it goes, and what already lies elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.usecases.demand_forecast.ordering.policies import FloatArray, IntArray


def shared_out(
    order: FloatArray, need: FloatArray, share: FloatArray, variant: IntArray, pack_size: IntArray
) -> FloatArray:
    """Give each place its part of what is ordered of its variant, in whole packs that add up to the order.

    `order` holds units by variant; `need`, `share` and `variant` (the index into `order` and `pack_size`) are by
    place. Parts follow the need of the places, and where none has any, their shares of demand. What is left over
    after whole packs goes to the largest remainders, the first place first.
    """
    wanted = np.where(_by_variant(need, variant, len(order)) > 0, need, share)
    whole = _by_variant(wanted, variant, len(order))
    packs = np.round(order / pack_size)[variant]
    exact = np.divide(packs * wanted, whole, out=np.zeros_like(wanted), where=whole > 0)
    given = np.floor(exact + 1e-9)
    left = packs - _by_variant(given, variant, len(order))
    # Rank each place within its variant by what rounding took from it.
    by_remainder = np.lexsort((np.arange(len(exact)), given - exact, variant))
    ranked = variant[by_remainder]
    rank = np.empty(len(exact))
    rank[by_remainder] = np.arange(len(exact)) - np.searchsorted(ranked, ranked, side="left")
    return np.asarray((given + (rank < left)) * pack_size[variant], dtype=np.float64)


def lying_elsewhere(missing: FloatArray, spare: FloatArray, variant: IntArray, count: int) -> FloatArray:
    """Give how much of what each place is missing lies or arrives at other places beyond their own need, in units.

    `missing` and `spare` are units by place, `variant` is its index below `count`; what is spare is dealt out in
    proportion.
    """
    lacking = _by_variant(missing, variant, count)
    there = np.minimum(_by_variant(spare, variant, count), lacking)
    dealt = np.divide(missing * there, lacking, out=np.zeros_like(missing), where=lacking > 0)
    return np.asarray(np.floor(dealt + 1e-9), dtype=np.float64)


def _by_variant(values: NDArray[np.floating], variant: IntArray, count: int) -> FloatArray:
    """Add up the places of each variant, and give every place the sum of its own."""
    return np.asarray(np.bincount(variant, weights=values, minlength=count)[variant], dtype=np.float64)
