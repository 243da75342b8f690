"""What is done with a release: rule by rule, and what holds in every situation."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from math import inf, nan
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.strategies import (
    STRATEGIES,
    Action,
    Decision,
    Evidence,
    Health,
    Situation,
    Verdict,
    claims,
    policy,
    strategy,
)
from pipelines.strategies.freezing import Protection
from pipelines.strategies.reasons import Reason
from tests.pipelines.strategies.situations import (
    BOTH,
    BREACH,
    DOWN,
    NO_DATA,
    NOW,
    OK,
    QUIET,
    TRAFFIC,
    alongside,
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


# What takes a version away


def test_harm_in_peak_hours_tells_and_stays_but_does_not_act() -> None:
    decision = decide(with_evidence(canary(), harm_at_peak=20.0))
    assert (decision.action, decision.reason, decision.alert) == (Action.PAUSE, Reason.PEAK, "warning")


def test_a_decayed_forecast_is_told() -> None:
    told = decide(live(evidence=paired(has_decayed=True)))
    assert told.alert == "warning" and "a season that your past does not show" in told.sentence
    assert len(told.sentence) <= 120  # the title of an alert


# What makes us blind


@pytest.mark.parametrize("budget", [None, nan, 80.0, 0.0])
def test_a_loss_that_is_not_surely_within_the_budget_stays(budget: float | None) -> None:
    assert decide(canary(risk_budget=budget)).action is Action.PAUSE


# Steps


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        ({"units": 999}, Reason.UNITS),
        ({"peak_blocks": 0}, Reason.PEAK_BLOCK),
        ({"next_loss": None}, Reason.LOSS_UNKNOWN),
        ({"next_loss": 100.0}, Reason.RISK),
    ],
)
def test_a_step_is_left_only_with_everything_that_it_needs(figures: dict[str, Any], reason: Reason) -> None:
    assert told(with_evidence(canary("5"), **figures)) == (Action.PAUSE, reason)


def test_a_step_takes_its_least_time() -> None:
    assert told(canary(stepped_at=NOW - timedelta(hours=23))) == (Action.PAUSE, Reason.TIME)
    assert told(canary(stepped_at=NOW + timedelta(hours=1))) == (Action.PAUSE, Reason.TIME)


def test_a_step_that_passed_leads_to_the_next_one() -> None:
    one = canary("10")
    said = "No alarm on this step. There are too few orders yet to say whether the new version brings more or less."
    assert decide(one) == Decision(Action.ADVANCE, Reason.PASSED, said, step=one.step + 1)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ({"orders": (-0.1, 0.2), "money": (-900.0, 1_200.0)}, "not proven yet"),
        (
            {"orders": (0.1, 0.2), "money": (-900.0, 1_200.0)},
            "This step went well. Shoppers who see the new version order more, over the whole range; "
            "whether they bring more money is not known.",
        ),
        (
            {"orders": (-0.1, 0.2), "money": (900.0, 1_200.0)},
            "bring more money, over the whole range; whether they order more is not known.",
        ),
        (
            {"orders": (0.1, 0.2), "money": (900.0, 1_200.0)},
            "Shoppers who see the new version order more and bring more money, over the whole range.",
        ),
        ({"orders": (nan, nan)}, "not proven yet"),
    ],
)
def test_what_is_said_of_a_step_that_passed_follows_its_ranges(ranges: Any, said: str) -> None:
    decision = decide(with_evidence(canary(), ranges=ranges))
    assert decision.reason == Reason.PASSED and said in decision.sentence and len(decision.sentence) <= 200


@pytest.mark.parametrize(
    ("orders", "money", "said"),
    [
        ((-0.3, -0.1), (-900.0, 100.0), "order less, over the whole range; whether they bring more money"),
        ((0.1, 0.2), (-900.0, -1.0), "order more and bring less money, over the whole range."),
        ((-0.1, -0.02), (500.0, 9_000.0), "order less and bring more money, over the whole range."),
    ],
)
def test_what_does_worse_over_a_whole_range_is_shown_to_no_more_shoppers(orders: Any, money: Any, said: str) -> None:
    ranges = {"orders": orders, "money": money}
    decision = decide(with_evidence(canary(), ranges=ranges))
    assert (decision.action, decision.reason) == (Action.PAUSE, Reason.SHORT)
    assert decision.sentence.startswith(f"Shoppers who see the new version {said}") and len(decision.sentence) <= 200
    late = with_evidence(canary("50", exposed_at=NOW - 28 * DAY), ranges=ranges)
    assert told(late) == (Action.ASK, Reason.SHORT) and "Not proven" not in decide(late).sentence
    assert decide(late).sentence.endswith("you decide.") and len(decide(late).sentence) <= 200
    running = live(evidence=Evidence("randomised", ranges=ranges))
    assert told(running) == (Action.PAUSE, Reason.SHORT) and decide(running).alert == ""


def test_what_nobody_saw_is_told_by_its_errors() -> None:
    assert decide(alongside()).sentence == "It answered beside what runs without an alarm."
    ranges = ({"errors": each} for each in ((-9.0, -1.0), (1.0, 9.0)))
    worse, better = (alongside(evidence=paired(weeks=5, ranges=each)) for each in ranges)
    assert told(worse) == (Action.ADVANCE, Reason.PASSED), "it leads to the question, where the merchant decides"
    assert decide(worse).sentence == "Beside what runs its errors cost more, over the whole range."
    assert decide(better).sentence.startswith("This step went well. Beside what runs its errors cost less")


def test_alongside_needs_one_answer_and_then_leads_to_the_question() -> None:
    assert told(alongside(windows=())) == (Action.PAUSE, Reason.ANSWERS)
    assert told(alongside(windows=windows(QUIET, OK))) == (Action.ADVANCE, Reason.PASSED)


def test_alongside_without_answers_asks_some_day() -> None:
    assert told(alongside(windows=(), stepped_at=NOW - 28 * DAY)) == (Action.ASK, Reason.NOT_PROVEN)


def test_breaches_keep_a_release_where_it_is_until_three_windows_are_well() -> None:
    assert told(canary(windows=windows(BREACH, OK, OK))) == (Action.PAUSE, Reason.RECOVERING)
    assert decide(canary(windows=windows(BREACH, OK, OK, OK))).action is Action.ADVANCE


def test_paused_by_a_person_stays_until_a_person_lets_it_go() -> None:
    assert told(canary(is_paused=True)) == (Action.PAUSE, Reason.PAUSED)


def test_a_staged_release_waits_for_its_turn_and_keeps_its_reason() -> None:
    decision = decide(alongside(phase="staged", held="Next question on Tue 24 Nov"))
    assert (decision.action, decision.reason, decision.sentence) == (
        Action.HOLD,
        Reason.TURN,
        "Next question on Tue 24 Nov",
    )


def test_a_hold_that_lasts_is_said_again_with_its_reason() -> None:
    assert told(canary(held="old data", data_age=30 * DAY)) == (Action.HOLD, Reason.STALE)


# Questions


def test_the_merchant_is_asked_once_and_then_waited_for() -> None:
    assert told(approval(phase="shadow")) == (Action.ASK, Reason.APPROVAL)
    assert told(approval()) == (Action.PAUSE, Reason.AWAITING)


def test_a_yes_leads_to_the_first_shoppers() -> None:
    one = approval(is_approved=True)
    decision = decide(one)
    assert (decision.action, decision.reason) == (Action.ADVANCE, Reason.APPROVED)
    assert one.steps[decision.step or 0].name == "5"


def test_a_yes_from_before_does_not_count_again() -> None:
    assert told(canary(is_approved=True, asks_before_all=True, step=canary("50").step)) == (
        Action.ASK,
        Reason.ASKED_FOR,
    )


def test_a_yes_half_way_is_a_yes_to_everything() -> None:
    card = canary("10", phase="awaiting_approval", is_approved=True, exposed_at=NOW - 30 * DAY)
    assert decide(card).step == len(card.steps) - 1
    assert decide(replace(card, phase="scheduled")).step == len(card.steps) - 1


def test_what_is_not_proven_in_time_comes_back_as_a_question() -> None:
    late = canary("50", exposed_at=NOW - 28 * DAY)
    assert told(with_evidence(late, non_inferior=19.9)) == (Action.ASK, Reason.NOT_PROVEN)
    assert told(late) == (Action.ASK, Reason.NOT_PROVEN)
    assert told(with_evidence(late, harm_at_peak=25.0)) == (Action.ASK, Reason.NOT_PROVEN)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_proven": False}, Reason.UNDECIDED),
        ({"asks_before_all": True}, Reason.ASKED_FOR),
        ({"automatic_promotions": 2}, Reason.LIMIT),
    ],
)
def test_everything_at_once_is_asked_for_where_we_may_not_decide(changes: dict[str, Any], reason: Reason) -> None:
    assert told(canary("50")) == (Action.ADVANCE, Reason.PROMOTED)
    assert told(canary("50", **changes)) == (Action.ASK, reason)
    assert decide(canary("10", **changes)).action is Action.ADVANCE


def test_without_proof_of_no_harm_it_is_not_promoted() -> None:
    assert told(with_evidence(canary("50"), non_inferior=19.9)) == (Action.PAUSE, Reason.UNPROVEN)


# A/B


def test_an_interval_above_zero_ends_a_test_before_its_planned_size() -> None:
    assert told(compared(interval=(-0.01, 0.2))) == (Action.PAUSE, Reason.UNITS)
    assert told(compared(interval=(0.01, 0.2))) == (Action.ADVANCE, Reason.PROMOTED)


def test_an_interval_below_zero_ends_it_without_barring_the_version() -> None:
    decision = decide(compared(interval=(-0.2, -0.01)))
    assert (decision.action, decision.reason, decision.quarantines) == (Action.ABORT, Reason.WORSE, False)


@pytest.mark.parametrize(("harm", "action"), [(79.9, Action.PAUSE), (80.0, Action.ABORT)])
def test_where_the_interval_may_end_a_test_harm_spends_half_as_much(harm: float, action: Action) -> None:
    assert decide(compared(harm=harm)).action is action
    everyone = replace(compared(harm=harm), step=len(strategy("ab").steps(TRAFFIC)) - 1, phase="live")
    assert (decide(everyone).action is Action.ABORT) is (harm >= 80)  # also when the test is over


def test_a_full_test_without_a_winner_is_a_question() -> None:
    full = with_evidence(compared(interval=(-0.1, 0.1), non_inferior=2.0), units=20_000)
    assert told(full) == (Action.ASK, Reason.NOT_PROVEN)
    assert told(replace(full, stepped_at=NOW - DAY)) == (Action.PAUSE, Reason.TIME)


def test_the_interval_of_a_canary_only_informs() -> None:
    assert decide(with_evidence(canary(), interval=(-0.2, -0.01))).action is Action.ADVANCE


# Beside Argo Rollouts: its run ends successful, failed, inconclusive or error, each once there are more than the limit


@pytest.mark.parametrize(
    ("ended", "argo", "ours", "one"),
    [
        ("successful", "go on", Action.ADVANCE, canary()),
        ("failed, more than the limit (2)", "abort", Action.ABORT, canary(windows=windows(BREACH, BREACH, BREACH))),
        ("failed, at the limit (2)", "go on", Action.PAUSE, canary(windows=windows(BREACH, BREACH, OK))),
        ("inconclusive", "pause", Action.PAUSE, with_evidence(canary(), next_loss=None)),
        ("error, more than the limit (5)", "abort", Action.ABORT, canary(windows=windows(*[NO_DATA] * 6))),
        # From here on we differ: Argo lets these pass.
        ("error, at the limit (5)", "go on", Action.HOLD, canary(windows=windows(*[NO_DATA] * 5))),
        ("no measurement at all", "successful", Action.PAUSE, canary(windows=(), evidence=Evidence("randomised"))),
        ("not a number", "inconclusive", Action.HOLD, with_evidence(canary(), harm=nan)),
        ("blue-green out of time", "successful", Action.PAUSE, approval(stepped_at=NOW - 365 * DAY)),
    ],
)
def test_verdicts_lead_where_argo_rollouts_leads_except_where_it_fails_open(
    ended: str, argo: str, ours: Action, one: Situation
) -> None:
    assert decide(one).action is ours, f"{ended}; Argo Rollouts: {argo}"


# In every situation

FIGURE = st.one_of(
    st.sampled_from([1.0, 19.9, 20.0, 40.0, 80.0, 1_000.0, inf, nan, 0.0]), st.floats(0, 2_000), st.none()
)
RANGES = st.sampled_from(
    [{}, {}, {"orders": (-1.0, 1.0)}, {"orders": (-1.0, -0.5)}, {"orders": (nan, nan), "money": (0.5, 1.0)}]
)
CLASSES = st.frozensets(st.sampled_from(["weekday", "weekend"]))


@st.composite
def evidences(draw: st.DrawFn) -> Evidence:
    """Draw figures of any kind, some of them missing, many of them good."""
    good = st.sampled_from([1.0, 1.0, 1.0, 5.0])
    return Evidence(
        kind=draw(st.sampled_from(["randomised", "randomised", "paired", "none"])),
        units=draw(st.sampled_from([0, 900, 5_000, 50_000])),
        ratio=draw(st.one_of(good, FIGURE)),
        harm=draw(st.one_of(good, FIGURE)),
        harm_at_peak=draw(st.one_of(good, FIGURE)),
        guardrails=draw(st.dictionaries(st.sampled_from(["errors", "slow"]), st.one_of(good, FIGURE))),
        non_inferior=draw(st.one_of(st.just(30.0), FIGURE)),
        peak_blocks=draw(st.integers(0, 2)),
        peak_classes=draw(st.one_of(st.just(BOTH), CLASSES)),
        peak_classes_needed=draw(st.one_of(st.just(BOTH), CLASSES)),
        next_loss=draw(st.one_of(st.just(10.0), FIGURE)),
        interval=draw(st.one_of(st.none(), st.tuples(st.floats(-1, 1), st.floats(-1, 1)))),
        ranges=draw(RANGES),
        weeks=draw(st.integers(0, 12)),
        correlation=draw(st.one_of(st.none(), st.floats(-1, 1), st.just(nan))),
        has_decayed=draw(st.sampled_from([False, False, False, True])),
    )


@st.composite
def rows(draw: st.DrawFn) -> tuple:
    """Draw windows, well for the most part."""
    often = st.sampled_from([OK, OK, OK, OK, OK, OK, QUIET, BREACH, NO_DATA, DOWN])
    some = windows(*draw(st.lists(often, max_size=9)))
    rare = st.sampled_from([False] * 9 + [True])
    return tuple(replace(window, severe=draw(rare), broken="NaN" * draw(rare)) for window in some)


PROTECTIONS = st.builds(Protection, reaches_shoppers=st.booleans(), something_runs=st.booleans())


@st.composite
def any_situations(draw: st.DrawFn) -> tuple[str, Situation]:
    """Draw a strategy and a situation on one of its steps."""
    name = draw(st.sampled_from(sorted(STRATEGIES)))
    steps = strategy(name).steps(TRAFFIC)
    phases = ["staged", "shadow", "awaiting_approval", "scheduled", "canary", "canary", "canary", "live", "rejected"]
    hours = st.integers(-30, 24 * 40).map(lambda n: timedelta(hours=n))
    rarely = st.sampled_from([False, False, False, True])
    drawn = Situation(
        now=NOW,
        phase=draw(st.sampled_from(phases)),
        steps=steps,
        step=draw(st.integers(0, len(steps) - 1)),
        stepped_at=NOW - draw(hours),
        exposed_at=draw(st.one_of(st.none(), hours.map(lambda age: NOW - age))),
        maximum=strategy(name).maximum,
        windows=draw(rows()),
        evidence=draw(evidences()),
        is_proven=not draw(rarely),
        is_approved=draw(st.booleans()),
        is_paused=draw(rarely),
        held=draw(st.sampled_from(["", "", "", "a reason"])),
        frozen_until=draw(st.one_of(st.none(), hours.map(lambda age: NOW + age))),
        protection=draw(PROTECTIONS),
        yes_lasts=draw(st.one_of(st.none(), st.integers(1, 14).map(timedelta))),
        data_age=draw(st.one_of(st.just(DAY), st.none(), hours)),
        artifact_is_safe=not draw(st.sampled_from([False] * 9 + [True])),
        evidence_is_same=not draw(rarely),
        risk_budget=draw(st.one_of(st.just(100.0), st.none(), st.just(nan))),
        asks_before_all=draw(rarely),
        automatic_promotions=draw(st.integers(0, 3)),
        rolled_back_at=draw(st.one_of(st.none(), hours.map(lambda age: NOW - age))),
        clock_went_back=draw(rarely),
    )
    return name, drawn


GOOD_ONES = [
    canary("5"),
    canary("50"),
    alongside(),
    approval(is_approved=True),
    approval(phase="scheduled", is_approved=True),
]
ASKING = [
    canary("50", asks_before_all=True),
    canary("50", is_proven=False),
    canary("10", exposed_at=NOW - 30 * DAY, evidence=replace(canary().evidence, peak_blocks=0)),
    approval(phase="scheduled"),
]
MOVES = sorted({field.name for field in fields(Situation)} - {"now", "steps", "step", "phase", "evidence"})
FIGURES = sorted({field.name for field in fields(Evidence)} - {"kind"})


@st.composite
def nearly_good_situations(draw: st.DrawFn) -> tuple[str, Situation]:
    """Draw a situation that may go on but for a few things."""
    wild = draw(any_situations())[1]
    good = draw(st.sampled_from(GOOD_ONES))
    few = draw(st.sets(st.sampled_from(MOVES), max_size=2))
    figures = draw(st.sets(st.sampled_from(FIGURES), max_size=2))
    changed = replace(good, **{name: getattr(wild, name) for name in few})
    return "canary", with_evidence(changed, **{name: getattr(wild.evidence, name) for name in figures})


def answer(drawn: tuple[str, Situation]) -> Decision:
    return policy.decide(strategy(drawn[0]), drawn[1])


@given(any_situations())
def test_every_decision_says_why(drawn: tuple[str, Situation]) -> None:
    decision = answer(drawn)
    assert decision.reason in set(Reason)
    assert decision.sentence
    assert decision == answer(drawn)
    assert decision.alert in ("", "info", "warning", "critical")
    if decision.action is Action.ABORT:
        assert decision.alert


@given(nearly_good_situations())
def test_forward_is_one_way_up_and_never_from_a_standstill(drawn: tuple[str, Situation]) -> None:
    one, decision = drawn[1], answer(drawn)
    assume(decision.action is Action.ADVANCE)
    assert decision.step is not None
    assert decision.step > one.step
    assert one.steps[decision.step].weight >= one.at.weight
    assert one.artifact_is_safe
    assert one.evidence_is_same
    assert not (one.held or one.is_paused or one.clock_went_back or one.evidence.has_decayed)
    is_frozen = one.frozen_until is not None and one.frozen_until > NOW and one.protection.is_due
    assert not is_frozen or one.steps[decision.step].asks  # to ask moves nothing
    assert one.data_age is not None
    assert one.data_age <= timedelta(hours=26)


@given(st.sampled_from(ASKING), st.data())
def test_nobody_is_asked_for_a_yes_that_a_freeze_would_outlast(good: Situation, data: st.DataObject) -> None:
    frozen_until = data.draw(st.one_of(st.none(), st.integers(-2, 20).map(lambda days: NOW + days * DAY)))
    lasts = data.draw(st.one_of(st.none(), st.integers(1, 14).map(timedelta)))
    protection = data.draw(PROTECTIONS)
    decision = decide(replace(good, frozen_until=frozen_until, yes_lasts=lasts, protection=protection))
    holds = frozen_until is not None and frozen_until > NOW and protection.is_due
    if holds and lasts is not None and NOW + lasts <= frozen_until:
        assert (decision.action, decision.reason, decision.until) == (Action.HOLD, "frozen", frozen_until)
    else:
        assert decision.action is Action.ASK


HEALTHS = st.lists(st.sampled_from([OK, OK, QUIET, BREACH, NO_DATA, DOWN]), max_size=5)
ILL = st.sampled_from([(BREACH,), (BREACH, OK), (BREACH, OK, QUIET, OK), (NO_DATA,), (NO_DATA, QUIET), (DOWN, QUIET)])


@given(st.sampled_from(GOOD_ONES), HEALTHS, ILL)
def test_unhealthy_never_advances(good: Situation, before: list[Health], ill: tuple[Health, ...]) -> None:
    assert decide(good).action is Action.ADVANCE
    assert decide(replace(good, windows=windows(*before, *ill))).action is not Action.ADVANCE


@given(nearly_good_situations())
def test_inconclusive_never_advances_without_a_yes_to_this_card(drawn: tuple[str, Situation]) -> None:
    one, decision = drawn[1], answer(drawn)
    assume(decision.action is Action.ADVANCE)
    if decision.reason == Reason.APPROVED:
        assert one.is_approved
        assert one.at.asks or one.phase in ("awaiting_approval", "scheduled")
    else:
        assert not one.at.asks
        assert policy.judge(one) is Verdict.SUCCESSFUL


@given(nearly_good_situations())
def test_nobody_but_the_merchant_promotes_without_every_proof(drawn: tuple[str, Situation]) -> None:
    one, decision = drawn[1], answer(drawn)
    assume(decision.action is Action.ADVANCE and decision.reason != Reason.APPROVED and one.at.splits)
    evidence = one.evidence
    assert evidence.harm < 40
    assert evidence.harm_at_peak < 20
    assert evidence.next_loss is not None
    assert evidence.next_loss < (one.risk_budget or 0)
    assert evidence.peak_blocks >= 1
    if one.steps[decision.step or 0].weight == 100:
        assert evidence.non_inferior >= 20
        assert {"weekday", "weekend"} & evidence.peak_classes >= evidence.peak_classes_needed > set()
        assert one.is_proven
        assert not one.asks_before_all
        assert one.automatic_promotions < 2


@given(any_situations(), st.data())
def test_a_rollback_is_never_stopped_by_freeze_staleness_approval_or_pause(
    drawn: tuple[str, Situation], data: st.DataObject
) -> None:
    before = answer(drawn)
    assume(before.action is Action.ABORT)
    changes = {
        "frozen_until": data.draw(st.sampled_from([None, NOW + DAY])),
        "data_age": data.draw(st.sampled_from([None, timedelta(0), 9 * DAY])),
        "is_approved": data.draw(st.booleans()),
        "is_paused": data.draw(st.booleans()),
        "held": data.draw(st.sampled_from(["", "held"])),
        "evidence_is_same": data.draw(st.booleans()),
        "clock_went_back": data.draw(st.booleans()),
        "asks_before_all": data.draw(st.booleans()),
    }
    assert answer((drawn[0], replace(drawn[1], **changes))) == before


@given(any_situations())
def test_what_is_live_is_left_alone_or_taken_away(drawn: tuple[str, Situation]) -> None:
    one = replace(drawn[1], phase="live", step=len(drawn[1].steps) - 1)
    assert answer((drawn[0], one)).action in (Action.PAUSE, Action.HOLD, Action.ABORT)


@given(st.lists(st.sampled_from([OK, QUIET, NO_DATA, DOWN])))
def test_silence_alone_never_takes_away_what_is_live(healths: list[Health]) -> None:
    assert decide(live(windows=windows(*healths))).action is not Action.ABORT


@given(nearly_good_situations(), st.sampled_from(["ratio", "harm", "harm_at_peak", "non_inferior", "next_loss"]))
def test_a_missing_figure_never_helps(drawn: tuple[str, Situation], name: str) -> None:
    blind = with_evidence(drawn[1], **{name: nan})
    assert answer((drawn[0], blind)).action is not Action.ADVANCE


@given(any_situations())
def test_the_verdict_and_the_strategy_agree_with_what_is_done(drawn: tuple[str, Situation]) -> None:
    name, one = drawn
    assume(one.phase in claims.OPEN and one.at.weight < 100)
    verdict, action = policy.judge(one), answer(drawn).action
    assert (verdict is Verdict.FAILED) == (action is Action.ABORT)
    if verdict is Verdict.FAILED:
        assert strategy(name).decide(one.at, verdict) is Action.ABORT
    if verdict is Verdict.ERROR:
        assert action is Action.HOLD
        assert strategy(name).decide(one.at, verdict) is Action.PAUSE
