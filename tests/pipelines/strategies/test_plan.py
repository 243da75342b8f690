"""Which strategy and steps a shop gets, and which are refused."""

from __future__ import annotations

from math import nan

import pytest

from pipelines.strategies import STRATEGIES, Step, Strategy, Traffic, check_steps, plan, strategy
from tests.pipelines.strategies.situations import TRAFFIC

EVERY = pytest.mark.parametrize("rule", STRATEGIES.values(), ids=list(STRATEGIES))
PAIRED = Traffic("paired", units_a_day=400)
TINY = Traffic("randomised", units_a_day=100, rate=0.02)


def names(steps: tuple[Step, ...]) -> list[str]:
    return [step.name for step in steps]


@pytest.mark.parametrize(
    ("visitors", "first"), [(14_300, "1"), (14_200, "5"), (2_858, "5"), (2_850, "10"), (600, "25"), (290, "50")]
)
def test_a_canary_begins_with_the_smallest_share_that_brings_thirty_orders_a_week(visitors: int, first: str) -> None:
    steps = plan(Traffic("randomised", units_a_day=visitors, rate=0.03)).steps
    assert names(steps)[:3] == ["alongside", "approval", first]
    assert names(steps)[-2:] == ["50", "all"]


def test_no_step_that_splits_is_over_within_minutes() -> None:
    for name in ("canary", "ab"):
        splitting = [step for step in plan(TRAFFIC, wanted=name).steps if step.splits]
        assert splitting
        assert all(step.hours >= 24 and step.units * TRAFFIC.rate >= 30 for step in splitting)


def test_a_shop_that_cannot_learn_gets_blue_green_and_is_told_why() -> None:
    chosen = plan(TINY)
    assert (chosen.strategy, names(chosen.steps)) == ("blue_green", ["alongside", "preview", "all"])
    assert "fewer than 30 orders in a week" in chosen.reason


@pytest.mark.parametrize("traffic", [Traffic("randomised", nan, 0.02), Traffic("randomised", 5_000, nan)])
def test_unknown_traffic_is_too_little(traffic: Traffic) -> None:
    assert plan(traffic).strategy == "blue_green"


def test_versions_that_answer_for_products_are_compared_alongside_where_time_is_given() -> None:
    assert plan(PAIRED).strategy == "blue_green"
    chosen = plan(PAIRED, alongside_days=21)
    assert (chosen.strategy, chosen.steps[0].hours) == ("shadow", 21 * 24)


def test_the_first_version_of_all_is_only_asked_for() -> None:
    for traffic in (Traffic("paired", has_champion=False), Traffic("randomised", 5_000, 0.03, has_champion=False)):
        assert names(plan(traffic, alongside_days=7).steps) == ["preview", "all"]


@pytest.mark.parametrize("wanted", ["canary", "ab"])
@pytest.mark.parametrize("traffic", [PAIRED, TINY, Traffic("none")])
def test_a_split_that_does_not_fit_is_refused_with_its_sentence(wanted: str, traffic: Traffic) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refused:
        plan(traffic, wanted=wanted)
    assert str(refused.value) == strategy(wanted).fits(traffic)


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="no way of releasing named “rolling”"):
        plan(TRAFFIC, wanted="rolling")


def test_the_merchants_own_shares_are_taken() -> None:
    assert names(plan(TRAFFIC, wanted="canary", weights=(2, 20)).steps)[2:] == ["2", "20", "all"]


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ((0, 5), "whole number from 1 to 50"),
        ((5, 51), "whole number from 1 to 50"),
        ((5, 100), "whole number from 1 to 50"),
        ((-5,), "whole number from 1 to 50"),
        ((2.5,), "whole number from 1 to 50"),
        ((10, 5), "larger than the one before"),
        ((5, 5), "larger than the one before"),
    ],
)
def test_shares_outside_their_bounds_or_that_do_not_rise_are_refused(weights: tuple[int, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        plan(TRAFFIC, wanted="canary", weights=weights)


@pytest.mark.parametrize("wanted", ["blue_green", "shadow"])
def test_strategies_that_move_everything_at_once_take_no_shares(wanted: str) -> None:
    with pytest.raises(ValueError, match="takes no shares"):
        plan(TRAFFIC, wanted=wanted, weights=(5,))


def test_an_ab_test_has_one_share_and_a_planned_size() -> None:
    step = plan(TRAFFIC, wanted="ab").steps[2]
    assert (step.weight, step.compares, step.units) == (50, True, 12_934)
    assert plan(TRAFFIC, wanted="ab", weights=(20,)).steps[2].weight == 20
    with pytest.raises(ValueError, match="keeps one share"):
        plan(TRAFFIC, wanted="ab", weights=(5, 20))
    with pytest.raises(ValueError, match="would take about 52 days; it may run for 26"):
        plan(TRAFFIC, wanted="ab", weights=(5,))


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ((), "do not reach 100 %"),
        ((Step("approval", asks=True), Step("50", weight=50)), "do not reach 100 %"),
        ((Step("approval", asks=True), Step("60", weight=60), Step("all", weight=100)), "from 1 to 50"),
        ((Step("approval", asks=True), Step("5", 5), Step("pause"), Step("all", weight=100)), "larger than"),
        ((Step("5", weight=5), Step("all", weight=100)), "ask you before"),
    ],
)
def test_steps_that_no_version_may_take_are_refused(steps: tuple[Step, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        check_steps(steps)


@EVERY
def test_what_every_strategy_plans_may_be_taken_and_rises(rule: Strategy) -> None:
    steps = rule.steps(TRAFFIC)
    check_steps(steps)
    weights = [step.weight for step in steps]
    assert weights == sorted(weights)
    assert len(set(names(steps))) == len(steps)


@EVERY
def test_no_strategy_runs_alongside_for_ever(rule: Strategy) -> None:
    for days in (-1, 57):
        with pytest.raises(ValueError, match="0 to 56 days"):
            rule.steps(TRAFFIC, alongside_days=days)
