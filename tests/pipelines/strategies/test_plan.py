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


@pytest.mark.parametrize("wanted", ["blue_green", "shadow"])
def test_strategies_that_move_everything_at_once_take_no_shares(wanted: str) -> None:
    with pytest.raises(ValueError, match="takes no shares"):
        plan(TRAFFIC, wanted=wanted, weights=(5,))


@EVERY
def test_what_every_strategy_plans_may_be_taken_and_rises(rule: Strategy) -> None:
    steps = rule.steps(TRAFFIC)
    check_steps(steps)
    weights = [step.weight for step in steps]
    assert weights == sorted(weights)
    assert len(set(names(steps))) == len(steps)
