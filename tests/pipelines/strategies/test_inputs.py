"""What models are told moves a release only where it breaks, or where the merchant chose a size of drift."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.strategies import Action, Situation, Told, inputs, policy, strategy
from pipelines.strategies.reasons import Reason
from tests.pipelines.strategies.situations import DOWN, NOW, OK, alongside, approval, canary, live, windows

FAR, NEAR, BROKEN, UNKNOWN = Told(0.4), Told(0.01), Told(0.0, is_broken=True), Told()
STALE = timedelta(hours=27)
SITUATIONS = (live, canary, alongside, approval)
figures = st.none() | st.floats(allow_nan=True, allow_infinity=True)
whole = st.lists(st.builds(Told, index=figures), max_size=9).map(tuple)
seen = st.lists(st.builds(Told, index=figures, is_broken=st.booleans()), max_size=9).map(tuple)


def decide(one: Situation):
    return policy.decide(strategy("canary"), one)


@given(st.sampled_from(SITUATIONS), st.dictionaries(st.text(max_size=4), whole, max_size=4))
def test_without_a_choice_no_drift_whatever_moves_or_holds_a_release(make, told) -> None:
    assert decide(make(inputs=told)) == decide(make())


@given(st.dictionaries(st.text(max_size=4), seen, max_size=3), st.none() | st.floats(0.01, 10))
def test_on_stale_data_and_while_nothing_is_seen_nothing_that_is_told_acts(told, limit) -> None:
    for blind in ({"data_age": STALE}, {"data_age": None}, {"windows": windows(OK, OK, DOWN)}):
        assert decide(live(inputs=told, drift_limit=limit, **blind)) == decide(live(**blind))


@given(seen, st.floats(0.01, 10))
def test_what_is_not_known_now_never_acts(told, limit) -> None:
    told = {"prices": (*told, UNKNOWN)}
    for make in SITUATIONS:
        assert decide(make(inputs=told, drift_limit=limit)) == decide(make())


@given(seen, st.floats(0.01, 10))
def test_fewer_than_three_windows_never_act(told, limit) -> None:
    assert decide(live(inputs={"prices": told[:2]}, drift_limit=limit)) == decide(live())


@pytest.mark.parametrize(
    ("told", "limit", "acts"),
    [
        ((FAR, FAR, FAR), 0.25, True),
        ((FAR, NEAR, FAR, NEAR, FAR), 0.25, True),
        ((FAR, UNKNOWN, FAR, UNKNOWN, FAR), 0.25, True),
        ((FAR, FAR, NEAR, FAR, NEAR, NEAR, FAR), 0.25, False),  # two of the last five
        ((FAR, FAR, FAR, NEAR), 0.25, False),  # it is over
        ((FAR, FAR, FAR), 0.5, False),
        ((FAR, FAR, FAR), None, False),
        ((FAR, FAR, FAR), nan, False),
        ((Told(nan), Told(nan), Told(nan)), 0.25, False),
        ((Told(inf),) * 3, 0.25, True),
    ],
)
def test_a_lasting_drift_of_the_chosen_size_takes_what_is_live_back(told, limit, acts) -> None:
    decision = decide(live(inputs={"prices": told}, drift_limit=limit))
    assert (decision.action is Action.ABORT) is acts
    if acts:
        assert (decision.reason, decision.alert, decision.quarantines) == (Reason.DRIFT, "critical", False)
        assert decision.sentence == "You chose to go back on a drift of 0.25 and more that lasts: prices."


@pytest.mark.parametrize("make", [canary, alongside, approval])
def test_a_drift_leaves_what_is_on_its_way_alone(make) -> None:
    assert decide(make(inputs={"prices": (FAR,) * 5}, drift_limit=0.25)) == decide(make())


def test_broken_data_is_a_guardrail_without_any_choice() -> None:
    decision = decide(live(inputs={"prices": (BROKEN, NEAR, BROKEN, BROKEN), "sales": (BROKEN, BROKEN)}))
    assert (decision.action, decision.reason, decision.quarantines) == (Action.ABORT, Reason.INPUTS, False)
    assert decision.sentence == "Broken data in 3 of 5 windows: prices. It went back to be safe."


@pytest.mark.parametrize("make", [canary, alongside])
def test_on_broken_data_nothing_new_moves(make) -> None:
    decision = decide(make(inputs={"prices": (BROKEN,) * 3}))
    assert (decision.action, decision.reason) == (Action.HOLD, Reason.INPUTS) and "prices" in decision.sentence


def test_a_second_way_back_by_drift_waits_for_the_cooldown() -> None:
    lately = live(inputs={"prices": (FAR,) * 3}, drift_limit=0.25, rolled_back_at=NOW - timedelta(hours=23))
    assert (decide(lately).action, decide(lately).reason) == (Action.PAUSE, Reason.COOLDOWN)
    assert decide(replace(lately, rolled_back_at=NOW - timedelta(hours=25))).action is Action.ABORT


def test_many_names_fit_into_the_ledger() -> None:
    told = {f"feature number {number}": (BROKEN,) * 3 for number in range(40)}
    assert len(decide(live(inputs=told)).sentence) <= 200 and len(inputs.broken(live(inputs=told))) == 40
