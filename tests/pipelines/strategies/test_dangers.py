"""What protects the shop: harm, wrong answers and errors take a version away, and what makes us blind holds it."""

from __future__ import annotations

from datetime import timedelta
from math import inf, nan

import pytest

from pipelines.strategies import (
    Action,
    Evidence,
    limits,
)
from pipelines.strategies.reasons import Reason
from tests.pipelines.strategies.situations import (
    BREACH,
    OK,
    approval,
    canary,
    compared,
    decide,
    live,
    paired,
    told,
    windows,
    with_evidence,
)

DAY = timedelta(days=1)


@pytest.mark.parametrize(("harm", "action"), [(39.9, Action.ADVANCE), (40.0, Action.ABORT), (inf, Action.ABORT)])
def test_harm_acts_at_forty(harm: float, action: Action) -> None:
    assert decide(with_evidence(canary(), harm=harm)).action is action


@pytest.mark.parametrize(("value", "action"), [(79.9, Action.ADVANCE), (80.0, Action.ABORT)])
def test_each_guardrail_gets_its_part_of_the_error_budget(value: float, action: Action) -> None:
    assert decide(with_evidence(canary(), guardrails={"errors": 1.0, "slow answers": value})).action is action


def test_severe_errors_are_named_as_such() -> None:
    assert told(live(windows=windows(BREACH, BREACH, BREACH, severe=True))) == (Action.ABORT, Reason.SEVERE)


def test_answers_that_cannot_be_right_go_at_once() -> None:
    assert told(live(windows=windows(OK, OK) + windows(BREACH, broken="NaN"))) == (Action.ABORT, Reason.BROKEN)


def test_what_cannot_be_right_is_said_with_its_reason() -> None:
    assert decide(live(windows=windows(BREACH, broken="It expects 9"))).sentence.endswith("right. It expects 9.")
    assert len(decide(live(windows=windows(BREACH, broken="x" * 200))).sentence) <= 200


@pytest.mark.parametrize(
    ("evidence", "action", "reason"),
    [
        (paired(harm=40.0), Action.ABORT, Reason.HARM),
        (paired(harm=39.0), Action.PAUSE, Reason.WELL),
        (paired(harm=40.0, weeks=8), Action.PAUSE, Reason.DEPENDENT),
        (paired(harm=40.0, weeks=12, correlation=0.5), Action.ABORT, Reason.HARM),
        (paired(harm=40.0, weeks=12, correlation=0.51), Action.PAUSE, Reason.DEPENDENT),
        (paired(harm=40.0, weeks=12, correlation=None), Action.PAUSE, Reason.DEPENDENT),
        (paired(harm=40.0, weeks=11, correlation=0.9), Action.ABORT, Reason.HARM),
        (paired(harm=40.0, weeks=11, correlation=None), Action.ABORT, Reason.HARM),
        (paired(harm=40.0, correlation=nan), Action.HOLD, Reason.MISSING),
        (paired(has_decayed=True), Action.HOLD, Reason.DECAYED),
        (paired(has_decayed=True, harm=50.0), Action.ABORT, Reason.HARM),
        (paired(ratio=nan), Action.HOLD, Reason.MISSING),
    ],
)
def test_weeks_speak_when_they_are_enough_and_hardly_depend(evidence: Evidence, action: Action, reason: Reason) -> None:
    assert told(live(evidence=evidence)) == (action, reason)


def test_a_clock_that_went_back_moves_nothing() -> None:
    for one in (canary(clock_went_back=True), approval(clock_went_back=True, is_approved=True)):
        assert told(one) == (Action.HOLD, Reason.CLOCK)


@pytest.mark.parametrize("name", ["ratio", "harm", "harm_at_peak", "non_inferior", "next_loss"])
@pytest.mark.parametrize("at", ["10", "50"])
def test_a_figure_that_is_not_a_number_never_advances(name: str, at: str) -> None:
    assert decide(canary(at)).action is Action.ADVANCE
    assert decide(with_evidence(canary(at), **{name: nan})).action is Action.HOLD
    assert decide(with_evidence(canary(at), **{name: None})).action is not Action.ADVANCE


def test_a_guardrail_or_an_interval_that_is_not_a_number_never_advances() -> None:
    assert told(with_evidence(canary(), guardrails={"errors": nan})) == (Action.HOLD, Reason.MISSING)
    assert told(with_evidence(canary(), interval=(nan, 0.2))) == (Action.HOLD, Reason.MISSING)


def test_a_wrong_split_has_no_loser() -> None:
    assert told(compared(interval=(-0.2, -0.01), ratio=1_000.0)) == (Action.HOLD, Reason.RATIO)


def test_all_that_takes_a_version_away_is_one_error_of_a_twentieth() -> None:
    guardrails = 3 / (limits.HARM_PER_GUARDRAIL * 3)
    assert guardrails + 1 / limits.HARM == pytest.approx(0.05)
    assert guardrails + 1 / limits.HARM_COMPARED + limits.INTERVAL_ALPHA / 2 == pytest.approx(0.05)
