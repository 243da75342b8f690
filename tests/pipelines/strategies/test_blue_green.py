"""Blue-green prepares the new version beside the live one, asks, and moves everything at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.strategies import Action, Split, Traffic, Verdict, strategy
from tests.pipelines.strategies.situations import TRAFFIC

RULE = strategy("blue_green")
FIRST = Traffic("paired", has_champion=False)


def test_beside_what_runs_it_answers_unseen_before_it_asks() -> None:
    alongside, preview, everything = RULE.steps(TRAFFIC, alongside_days=7)
    assert (alongside.mirrors, alongside.units, alongside.hours) == (True, 1, 7 * 24)
    assert (preview.name, preview.asks, preview.mirrors) == ("preview", True, True)
    assert (everything.weight, everything.asks) == (100, False)


def test_with_nothing_to_run_beside_the_merchant_is_asked_at_once() -> None:
    preview, everything = RULE.steps(FIRST, alongside_days=7)
    assert (preview.asks, preview.mirrors) == (True, False)
    assert everything.weight == 100


def test_it_takes_no_shares() -> None:
    with pytest.raises(ValueError, match="moves everything at once: it takes no shares"):
        RULE.steps(TRAFFIC, weights=(5,))


@pytest.mark.parametrize("traffic", [TRAFFIC, FIRST, Traffic("none"), Traffic("randomised", 1, 0.01)])
def test_it_suits_every_shop(traffic: Traffic) -> None:
    assert RULE.fits(traffic) == ""


def test_everything_or_nothing_goes_to_the_new_version() -> None:
    assert [RULE.split(step) for step in RULE.steps(TRAFFIC)] == [
        Split(100, 0, mirror=True),
        Split(100, 0, mirror=True),
        Split(0, 100),
    ]


def test_the_preview_always_ends_with_a_question() -> None:
    alongside, preview, _ = RULE.steps(TRAFFIC)
    assert {verdict: RULE.decide(preview, verdict) for verdict in Verdict} == {
        Verdict.SUCCESSFUL: Action.ASK,
        Verdict.INCONCLUSIVE: Action.ASK,
        Verdict.FAILED: Action.ABORT,
        Verdict.ERROR: Action.PAUSE,
    }
    assert RULE.decide(alongside, Verdict.SUCCESSFUL) is Action.ADVANCE
    assert RULE.decide(alongside, Verdict.INCONCLUSIVE) is Action.PAUSE


def test_it_may_take_a_week() -> None:
    assert RULE.maximum == timedelta(weeks=1)
