"""An A/B test keeps one share from beginning to end, until the planned size or a clear interval."""

from __future__ import annotations

import pytest

from pipelines.strategies import Action, Split, Traffic, Verdict, plan, strategy
from pipelines.strategies.ab import TIME_TO_CLOSE, planned_size
from tests.pipelines.strategies.situations import TRAFFIC

RULE = strategy("ab")


def test_an_ab_test_has_one_share_and_a_planned_size() -> None:
    step = plan(TRAFFIC, wanted="ab").steps[2]
    assert (step.weight, step.compares, step.units) == (50, True, 12_934)
    assert plan(TRAFFIC, wanted="ab", weights=(20,)).steps[2].weight == 20
    with pytest.raises(ValueError, match="keeps one share"):
        plan(TRAFFIC, wanted="ab", weights=(5, 20))
    with pytest.raises(ValueError, match="would take about 52 days; it may run for 26"):
        plan(TRAFFIC, wanted="ab", weights=(5,))


def test_it_asks_before_it_begins_and_each_day_of_the_week_is_in_it() -> None:
    alongside, asking, share, everything = RULE.steps(TRAFFIC, alongside_days=2)
    assert (alongside.mirrors, alongside.hours) == (True, 48)
    assert (asking.asks, asking.mirrors) == (True, True)
    assert (share.hours, share.mirrors, share.asks) == (7 * 24, False, False)
    assert everything.weight == 100


@pytest.mark.parametrize(
    ("rate", "units"),
    [
        (0.5, 400),  # 16 (1 - p) / (p .2^2)
        (0.1, 3_600),
        (0.01, 39_600),
        (0.0, 30),  # nothing is known of orders: as many units as orders are asked for
        (1.0, 30),
        (float("nan"), 30),
    ],
)
def test_the_planned_size_shows_a_fifth_more_orders_four_times_in_five(rate: float, units: int) -> None:
    assert planned_size(Traffic("randomised", rate=rate)) == units


def test_it_leaves_time_for_the_last_orders_to_come() -> None:
    """3,600 units of the new version in 26 days of 28 are 277 a day of all, at half of the shoppers."""
    assert (RULE.maximum - TIME_TO_CLOSE).days == 26
    assert RULE.fits(Traffic("randomised", 277, 0.1)) == ""
    told = "At 50 % of shoppers an A/B test would take about 27 days; it may run for 26."
    assert RULE.fits(Traffic("randomised", 276, 0.1)) == told
    assert "would take too many days" in RULE.too_slow(Traffic("randomised", 0, 0.1), 50)


def test_who_cannot_be_split_is_told_that_first() -> None:
    assert "not for shoppers" in RULE.fits(
        Traffic("paired", 0, 0.1, not_split="It answers for products, not for shoppers.")
    )


def test_it_shows_the_new_version_to_its_share_alone() -> None:
    share = RULE.steps(TRAFFIC, weights=(20,))[2]
    assert RULE.split(share) == Split(80, 20)
    assert (share.name, share.compares) == ("20", True)


def test_good_evidence_gives_it_to_all_and_none_stays() -> None:
    share = RULE.steps(TRAFFIC)[2]
    assert [RULE.decide(share, verdict) for verdict in (Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.FAILED)] == [
        Action.ADVANCE,
        Action.PAUSE,
        Action.ABORT,
    ]
