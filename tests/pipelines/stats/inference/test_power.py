"""What is said before a test starts comes true in simulations of the very tests that are run."""

import math

import numpy as np
import pytest

from pipelines.stats.inference import intervals, power
from pipelines.stats.inference.power import HARM_LIMIT, NON_INFERIOR_LIMIT, expected_days, harm_power, smallest_harm
from pipelines.stats.inference.sequential import harm_log_e, non_inferior_log_e

SERIES = 500


def simulated(control_a_block: float, canary_a_block: float, rates: tuple[float, float], blocks: int):
    rng = np.random.default_rng(1)
    control, canary = (rng.poisson(units, SERIES * blocks) for units in (control_a_block, canary_a_block))
    orders = rng.binomial(control, rates[0]), rng.binomial(canary, rates[1])
    return orders[0], control, orders[1], canary, np.repeat(np.arange(SERIES), blocks)


@pytest.mark.parametrize(
    ("control", "canary", "rate", "loss", "tolerance"),
    [
        (20_000, 20_000, 0.02, 0.2, 0.08),
        (20_000, 20_000, 0.02, 0.25, 0.08),
        (20_000, 2_000, 0.02, 0.5, 0.08),
        (50_000, 5_000, 0.02, 0.4, 0.08),
        (5_000, 5_000, 0.1, 0.2, 0.08),
        (200_000, 10_000, 0.02, 0.25, 0.08),
        (3_000, 300, 0.02, 1.0, 0.2),
        (1_000, 1_000, 0.02, 0.9, 0.2),
    ],
)
def test_the_power_is_what_simulations_find(control, canary, rate, loss, tolerance) -> None:
    log_e = harm_log_e(*simulated(control / 168, canary / 168, (rate, (1 - loss) * rate), 168))
    found = (log_e.reshape(SERIES, -1).max(axis=1) >= math.log(HARM_LIMIT)).mean()
    assert harm_power(control, canary, rate, loss) == pytest.approx(found, abs=tolerance)


def test_the_smallest_harm_is_the_one_that_is_found_with_this_power() -> None:
    loss = smallest_harm(2000, 0.5, 0.03, days=14)
    assert harm_power(14_000, 14_000, 0.03, loss) == pytest.approx(0.8)
    log_e = harm_log_e(*simulated(1000 / 24, 1000 / 24, (0.03, 0.03 * (1 - loss)), 14 * 24))
    found = (log_e.reshape(SERIES, -1).max(axis=1) >= math.log(HARM_LIMIT)).mean()
    assert found == pytest.approx(0.8, abs=0.08)


def test_more_traffic_or_time_or_weight_finds_less() -> None:
    start = smallest_harm(2000, 0.1, 0.02, days=14)
    assert start > smallest_harm(4000, 0.1, 0.02, days=14) > smallest_harm(4000, 0.25, 0.02, days=14)
    assert start > smallest_harm(2000, 0.1, 0.02, days=28)


def test_a_tiny_shop_is_told_that_nothing_can_be_found() -> None:
    assert smallest_harm(20, 0.05, 0.02, days=14) is None


@pytest.mark.parametrize(
    ("units", "weight", "rate", "margin"),
    [
        (5000, 0.5, 0.02, 0.1),
        (5000, 0.25, 0.02, 0.1),
        (2000, 0.5, 0.1, 0.1),
        (5000, 0.05, 0.05, 0.2),
        (500, 0.5, 0.02, 0.3),
    ],
)
def test_non_inferiority_takes_about_the_days_that_are_said(units, weight, rate, margin) -> None:
    said = expected_days(units, weight, rate, margin)
    days = math.ceil(3 * said)
    data = simulated(units * 0.5 / 12, units * weight / 12, (rate, rate), 12 * days)
    log_e = non_inferior_log_e(*data[:4], margin, data[4]).reshape(SERIES, -1)
    hit = log_e >= math.log(NON_INFERIOR_LIMIT)
    took = np.where(hit.any(axis=1), hit.argmax(axis=1) / 12, np.inf)
    assert said == pytest.approx(np.median(took), rel=1 / 3)


def test_questions_that_make_no_sense_are_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="this takes traffic"):
        smallest_harm(0, 0.5, 0.02, 14)
    with pytest.raises(ValueError, match="this takes traffic"):
        expected_days(100, 0.6, 0.02)
    with pytest.raises(ValueError, match="units in both arms"):
        smallest_harm(100, 0.5, 0.02, days=0)
    with pytest.raises(ValueError, match="a margin is a share"):
        expected_days(100, 0.5, 0.02, margin=0)
    with pytest.raises(ValueError, match="a loss is a share"):
        harm_power(100, 100, 0.02, 0)


class TestBesideAHoldOut:
    def test_the_range_is_as_wide_as_the_effect_when_it_shows(self) -> None:
        for a_day, share, rate, effect in ((2_441, 0.05, 0.033, 0.1), (300, 0.2, 0.01, 0.2), (50_000, 0.1, 0.02, 0.05)):
            units = a_day * power.days_until_shown(a_day, share, rate, effect)
            se = math.sqrt((1 - rate) / rate * (1 / share + 1 / (1 - share)) / units)
            assert float(intervals.half_width(se, units, power.HELD_OUT_PLANNED)) == pytest.approx(effect, rel=1e-6)

    def test_a_great_effect_waits_for_a_hundred_orders_of_the_held_out(self) -> None:
        days = power.days_until_shown(1_000, 0.05, 0.02, 5.0)
        assert days * 1_000 * 0.05 * 0.02 == pytest.approx(power.MIN_ORDERS, rel=1e-6)

    def test_more_traffic_and_a_larger_share_take_less_time(self) -> None:
        days = [power.days_until_shown(each, 0.05, 0.02) for each in (10, 100, 1_000)]
        assert days == sorted(days, reverse=True) and days[0] > 1_000
        shares = [power.days_until_shown(1_000, share, 0.02) for share in (0.05, 0.1, 0.2)]
        assert shares == sorted(shares, reverse=True)

    @pytest.mark.parametrize("wrong", [(0, 0.05, 0.02), (10, 0, 0.02), (10, 1, 0.02), (10, 0.05, 0), (10, 0.05, 1)])
    def test_what_cannot_be_is_refused(self, wrong: tuple[float, float, float]) -> None:
        with pytest.raises(ValueError, match="this takes traffic"):
            power.days_until_shown(*wrong)


@pytest.mark.parametrize(("rate", "told"), [(0.03, 12_900), (0.10, 3_600)])
def test_the_units_of_an_arm_are_told_before_a_test_and_find_what_is_promised(rate: float, told: int) -> None:
    units = power.units_per_arm(rate, 0.2)
    assert round(units, -2) == told
    rng = np.random.default_rng(0)
    old, new = (rng.binomial(units, each, size=4_000) / units for each in (rate, 1.2 * rate))
    spread = np.sqrt((old * (1 - old) + new * (1 - new)) / units)
    assert ((new - old) / spread > 1.96).mean() == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(("rate", "effect"), [(0.0, 0.2), (1.0, 0.2), (0.1, 0.0)])
def test_no_rate_and_no_effect_need_no_test(rate: float, effect: float) -> None:
    with pytest.raises(ValueError):
        power.units_per_arm(rate, effect)
