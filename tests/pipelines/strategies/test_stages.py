"""What strategies share: which steps are refused, who can be split, and what usually follows a verdict."""

from __future__ import annotations

import pytest

from pipelines.strategies import STRATEGIES, Action, Split, Step, Strategy, Traffic, Verdict, check_steps, stages
from tests.pipelines.strategies.situations import TRAFFIC

EVERY = pytest.mark.parametrize("rule", STRATEGIES.values(), ids=list(STRATEGIES))


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
def test_no_strategy_runs_alongside_for_ever(rule: Strategy) -> None:
    for days in (-1, 57):
        with pytest.raises(ValueError, match="0 to 56 days"):
            rule.steps(TRAFFIC, alongside_days=days)


@pytest.mark.parametrize("days", [0, 56])
def test_alongside_takes_one_answer_and_so_many_days(days: int) -> None:
    assert stages.alongside(days) == Step("alongside", mirrors=True, units=1, hours=24 * days)


@pytest.mark.parametrize(
    "steps",
    [
        (Step("approval", asks=True), Step("all", weight=100)),
        (Step("approval", asks=True), Step("5", 5), Step("50", 50), Step("all", weight=100)),
    ],
)
def test_steps_that_ask_and_rise_to_everything_may_be_taken(steps: tuple[Step, ...]) -> None:
    check_steps(steps)


def test_a_question_after_the_first_shopper_is_too_late() -> None:
    late = (Step("5", weight=5), Step("10", weight=10, asks=True), Step("all", weight=100))
    with pytest.raises(ValueError, match="ask you before the first shopper"):
        check_steps(late)


def test_orders_of_a_share_are_counted_over_a_week() -> None:
    assert stages.expected_orders(Traffic("randomised", units_a_day=1_000, rate=0.02), 10) == pytest.approx(14)


@pytest.mark.parametrize(("rate", "units"), [(0.03, 1_000), (0.031, 968), (0.0, 30), (1.0, 30)])
def test_evidence_takes_the_units_that_bring_thirty_orders(rate: float, units: int) -> None:
    assert stages.units_for_evidence(Traffic("randomised", rate=rate)) == units


@pytest.mark.parametrize(
    ("traffic", "why"),
    [
        (Traffic("paired", 1e6, 0.1, not_split="Not for shoppers."), "Not for shoppers."),
        (Traffic("none", 1e6, 0.1), stages.NOTHING_TO_COMPARE),
        (Traffic("randomised", 1e6, 0.1, has_champion=False), stages.NOTHING_TO_COMPARE),
        (Traffic("randomised", 85, 0.1), stages.TOO_SMALL),  # 29.75 orders
        (Traffic("randomised", 86, 0.1), ""),  # 30.1 orders
        (Traffic("randomised", float("nan"), 0.1), stages.TOO_SMALL),
    ],
)
def test_who_cannot_be_split_is_told_why(traffic: Traffic, why: str) -> None:
    assert stages.why_not_split(traffic) == why


def test_a_step_says_who_sees_what() -> None:
    assert stages.share(Step("a", weight=25)) == Split(75, 25)
    assert stages.share(Step("a", mirrors=True)) == Split(100, 0, mirror=True)


@pytest.mark.parametrize(
    ("asks", "verdict", "action"),
    [
        (False, Verdict.SUCCESSFUL, Action.ADVANCE),
        (False, Verdict.INCONCLUSIVE, Action.PAUSE),
        (False, Verdict.ERROR, Action.PAUSE),
        (False, Verdict.FAILED, Action.ABORT),
        (True, Verdict.SUCCESSFUL, Action.ASK),
        (True, Verdict.INCONCLUSIVE, Action.ASK),
        (True, Verdict.ERROR, Action.PAUSE),
        (True, Verdict.FAILED, Action.ABORT),
    ],
)
def test_what_usually_follows(asks: bool, verdict: Verdict, action: Action) -> None:
    assert stages.usual(Step("a", asks=asks), verdict) is action
