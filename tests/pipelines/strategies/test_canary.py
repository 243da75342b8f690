"""A canary grows: it begins where a week brings evidence, and each share is larger than the one before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.strategies import Action, Split, Traffic, Verdict, plan, strategy
from pipelines.strategies.canary import usual_weights
from tests.pipelines.strategies.situations import TRAFFIC

RULE = strategy("canary")


def names(steps) -> list[str]:
    return [step.name for step in steps]


@pytest.mark.parametrize(
    ("visitors", "first"), [(14_300, "1"), (14_200, "5"), (2_858, "5"), (2_850, "10"), (600, "25"), (290, "50")]
)
def test_a_canary_begins_with_the_smallest_share_that_brings_thirty_orders_a_week(visitors: int, first: str) -> None:
    steps = plan(Traffic("randomised", units_a_day=visitors, rate=0.03)).steps
    assert names(steps)[:3] == ["alongside", "approval", first]
    assert names(steps)[-2:] == ["50", "all"]


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


def test_it_runs_alongside_and_asks_before_the_first_shopper_sees_it() -> None:
    before, asking, first, *_, everything = RULE.steps(TRAFFIC, alongside_days=3)
    assert (before.mirrors, before.hours, before.weight) == (True, 72, 0)
    assert (asking.asks, asking.mirrors, asking.weight) == (True, True, 0)
    assert (first.weight, first.hours, first.units) == (5, 24, 1_000)  # 30 orders at 3 in 100, a whole day
    assert (everything.weight, everything.asks) == (100, False)


def test_where_even_half_brings_too_few_it_begins_with_half() -> None:
    assert usual_weights(Traffic("randomised", units_a_day=1, rate=0.03)) == (50,)
    assert usual_weights(Traffic("randomised", units_a_day=1e6, rate=0.03)) == (1, 5, 10, 25, 50)


@pytest.mark.parametrize(
    ("traffic", "fits"),
    [
        (TRAFFIC, True),
        (Traffic("randomised", 5_000, 0.03, has_champion=False), False),
        (Traffic("paired", 5_000, 0.03), False),
        (Traffic("randomised", 200, 0.03), False),  # 21 orders a week of half the shoppers
    ],
)
def test_it_suits_shoppers_who_can_be_split_and_are_enough(traffic: Traffic, fits: bool) -> None:
    assert (RULE.fits(traffic) == "") is fits


def test_each_share_of_shoppers_sees_the_new_version_and_the_rest_does_not() -> None:
    shares = [RULE.split(step) for step in RULE.steps(TRAFFIC)]
    assert shares[:3] == [Split(100, 0, mirror=True), Split(100, 0, mirror=True), Split(95, 5)]
    assert [split.canary for split in shares[2:]] == [5, 10, 25, 50, 100]


def test_it_grows_on_good_evidence_stays_on_none_and_goes_on_bad() -> None:
    share = RULE.steps(TRAFFIC)[2]
    assert {verdict: RULE.decide(share, verdict) for verdict in Verdict} == {
        Verdict.SUCCESSFUL: Action.ADVANCE,
        Verdict.FAILED: Action.ABORT,
        Verdict.INCONCLUSIVE: Action.PAUSE,
        Verdict.ERROR: Action.PAUSE,
    }


def test_it_may_take_four_weeks() -> None:
    assert RULE.maximum == timedelta(weeks=4)
