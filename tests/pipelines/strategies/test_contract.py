"""What every strategy promises, checked for every strategy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines.strategies import STRATEGIES, Action, Split, Step, Strategy, Traffic, Verdict, plan, strategy

TRAFFIC = Traffic("randomised", units_a_day=5_000, rate=0.03)
EVERY = pytest.mark.parametrize("rule", STRATEGIES.values(), ids=list(STRATEGIES))


@EVERY
def test_it_is_found_by_its_name(rule: Strategy) -> None:
    assert strategy(rule.name) is rule


@EVERY
def test_weights_add_to_100_on_every_step(rule: Strategy) -> None:
    for step in rule.steps(TRAFFIC):
        split = rule.split(step)
        assert split.stable + split.canary == 100


@EVERY
def test_the_last_step_gives_the_new_version_everything(rule: Strategy) -> None:
    assert rule.split(rule.steps(TRAFFIC)[-1]) == Split(stable=0, canary=100)


@EVERY
def test_nobody_sees_the_new_version_before_the_merchant_was_asked(rule: Strategy) -> None:
    asked = False
    for step in rule.steps(TRAFFIC):
        assert asked or rule.split(step).canary == 0
        asked = asked or step.asks
    assert asked


@EVERY
def test_a_failed_analysis_aborts_on_every_step(rule: Strategy) -> None:
    assert {rule.decide(step, Verdict.FAILED) for step in rule.steps(TRAFFIC)} == {Action.ABORT}


@EVERY
@pytest.mark.parametrize("verdict", [Verdict.INCONCLUSIVE, Verdict.ERROR])
def test_without_evidence_nothing_advances(rule: Strategy, verdict: Verdict) -> None:
    for step in rule.steps(TRAFFIC):
        assert rule.decide(step, verdict) in (Action.ASK, Action.PAUSE)


@EVERY
def test_a_step_that_asks_is_never_left_without_an_answer(rule: Strategy) -> None:
    for step in rule.steps(TRAFFIC):
        if step.asks:
            assert rule.decide(step, Verdict.SUCCESSFUL) is Action.ASK


@EVERY
def test_its_steps_survive_storage(rule: Strategy) -> None:
    assert tuple(Step.from_dict(step.as_dict()) for step in rule.steps(TRAFFIC)) == rule.steps(TRAFFIC)


@EVERY
def test_it_is_over_some_day(rule: Strategy) -> None:
    assert 0 < rule.maximum.days <= 60


def test_a_split_that_does_not_add_up_is_refused() -> None:
    for stable, canary in ((50, 60), (-1, 101)):
        with pytest.raises(ValueError, match="add to 100"):
            Split(stable, canary)


def test_the_one_that_suits_is_one_of_them() -> None:
    assert plan(TRAFFIC).strategy in STRATEGIES


def test_strategies_are_standard_library_only() -> None:
    code = "import sys, pipelines.strategies; print([m for m in ('django', 'numpy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
