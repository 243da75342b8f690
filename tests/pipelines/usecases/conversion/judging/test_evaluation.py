"""A version is judged on days that it did not know, by kind, step and hour, beside the usual share and the live one."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.lifecycle.versions import gates
from pipelines.lifecycle.versions.gates import Measured, Outcome
from pipelines.usecases import conversion
from pipelines.usecases.contract import Frames
from pipelines.usecases.conversion import model
from pipelines.usecases.conversion.judging import evaluation
from pipelines.usecases.conversion.judging.evaluation import at_peak, evaluate, origins, usual
from tests.pipelines.usecases.conversion import shop


@pytest.fixture(scope="module")
def figures() -> dict:
    return evaluate(shop.frames(49, 70), seed=1).as_dict()


def test_it_is_surer_than_the_usual_share_in_all_and_after_one_three_and_five_steps(figures: dict) -> None:
    assert figures["candidate"]["log_loss"] < figures["baseline"]["log_loss"]
    for events in (3, 5):
        told = figures["slices"][f"events_{events}"]
        assert told["candidate"]["log_loss"] < told["baseline"]["log_loss"]
    assert figures["slices"].keys() >= {"session", "checkout", "peak", "off_peak", "events_1"}
    assert figures["slices"]["session"]["candidate"]["rows"] > figures["slices"]["checkout"]["candidate"]["rows"] > 0
    assert {name: len(by["candidate"]) for name, by in figures["by_origin"].items()}["all"] == 4


def test_its_gates_find_all_that_they_ask_for(figures: dict) -> None:
    found = gates.gates_of(Measured(conversion.USE_CASE, figures, {"verdict": "not_measured", "reason": "none"}))
    told = {gate.name: gate for gate in found}
    for limit in conversion.USE_CASE.gates.limits:
        assert told[limit.name].verdict is Outcome.PASSED
    assert told["Visits beside the best simple rule"].verdict is Outcome.PASSED
    assert "Peak hours beside the best simple rule" in told and "Checkouts beside the best simple rule" in told


def test_every_origin_and_its_days_were_over(figures: dict) -> None:
    last = max(date.fromisoformat(each) for each in figures["origins"]) + timedelta(days=figures["horizon"])
    assert last == shop.LAST_DAY - timedelta(days=1)


def test_who_knows_too_much_at_a_first_step_is_refused() -> None:
    """A column that is filled in after the order, told by steps of the cart so that training lets it pass."""
    told = shop.frames(40, 60)["moments"]
    random = np.random.default_rng(0)
    knows = (told["waited"] <= 24).to_numpy() & (random.random(len(told)) < 0.85)
    leaking = told.assign(value=np.where(knows, 9_000, 0) + 100 * (random.random(len(told)) < 0.03))
    figures = evaluate(shop.of(leaking)).as_dict()
    found = gates.gates_of(Measured(conversion.USE_CASE, figures, {}))
    (gate,) = (gate for gate in found if gate.name == "Knows nothing of the outcome")
    refused = model.fit(shop.of(leaking)).heads["session"].refused
    assert gate.verdict is Outcome.FAILED or "value" in refused


def test_a_live_version_speaks_of_the_days_that_it_did_not_know() -> None:
    frames = shop.frames(49, 40)
    live = model.fit(Frames(frames.tables, shop.LAST_DAY - timedelta(days=20), "GB"))
    bad = model.Fitted(live.asof, 0, {of: spoilt(head) for of, head in live.heads.items()})
    told = evaluate(frames, champion=bad).as_dict()
    ours, theirs = (told["by_origin"]["all"][who] for who in ("candidate", "champion"))
    assert ours[0] == theirs[0] and theirs[-1] > ours[-1]
    assert told["champion"]["log_loss"] > told["candidate"]["log_loss"]


def spoilt(head):
    import dataclasses

    return dataclasses.replace(head, moved=dataclasses.replace(head.moved, shift=2.0))


def test_the_usual_share_is_that_of_the_last_four_weeks_by_kind() -> None:
    days = pd.to_datetime(["2026-10-01", "2026-11-20", "2026-11-20", "2026-11-20"])
    before = pd.DataFrame({"of": ["session"] * 3 + ["checkout"], "ds": days, "came": [1.0, 0.0, 1.0, 1.0]})
    later = pd.DataFrame({"of": ["checkout", "session"]})
    assert usual(before, later, shop.LAST_DAY).tolist() == [0.75, 0.5]


def test_peak_hours_are_those_that_sold_most_before() -> None:
    before = pd.DataFrame({"of": "checkout", "came": 1.0, "weekday": 2, "hour": [20, 9], "value": [900.0, 100.0]})
    later = pd.DataFrame({"weekday": [3, 3, 6, None], "hour": [20, 9, 20, 20]})
    assert at_peak(before, later).tolist() == [True, False, False, False]
    assert not at_peak(before.drop(columns="value"), later).any()


def test_a_short_history_has_few_origins_and_none_before_it_begins() -> None:
    cuts, horizon = origins(shop.frames(14, 10))
    assert horizon == 1 and len(cuts) == evaluation.ORIGINS
    assert origins(shop.of(shop.frames(14, 10)["moments"].iloc[:0])) == ([], 1)
