"""What ordering takes and costs, and the order-up-to levels that a forecast or the simple rule asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipelines.stats.quantiles import negative_binomial_quantile, sum_variance

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Policy = Callable[[int, IntArray], FloatArray]
"""(review day, rows) -> order-up-to level of these rows, from data before that day only."""

COST_SHARE_OF_PRICE = 0.5


class SumQuantiles(Protocol):
    """A forecast from one origin that knows the quantiles of its sums."""

    def quantile_of_sum(self, days: int, level: float) -> FloatArray: ...


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
    )


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


def naive_policy(
    units: NDArray[np.floating[Any]], terms: Terms, dispersion: Callable[[int], FloatArray], model_error: float = 0.3
) -> Policy:
    """Repeat last week's sales: the simple rule that a forecast has to beat (METHODS 4h).

    `units` are the recorded sales of the whole panel, `dispersion(day)` the variance-to-mean ratio of each
    variant from data before that day.
    """

    def levels(day: int, rows: IntArray) -> FloatArray:
        last_week = units[rows, max(0, day - 7) : day].sum(axis=1, dtype=np.float64)
        mean = last_week * terms.protection_days[rows] / 7
        variance = sum_variance(mean, dispersion(day)[rows], model_error)
        return negative_binomial_quantile(mean, variance, terms.service_level[rows])

    return levels


def forecast_policy(forecast_before: Callable[[int], SumQuantiles], terms: Terms) -> Policy:
    """Order up to the service-level quantile of demand until the delivery after the next review.

    `forecast_before(day)` forecasts from data before that day only.
    """

    def levels(day: int, rows: IntArray) -> FloatArray:
        forecast = forecast_before(day)
        wanted = np.column_stack([terms.protection_days[rows], terms.service_level[rows]])
        kinds, kind_of = np.unique(wanted, axis=0, return_inverse=True)
        level = np.empty(len(rows))
        for kind, (days, service_level) in enumerate(kinds):
            members = kind_of.reshape(-1) == kind
            level[members] = forecast.quantile_of_sum(int(days), float(service_level))[rows[members]]
        return level

    return levels
