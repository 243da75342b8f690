"""What was paid, beside what is usually paid."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.promotions.prices import carried, depth_paid, logs_of, usual_price
from tests.pipelines.usecases.demand_forecast.promotions.shops import sold_at


def depths(depth: np.ndarray) -> np.ndarray:
    frames = sold_at(depth, 0.0, rate=20)
    row, column, found = depth_paid(history_of(frames).panel, frames["daily_sales"])
    laid = np.full(depth.shape, np.nan)
    laid[row, column] = found
    return laid


def test_a_week_of_sale_is_as_deep_as_it_was_and_the_days_around_it_are_not() -> None:
    depth = np.zeros((1, 98))
    depth[0, 70:77] = 0.25
    assert depths(depth)[0] == pytest.approx(depth[0], abs=1e-6)


def test_a_price_that_was_lowered_is_lower_however_long_it_holds() -> None:
    depth = np.zeros((1, 140))
    depth[0, 49:] = 0.3
    assert depths(depth)[0] == pytest.approx(depth[0], abs=1e-6)


def test_where_few_weeks_tell_of_a_price_only_the_last_six_do() -> None:
    row, day = np.zeros(6, np.int64), np.array([0, 21, 63, 84, 105, 126])
    paid = np.where(day < 63, 1_000.0, 700.0)
    assert usual_price(row, day, paid, (1, 140)).tolist() == [1_000, 1_000, 700, 700, 700, 700]


def test_a_price_that_rose_is_no_discount() -> None:
    depth = np.full((1, 98), 0.2)
    depth[0, 70:] = 0.0
    assert np.nanmax(depths(depth)) == pytest.approx(0.0, abs=1e-6)


def test_too_small_discounts_are_none_and_what_is_given_away_has_an_end() -> None:
    assert logs_of(np.array([-0.5, 0.04, 0.5, 1.0])) == pytest.approx([0, 0, np.log(2), np.log(10)])


def test_a_price_is_not_known_for_ever() -> None:
    laid = carried(np.array([0]), np.array([2]), np.array([0.4]), (2, 30))
    assert np.flatnonzero(laid[0]).tolist() == list(range(2, 16)) and not laid[1].any()
