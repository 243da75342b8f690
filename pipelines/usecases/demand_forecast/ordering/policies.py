"""What ordering takes and costs, and what a policy is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

COST_SHARE_OF_PRICE = 0.5
LEAST_WANTED, MOST_WANTED = 0.5, 0.98
LARGEST = 2.0**62


class Wish(Protocol):
    """What a policy wants of some variants on a review day."""

    @property
    def order_up_to(self) -> FloatArray:
        """Give the units that it would want on hand and on the way."""
        ...

    def missing(self, on_hand: FloatArray, receipts: FloatArray) -> FloatArray:
        """Give the units to order; `receipts` (days x rows) come in at the start of each day ahead."""
        ...


Policy = Callable[[int, IntArray], Wish]
"""(review day, rows) -> what it wants of these rows, from data before that day only."""


@dataclass(frozen=True)
class Terms:
    """Lead times, order rules and money of each variant; money in minor units of the shop's currency."""

    review_days: IntArray
    lead_time_days: IntArray
    service_level: FloatArray
    pack_size: IntArray
    minimum_order: IntArray
    price: FloatArray
    margin: FloatArray
    unit_cost: FloatArray
    continues: BoolArray  # sells on when nothing is left

    @property
    def protection_days(self) -> IntArray:
        """Give the days that stock has to last from a review on: until what the next review orders is there."""
        return self.review_days + self.lead_time_days

    def take(self, rows: IntArray) -> "Terms":
        """Keep some variants."""
        return Terms(**{name: values[rows] for name, values in vars(self).items()})


def terms(
    price: ArrayLike,
    *,
    unit_cost: ArrayLike = np.nan,
    margin: ArrayLike = np.nan,
    review_days: ArrayLike = 7,
    lead_time_days: ArrayLike = 14,
    service_level: ArrayLike = 0.95,
    pack_size: ArrayLike = 1,
    minimum_order: ArrayLike = 0,
    continues: ArrayLike = False,
    cost_share: float = COST_SHARE_OF_PRICE,
) -> Terms:
    """Fill one value per variant: an unknown cost is a share of the price, an unknown price is worth nothing."""
    known_price = np.nan_to_num(np.atleast_1d(np.asarray(price, dtype=np.float64)), nan=0.0)
    cost = _filled(unit_cost, known_price * cost_share)
    return Terms(
        review_days=np.maximum(_whole(review_days, known_price), 1),
        lead_time_days=np.maximum(_whole(lead_time_days, known_price), 0),
        service_level=np.broadcast_to(np.asarray(service_level, dtype=np.float64), known_price.shape),
        pack_size=np.maximum(_whole(pack_size, known_price), 1),
        minimum_order=np.maximum(_whole(minimum_order, known_price), 0),
        price=known_price,
        margin=_filled(margin, known_price - cost),
        unit_cost=cost,
        continues=np.broadcast_to(np.asarray(continues, dtype=np.bool_), known_price.shape),
    )


def price_of_being_wrong(
    price: ArrayLike, unit_cost: ArrayLike, review_days: ArrayLike, holding_rate: float
) -> FloatArray:
    """Give the probability at which one unit more loses as much by lying until the next order as it earns by selling.

    The newsvendor's ratio: lost margin over lost margin and the cost of holding a unit over the review period; between
    an even chance and .98 (METHODS 4j).

    >>> price_of_being_wrong([10.0, 10.0, 10.0], [5.0, 9.5, 12.0], [28, 28, 28], 0.25).round(3)
    array([0.98 , 0.733, 0.5  ])
    """
    known = (np.asarray(values, dtype=np.float64) for values in (price, unit_cost, review_days))
    prices, costs, days = np.broadcast_arrays(*known)
    margin, holding = np.maximum(prices - costs, 0.0), costs * holding_rate * days / 365
    ratio = np.divide(margin, margin + holding, out=np.ones_like(margin), where=margin + holding > 0)
    return np.asarray(np.clip(ratio, LEAST_WANTED, MOST_WANTED))


def _filled(values: ArrayLike, otherwise: FloatArray) -> FloatArray:
    given = np.broadcast_to(np.asarray(values, dtype=np.float64), otherwise.shape)
    return np.where(np.isnan(given), otherwise, given)


def _whole(values: ArrayLike, like: FloatArray) -> IntArray:
    return np.broadcast_to(np.asarray(values), like.shape).astype(np.int64)


def rounded_order(need: FloatArray, pack_size: IntArray, minimum_order: IntArray) -> FloatArray:
    """Round a need up to the minimum order and to whole packs; no need, no order.

    >>> rounded_order(np.array([0.0, 1.0, 13.0]), np.array([6, 6, 6]), np.array([10, 10, 10]))
    array([ 0., 12., 18.])
    """
    least = np.where(need > 0, np.maximum(need, minimum_order), 0.0)
    # Imputed demand leaves fractions on the shelf: 12.000000001 is two packs of six, not three.
    return np.ceil(np.round(least / pack_size, 9)) * pack_size


def whole(values: FloatArray) -> IntArray:
    """Round to whole numbers, as large as 64 bits can hold."""
    return np.rint(np.clip(values, -LARGEST, LARGEST)).astype(np.int64)
