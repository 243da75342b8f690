"""Shadow proves itself unseen for a least time, then asks."""

from __future__ import annotations

import pytest

from pipelines.strategies import Action, Split, Traffic, Verdict, strategy
from tests.pipelines.strategies.situations import TRAFFIC

RULE = strategy("shadow")


@pytest.mark.parametrize(("days", "hours"), [(0, 14 * 24), (3, 3 * 24), (56, 56 * 24)])
def test_it_runs_alongside_for_two_weeks_unless_the_merchant_says_otherwise(days: int, hours: int) -> None:
    alongside, asking, everything = RULE.steps(TRAFFIC, alongside_days=days)
    assert (alongside.hours, alongside.mirrors, alongside.units) == (hours, True, 1)
    assert (asking.name, asking.asks, asking.mirrors) == ("approval", True, True)
    assert everything.weight == 100


def test_it_takes_no_shares() -> None:
    with pytest.raises(ValueError, match="shows nothing to shoppers before the end: it takes no shares"):
        RULE.steps(TRAFFIC, weights=(5,))


def test_it_needs_something_to_run_beside() -> None:
    assert RULE.fits(Traffic("paired")) == ""
    assert RULE.fits(Traffic("paired", has_champion=False)).startswith("Nothing runs yet")


def test_no_shopper_sees_it_before_all_do() -> None:
    assert [RULE.split(step) for step in RULE.steps(TRAFFIC)] == [
        Split(100, 0, mirror=True),
        Split(100, 0, mirror=True),
        Split(0, 100),
    ]


def test_good_evidence_leads_to_the_question_and_bad_takes_it_away() -> None:
    alongside, asking, _ = RULE.steps(TRAFFIC)
    assert RULE.decide(alongside, Verdict.SUCCESSFUL) is Action.ADVANCE
    assert RULE.decide(asking, Verdict.SUCCESSFUL) is Action.ASK
    assert RULE.decide(asking, Verdict.FAILED) is RULE.decide(alongside, Verdict.FAILED) is Action.ABORT


def test_it_may_take_four_weeks() -> None:
    assert RULE.maximum.days == 28
