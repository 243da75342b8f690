"""The power of the price is found where the shop's past tells it, and stays the usual one where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.promotions.effect import USUAL, Effects, lift_of
from tests.pipelines.usecases.demand_forecast.promotions.shops import sold_at, weeks_of_sale


def test_the_usual_power_gives_the_lifts_that_are_usual() -> None:
    lifts = lift_of(np.float64(USUAL), -np.log(1 - np.array([0.15, 0.25, 0.4])))
    assert lifts == pytest.approx([1.3, 1.8, 2.6], abs=0.08)


def test_without_any_past_sale_the_usual_power_is_believed() -> None:
    assert Effects(types=2).powers().tolist() == [[USUAL, USUAL], [USUAL, USUAL]]


@pytest.mark.parametrize("power", [0.0, 1.0, 3.0])
def test_the_power_of_the_price_is_found_from_prices_paid(power: float) -> None:
    history = history_of(sold_at(weeks_of_sale(120, 330), power, rate=2))
    assert history.promotions.powers[-1] == pytest.approx(np.full((2, 1), power), abs=0.25)


def test_of_a_deep_cut_the_part_beyond_45_percent_counts_by_half() -> None:
    log = -np.log(1 - np.array([0.45, 0.6]))
    lifts = lift_of(np.float64(2.5), log)
    assert lifts[0] == pytest.approx(np.exp(2.5 * log[0]))
    assert lifts[1] == pytest.approx(np.exp(2.5 * (log[0] + log[1]) / 2))


def test_the_power_is_found_from_deep_cuts_alike() -> None:
    effects, log = Effects(types=1), np.full(400, 0.9)
    effects.learn(np.ones(400, np.int64), log, 5.0 * lift_of(np.float64(3.0), log), np.full(400, 5.0))
    assert effects.powers()[1, 0] == pytest.approx(3.0, abs=0.05)


def test_a_type_of_its_own_is_told_apart_as_far_as_it_sold_enough() -> None:
    effects, log = Effects(types=3), np.full(200, 0.3)
    expected = np.full(200, 5.0)
    effects.learn(np.zeros(200, np.int64), log, expected * np.exp(1.0 * log), expected)
    effects.learn(np.ones(200, np.int64), log, expected * np.exp(3.0 * log), expected)
    steep, flat, unknown = effects.powers()[0][[1, 0, 2]]
    assert steep > unknown + 0.4 and flat < unknown - 0.4
    assert effects.powers()[1] == pytest.approx(np.full(3, effects.powers()[1][0]))


def test_a_code_that_any_order_may_use_seems_to_sell_nothing_more() -> None:
    chance = np.random.default_rng(1).random((120, 330)) < 0.1
    history = history_of(sold_at(np.where(chance, 0.15, 0.0), 0.0, rate=1))
    assert history.promotions.powers[-1].max() < 0.4
