"""The scenarios of the release policy that need no database, on a fake clock; each test names its own."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import prod
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.stats.clock import hours_of_day
from pipelines.strategies import Action, Decision, Situation, limits, policy, strategy
from pipelines.strategies.freezing import Protection
from tests.pipelines.strategies.situations import (
    BREACH,
    DOWN,
    NO_DATA,
    NOW,
    OK,
    QUIET,
    alongside,
    approval,
    canary,
    live,
    windows,
    with_evidence,
)

# What takes rows, files or deliveries is tested where those are.
ELSEWHERE = {"P07", "P11", "P12", "P16", "P17", "P22", "P23"}
HOUR = timedelta(hours=1)


def decide(situation: Situation) -> Decision:
    """Ask the policy about a canary."""
    return policy.decide(strategy("canary"), situation)


def told(situation: Situation) -> tuple[Action, str]:
    """Say what is done, and why."""
    decision = decide(situation)
    return decision.action, decision.reason


def test_every_scenario_has_its_place(shared: Path) -> None:
    known = {case["id"].split()[0] for case in json.loads((shared / "policy_scenarios.json").read_text())["scenarios"]}
    here = {name.split("_")[1].upper() for name in globals() if name.startswith("test_p") and name[6:8].isdigit()}
    assert known == here | ELSEWHERE
    assert not here & ELSEWHERE


def test_p01_two_windows_without_data_hold_a_canary_and_alert() -> None:
    decision = decide(canary(windows=windows(OK, NO_DATA, NO_DATA)))
    assert (decision.action, decision.reason, decision.alert) == (Action.HOLD, "metric_missing", "warning")
    assert "Nothing has been heard" in decision.sentence


def test_p01_one_window_without_data_does_not_move_it_either() -> None:
    assert told(canary(windows=windows(OK, OK, NO_DATA))) == (Action.PAUSE, "recovering")


def test_p02_six_windows_without_data_take_it_away_and_it_may_come_again() -> None:
    decision = decide(canary(windows=windows(*[NO_DATA] * 6)))
    assert (decision.action, decision.reason, decision.quarantines) == (Action.ABORT, "no_data", False)


def test_p02_five_only_hold() -> None:
    assert told(canary(windows=windows(*[NO_DATA] * 5))) == (Action.HOLD, "metric_missing")


def test_p02_a_quiet_night_neither_counts_nor_resets() -> None:
    assert decide(canary(windows=windows(*[QUIET] * 8))).action is Action.ADVANCE
    broken_up = windows(NO_DATA, NO_DATA, QUIET, NO_DATA, QUIET, NO_DATA, NO_DATA, NO_DATA)
    assert told(canary(windows=broken_up)) == (Action.ABORT, "no_data")


def test_p03_a_dead_monitor_holds_pages_and_leaves_live_alone() -> None:
    for situation in (canary(), alongside(), approval(is_approved=True), live()):
        decision = decide(replace(situation, windows=windows(OK, *[DOWN] * 12)))
        assert (decision.action, decision.reason, decision.alert) == (Action.HOLD, "monitor_down", "critical")


def test_p03_a_silent_canary_is_not_taken_away_while_the_monitor_is_down() -> None:
    assert told(canary(windows=windows(*[NO_DATA] * 6, DOWN))) == (Action.HOLD, "monitor_down")


def test_p03_what_is_live_is_not_taken_away_for_silence() -> None:
    assert told(live(windows=windows(*[NO_DATA] * 12))) == (Action.HOLD, "metric_missing")


@pytest.mark.parametrize("situation", [canary(), live()], ids=["canary", "live"])
def test_p04_flapping_gives_one_warning_and_no_rollback(situation: Situation) -> None:
    decision = decide(replace(situation, windows=windows(BREACH, OK, BREACH, OK, OK)))
    assert (decision.action, decision.reason, decision.alert) == (Action.PAUSE, "flapping", "warning")


@pytest.mark.parametrize("situation", [canary(), live()], ids=["canary", "live"])
def test_p05_three_of_five_windows_roll_back(situation: Situation) -> None:
    decision = decide(replace(situation, windows=windows(BREACH, BREACH, OK, BREACH)))
    assert (decision.action, decision.reason, decision.quarantines) == (Action.ABORT, "breach", True)


def test_p05_old_breaches_are_forgotten() -> None:
    assert decide(canary(windows=windows(BREACH, BREACH, OK, OK, OK, OK, BREACH))).action is Action.PAUSE


def test_p05_a_release_that_is_over_is_not_rolled_back_again() -> None:
    assert told(canary(phase="rolled_back", windows=windows(*[BREACH] * 5))) == (Action.PAUSE, "closed")


def test_p06_within_a_day_of_a_rollback_a_breach_only_alerts() -> None:
    breach = live(windows=windows(BREACH, BREACH, BREACH), rolled_back_at=NOW - 2 * HOUR)
    decision = decide(breach)
    assert (decision.action, decision.reason, decision.alert) == (Action.PAUSE, "cooldown", "critical")
    assert decide(replace(breach, rolled_back_at=NOW - 24 * HOUR)).action is Action.ABORT


def test_p06_great_harm_goes_back_even_then() -> None:
    breach = live(windows=windows(BREACH, BREACH, BREACH), rolled_back_at=NOW - 2 * HOUR)
    assert decide(with_evidence(breach, kind="randomised", harm=999.0)).reason == "cooldown"
    assert told(with_evidence(breach, kind="randomised", harm=1_000.0)) == (Action.ABORT, "harm")


def test_p08_an_approved_release_waits_for_the_end_of_the_freeze() -> None:
    until = NOW + timedelta(days=5)
    decision = decide(approval(is_approved=True, frozen_until=until))
    assert (decision.action, decision.reason, decision.until) == (Action.HOLD, "frozen", until)


def test_p08_a_freeze_holds_nothing_where_only_the_simple_rule_runs_and_no_shopper_sees_it() -> None:
    held = approval(is_approved=True, frozen_until=NOW + timedelta(days=5))
    for seen, runs in ((True, False), (False, True), (True, True)):
        protected = Protection(reaches_shoppers=seen, something_runs=runs)
        assert told(replace(held, protection=protected)) == (Action.HOLD, "frozen")
    nothing = Protection(reaches_shoppers=False, something_runs=False)
    assert told(replace(held, protection=nothing)) == (Action.ADVANCE, "approved")


def test_p08_nobody_is_asked_while_a_freeze_outlasts_any_yes() -> None:
    question = replace(alongside(), frozen_until=NOW + timedelta(days=7), yes_lasts=timedelta(days=7))
    decision = decide(question)
    assert (decision.action, decision.reason, decision.until) == (Action.HOLD, "frozen", NOW + timedelta(days=7))
    nothing = Protection(reaches_shoppers=False, something_runs=False)
    for change in ({"yes_lasts": timedelta(days=7, seconds=1)}, {"frozen_until": NOW}, {"protection": nothing}):
        asks = decide(replace(question, **change))
        assert (asks.action, question.steps[asks.step].asks) == (Action.ADVANCE, True)


def test_p08_it_goes_on_by_itself_when_the_freeze_is_over_and_stays_when_the_approval_is() -> None:
    over = approval(phase="scheduled", is_approved=True, frozen_until=NOW, held="Frozen")
    assert told(over) == (Action.PAUSE, "resumed")
    assert told(replace(over, held="")) == (Action.ADVANCE, "approved")
    assert told(replace(over, held="", is_approved=False)) == (Action.ASK, "approval_needed")


def test_p09_a_rollback_goes_through_inside_a_freeze() -> None:
    frozen = NOW + timedelta(days=5)
    for situation in (canary(frozen_until=frozen), live(frozen_until=frozen)):
        assert told(replace(situation, windows=windows(BREACH, BREACH, BREACH))) == (Action.ABORT, "breach")


def test_p10_an_approval_of_something_else_blocks() -> None:
    decision = decide(approval(is_approved=True, evidence_is_same=False))
    assert (decision.action, decision.reason, decision.alert) == (Action.HOLD, "evidence_changed", "critical")


def harm_of(blocks: list[tuple[int, int, int, int]]) -> float:
    """Work out the exact e-process of harm slowly, from (control units, orders, canary units, orders) per block."""
    e, seen = 1.0, [0, 0, 0, 0]
    for block in blocks:
        control, a_orders, shown, b_orders = block
        a = (seen[1] + 0.18) / (seen[0] + 0.36)
        b = min((seen[3] + 0.18) / (seen[2] + 0.36), a)
        t = (control * a + shown * b) / (control + shown)
        factors = ((a, control, a_orders), (b, shown, b_orders))
        e *= prod((p / t) ** x * ((1 - p) / (1 - t)) ** (n - x) for p, n, x in factors)
        seen = [before + now for before, now in zip(seen, block, strict=True)]
    return e


def test_p13_a_canary_without_a_single_order_is_taken_away_after_the_sixth_block() -> None:
    values = [harm_of([(500, 10, 50, 0)] * blocks) for blocks in range(1, 7)]
    assert [round(value, 1) for value in values[:5]] == [1.0, 2.2, 5.3, 13.0, 32.5]
    actions = [decide(with_evidence(canary(), harm=value)).action for value in values]
    assert Action.ABORT not in actions[:5]
    assert actions[5] is Action.ABORT


def test_p14_a_wrong_split_gives_no_verdict_either_way() -> None:
    mismatch = with_evidence(canary(), ratio=4.1e6)
    assert told(mismatch) == (Action.HOLD, "ratio")
    worst = with_evidence(mismatch, harm=1e9, guardrails={"errors": 1e9})
    assert told(worst) == (Action.HOLD, "ratio")
    assert told(with_evidence(canary(), ratio=999.0))[0] is Action.ADVANCE


def test_p14_not_even_the_merchant_promotes_over_it() -> None:
    card = canary(phase="awaiting_approval", is_approved=True)
    assert decide(card).action is Action.ADVANCE
    assert told(with_evidence(card, ratio=1_000.0)) == (Action.HOLD, "ratio")


def test_p15_blocks_that_are_not_closed_give_no_verdict_and_guardrails_still_act() -> None:
    immature = with_evidence(canary(), units=0, next_loss=None, peak_blocks=0, non_inferior=1.0)
    assert told(immature) == (Action.PAUSE, "units_needed")
    assert told(replace(immature, windows=windows(BREACH, BREACH, BREACH))) == (Action.ABORT, "breach")


def test_p18_stale_data_holds_every_move_forward() -> None:
    for situation in (canary(), canary("50"), alongside(), approval(is_approved=True)):
        assert decide(replace(situation, data_age=26 * HOUR)).action is Action.ADVANCE
        assert told(replace(situation, data_age=30 * HOUR)) == (Action.HOLD, "stale_data")
        assert told(replace(situation, data_age=None)) == (Action.HOLD, "stale_data")


def test_p18_and_no_move_back() -> None:
    stale = canary(data_age=30 * HOUR, windows=windows(BREACH, BREACH, BREACH))
    assert told(stale) == (Action.ABORT, "breach")


def test_p19_without_a_peak_no_step_is_left() -> None:
    assert told(with_evidence(canary(), peak_blocks=0)) == (Action.PAUSE, "peak_needed")


def test_p19_promotion_takes_a_peak_of_each_kind_of_day() -> None:
    assert told(canary("50")) == (Action.ADVANCE, "promoted")
    weekday = with_evidence(canary("50"), peak_classes=frozenset({"weekday"}))
    assert told(weekday) == (Action.PAUSE, "peak_classes_needed")
    unknown = with_evidence(canary("50"), peak_classes_needed=frozenset())
    assert told(unknown) == (Action.PAUSE, "peak_classes_needed")
    assert decide(with_evidence(canary("10"), peak_classes=frozenset({"weekday"}))).action is Action.ADVANCE


def test_p20_a_ramp_while_the_rate_falls_is_no_harm() -> None:
    steps = [(60_000, 1_800, 6_000, 180), (60_000, 900, 60_000, 900)]
    stratified = prod(harm_of([tuple(figure // 20 for figure in step)] * 20) for step in steps)
    assert stratified < limits.HARM
    assert decide(with_evidence(canary(), harm=stratified)).action is Action.ADVANCE


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 11, 1), 25), (date(2026, 3, 8), 23), (date(2026, 7, 1), 24)])
def test_p21_a_day_on_which_the_clock_changes_has_the_hours_that_it_has(day: date, hours: int) -> None:
    found = list(hours_of_day(day, ZoneInfo("America/New_York")))
    assert len(found) == len(set(found)) == hours
    assert all(hour.ends_at - hour.starts_at == HOUR for hour in found)
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found))
    assert found[0].starts_at.tzinfo is UTC
    assert datetime(day.year, day.month, day.day, 12, tzinfo=UTC) in {hour.starts_at for hour in found}


@pytest.mark.parametrize("situation", [canary(), alongside(), approval(is_approved=True), live()])
def test_p24_unsafe_files_are_taken_away_and_barred_wherever_they_are(situation: Situation) -> None:
    decision = decide(replace(situation, artifact_is_safe=False, rolled_back_at=NOW - HOUR))
    assert (decision.action, decision.reason, decision.quarantines) == (Action.ABORT, "unsafe_artifact", True)
