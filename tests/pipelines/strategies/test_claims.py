"""The questions that rules of the policy share, each answered from values alone."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

import pytest

from pipelines.strategies import Evidence, Step, claims, limits, strategy
from tests.pipelines.strategies.situations import (
    TRAFFIC,
    alongside,
    approval,
    canary,
    live,
    paired,
    situation,
    with_evidence,
)


def test_everybody_sees_what_is_live_or_has_the_whole_weight() -> None:
    assert claims.is_live(live()) and claims.is_live(canary("all")) and claims.is_live(canary(phase="live"))
    assert not claims.is_live(canary("50")) and not claims.is_live(approval())


def test_a_test_that_its_interval_may_end_spends_half_of_the_error_on_harm() -> None:
    assert claims.harm_limit(strategy("canary").steps(TRAFFIC)) == limits.HARM == 40
    assert claims.harm_limit(strategy("ab").steps(TRAFFIC)) == limits.HARM_COMPARED == 80


def test_an_e_value_may_be_endless_but_never_unknown() -> None:
    assert claims.is_number(inf) and claims.is_number(0.0)
    assert not claims.is_number(nan) and not claims.is_number(None)
    assert claims.reaches(20.0, 20.0) and claims.reaches(inf, 20.0)
    assert not any(claims.reaches(figure, 20.0) for figure in (19.9, nan, None))


def test_every_figure_is_asked_to_be_a_number_and_those_that_may_be_away_only_where_they_are_there() -> None:
    bare = Evidence("randomised")
    assert claims.figures_of(bare) == [1.0, 1.0, 1.0, 1.0]
    full = replace(bare, guardrails={"a": 2.0}, next_loss=3.0, correlation=0.4, interval=(5.0, 6.0))
    assert sorted(claims.figures_of(full)) == [0.4, 1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 5.0, 6.0]


@pytest.mark.parametrize(
    ("evidence", "unbalanced"),
    [
        (Evidence("randomised", ratio=999.9), False),
        (Evidence("randomised", ratio=1_000.0), True),
        (Evidence("randomised", ratio=nan), True),
        (Evidence("paired", ratio=1e9), False),  # nothing is split
    ],
)
def test_a_split_other_than_planned_is_seen(evidence: Evidence, unbalanced: bool) -> None:
    assert claims.is_unbalanced(evidence) is unbalanced


@pytest.mark.parametrize(
    ("evidence", "speaks"),
    [
        (paired(weeks=8), False),
        (paired(weeks=9), True),
        (paired(weeks=9, correlation=0.9), True),  # too few to tell
        (paired(weeks=12, correlation=0.5), True),
        (paired(weeks=12, correlation=0.51), False),
        (paired(weeks=12, correlation=None), False),
        (paired(weeks=9, correlation=nan), False),
        (Evidence("randomised"), True),
        (Evidence("randomised", ratio=1_000.0), False),
    ],
)
def test_harm_speaks_where_units_were_split_well_or_weeks_are_enough(evidence: Evidence, speaks: bool) -> None:
    assert claims.speaks(evidence) is speaks


@pytest.mark.parametrize(
    ("interval", "decided"), [((0.01, 0.2), True), ((0.0, 0.2), False), ((-0.2, -0.1), False), (None, False)]
)
def test_a_test_is_decided_by_an_interval_above_zero(interval: tuple[float, float] | None, decided: bool) -> None:
    assert (
        claims.is_decided(with_evidence(situation(strategy("ab").steps(TRAFFIC), "50"), interval=interval)) is decided
    )
    assert not claims.is_decided(with_evidence(canary("50"), interval=interval))


def test_only_the_last_share_gives_everything_next() -> None:
    assert claims.gives_everything_next(canary("50"))
    assert not claims.gives_everything_next(canary("25")) and not claims.gives_everything_next(approval())
    preview = situation(strategy("blue_green").steps(TRAFFIC), "preview")
    assert not claims.gives_everything_next(preview), "nobody sees it yet, so nobody sees more of it"


@pytest.mark.parametrize("phase", ["awaiting_approval", "scheduled"])
def test_a_yes_answers_the_card_that_asks(phase: str) -> None:
    assert claims.is_answered(canary(phase=phase, is_approved=True))
    assert claims.is_answered(approval(phase="shadow", is_approved=True))
    assert not claims.is_answered(canary(is_approved=True))
    assert not claims.is_answered(canary(phase=phase))


def test_a_yes_leads_past_what_asks_and_half_way_to_everything() -> None:
    at = alongside().steps
    assert at[claims.after_answer(approval())].name == "5"
    assert at[claims.after_answer(canary("10"))].name == "all"
    two = (Step("a", asks=True), Step("b", asks=True), Step("all", weight=100))
    assert claims.after_answer(situation(two, "a")) == 2
