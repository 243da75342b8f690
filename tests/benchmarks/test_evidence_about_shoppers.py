"""What is promised of shoppers holds in simulations, and would be missed without what keeps it."""

from __future__ import annotations

import pytest

from benchmarks.evidence import shoppers
from pipelines.stats.inference import before_after
from pipelines.strategies import limits


@pytest.mark.parametrize("returning", [0.3, 0.6])
@pytest.mark.parametrize("loyalty", [1.0, 3.0])
def test_returning_visitors_hold_no_healthy_ramp_and_bias_nothing(returning: float, loyalty: float) -> None:
    seen = shoppers.ramps(300, returning, loyalty)
    assert seen.held <= len(shoppers.RAMP) / limits.UNBALANCED
    assert seen.harmed <= 1 / limits.HARM
    assert abs(seen.effect) < 3 * seen.se
    assert seen.se < 0.02


def test_who_was_between_would_unbalance_every_ramp_if_it_were_forgotten() -> None:
    assert shoppers.ramps(40, 0.3, 1.0, remembers=False).held > 0.9
    assert shoppers.ramps(40, 0.3, 3.0, remembers=False).effect > 0.3


@pytest.mark.parametrize("swing", [0.0, 0.1, 0.2, 0.4])
@pytest.mark.parametrize("orders", [5, 50, 3_000])
def test_weeks_that_differ_anyway_are_seldom_taken_for_orders_that_stay_away(swing: float, orders: float) -> None:
    for weeks in (4, 8):
        assert shoppers.recovery(1_000, swing=swing, orders=orders, weeks=weeks)[0] <= before_after.ALPHA / 2 + 0.01


def test_orders_that_do_stay_away_are_found_and_seldom_called_back() -> None:
    assert shoppers.recovery(1_000, swing=0.1, orders=300, lost=0.4)[0] > 0.8
    assert shoppers.recovery(1_000, swing=0.1, orders=3_000, lost=0.1)[1] <= before_after.ALPHA / 2 + 0.01
    assert shoppers.recovery(1_000, swing=0.02, orders=3_000)[1] > 0.8


@pytest.mark.parametrize(("rate", "weight"), [(0.005, 0.5), (0.02, 0.05), (0.1, 0.5)])
def test_a_test_of_two_alike_is_seldom_ended_by_anything(rate: float, weight: float) -> None:
    assert shoppers.ended(1_000, rate, weight) <= 0.05


def test_a_test_that_is_lost_is_ended() -> None:
    assert shoppers.ended(300, 0.03, 0.5, lost=0.2) > 0.8


def test_what_a_step_may_lose_holds_while_sales_double() -> None:
    assert shoppers.above_bound(500) <= 0.025
    assert shoppers.above_bound(100, pools=True) > 0.9


def test_the_power_that_is_told_is_about_the_one_that_is_had() -> None:
    for orders, most in ((30, 0.15), (60, 0.12)):
        assert max(abs(error) for error in shoppers.power_errors(800, orders, rates=(0.1,))) < most


def test_every_rate_is_told_beside_its_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("returning", "recovery", "budget", "loss", "power"):
        work = getattr(shoppers, f"{name}_rows")
        monkeypatch.setattr(shoppers, f"{name}_rows", lambda count, work=work: work(50))
    told = shoppers.rows(quick=True)
    assert {row.subject for row in told} == {"shoppers"}
    assert len({row.case for row in told}) == len(told)
    assert all(row.holds is (None if row.promise == "told, not promised" else row.holds) for row in told)
    assert sum(row.promise.startswith(("<=", ">=")) for row in told) > 20
