"""A version is judged beside no offer, the best single offer and what runs, on decisions that it did not learn from."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pipelines.lifecycle.versions import gates
from pipelines.lifecycle.versions.gates import Measured, Outcome
from pipelines.usecases import offers
from pipelines.usecases.contract import Frames
from pipelines.usecases.offers import model
from pipelines.usecases.offers.answering.scorer import score
from pipelines.usecases.offers.judging import evaluation
from pipelines.usecases.offers.judging.evaluation import BASELINE, evaluate
from pipelines.usecases.offers.judging.replay import replay
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.shop import Market

GOOD = Market(offers={11: (0.1, 400.0), 12: (0.25, 900.0), 13: (0.05, 500.0)}, explore=0.8)


def told(frames: Frames, **asked: Any) -> dict[str, Any]:
    return evaluate(frames, **asked).as_dict()


def test_figures_are_stored_beside_no_offer_and_the_best_single_one() -> None:
    figures = told(shop.frames(9_000, days=60, market=GOOD))
    json.dumps(figures, allow_nan=False)
    assert figures["counted"] == "profit" and figures[BASELINE] == figures["no_offer"]
    assert figures["candidate"]["needed"] < 0.7 * figures["no_offer"]["needed"]
    assert figures["against"]["no_offer"]["range"][0] > 0 and figures["candidate"]["shown"] > 0.95
    assert figures["candidate"]["value"] == pytest.approx(0.25 * 900 + 0.75 * 100, rel=0.2)
    assert figures["evidence"] == "enough" and len(figures["by_origin"]["all"]["candidate"]) == 3


def test_without_money_what_offers_earned_counts_and_the_best_single_one_is_the_bar() -> None:
    frames = shop.frames(6_000, days=60)
    unknown = Frames(dict(frames.tables) | {"decisions": frames["decisions"].assign(profit=np.nan)}, frames.asof)
    figures = told(unknown)
    assert figures["counted"] == "earned" and figures[BASELINE] == figures["best_offer"]
    assert figures["no_offer"]["value"] == 0 and figures["simple_rule_words"] == "always the best single offer"


def test_nothing_that_earns_nothing_or_was_not_open_is_ever_chosen() -> None:
    frames = shop.frames(3_000, days=60)
    odd = frames["decisions"].assign(margins="-600,500,0")
    odd["eligible"], odd["margins"] = odd["eligible"].astype(object), odd["margins"].astype(object)
    narrow = (odd["unique_id"] % 2 == 0) & odd["offer"].isin([0, 12])
    odd.loc[narrow, ["eligible", "margins"]] = ["12", "500"]
    figures = told(Frames(dict(frames.tables) | {"decisions": odd}, frames.asof))
    assert figures["candidate"]["not_open"] == 0
    assert figures["not_open_range"] == [0, 0] and figures["worthless"] == int((~narrow).sum())


def test_parts_with_too_few_shoppers_count_as_none() -> None:
    frames = shop.frames(6_000, days=60, market=GOOD)
    nobody = Frames(dict(frames.tables) | {"decisions": frames["decisions"].assign(is_returning=0)}, frames.asof)
    slices = told(nobody)["slices"]
    assert slices["returning"]["candidate"] == {"needed": None, "value": None, "series": 0.0}
    assert slices["newcomers"]["candidate"]["needed"] is not None and set(slices["phones"]) >= {"candidate", BASELINE}


def test_before_any_decision_everything_is_unknown() -> None:
    figures = told(Frames({"decisions": shop.decisions(0), "offers": shop.offers()}, shop.LAST_DAY))
    json.dumps(figures, allow_nan=False)
    assert figures["candidate"]["needed"] is None and figures["origins"] == [] and figures["evidence"] == "thin"


def test_offers_that_are_gone_are_told_without_a_kind() -> None:
    frames = shop.frames(2_000)
    gone = Frames(dict(frames.tables) | {"offers": frames["offers"][frames["offers"]["offer_id"] != 12]}, frames.asof)
    kinds = {each["offer"]: each["kind"] for each in told(gone)["offers"]}
    assert kinds == {11: "code", 12: "", 13: "product"}


class TestItsGates:
    """The shared gates read what is stored, and hold a version to it."""

    def judged(self, frames: Frames, live: int | None = None) -> dict[str, gates.Gate]:
        fitted = model.fit(frames)
        champion = fitted if live else None
        metrics = told(frames, champion=champion) | {
            "leakage": {"rows": 10, "changed": 0},
            "serving": {"seconds": 0.1, "units": 10, "bytes": 1_000},
            "compared_with": live,
        }
        past = replay(frames, fitted, champion=champion).as_dict()
        return {gate.name: gate for gate in gates.gates_of(Measured(offers.USE_CASE, metrics, past, live))}

    def test_a_good_version_passes_all(self) -> None:
        found = self.judged(shop.frames(9_000, days=60, market=GOOD))
        assert {gate.name: gate.text for gate in found.values() if gate.verdict is not Outcome.PASSED} == {}

    def test_one_that_chooses_as_what_runs_is_worth_as_much(self) -> None:
        found = self.judged(shop.frames(9_000, days=60, market=GOOD), live=3)
        assert found["Worth no less than what runs now"].verdict is Outcome.PASSED
        assert {gate.verdict for gate in found.values()} == {Outcome.PASSED}

    def test_before_any_decision_nothing_is_proven_and_nothing_refused(self) -> None:
        frames = Frames({"decisions": shop.decisions(0), "offers": shop.offers()}, shop.LAST_DAY)
        found = self.judged(frames)
        assert {gate.verdict for gate in found.values()} == {Outcome.PASSED, Outcome.OPEN}
        assert "too few decisions" in found["Worth money on your own past"].text

    @pytest.mark.parametrize("margin", [None, 0])
    def test_a_scorer_that_shows_what_was_not_open_or_earns_nothing_refuses_it(
        self, monkeypatch: pytest.MonkeyPatch, margin: int | None
    ) -> None:
        told = shop.frames(9_000, days=60, market=GOOD)
        if margin is not None:
            rows = told["decisions"].assign(eligible="11,12,13,99", margins=f"400,900,500,{margin}")
            told = Frames(dict(told.tables) | {"decisions": rows}, told.asof)
        asked = []

        def careless(parameters: dict[str, Any], question: dict[str, Any]) -> dict[str, Any]:
            asked.append(question)
            return score(parameters, question) | ({"offer": 99} if len(asked) % 4 == 0 else {})

        monkeypatch.setattr(evaluation, "score", careless)
        gate = self.judged(told)["Offers only what is open and earns"]
        assert gate.verdict is Outcome.FAILED and "in 25.0 % of them" in gate.text
        assert len(asked) == evaluation.ASKED

    def test_sayings_far_from_what_came_refuse_it(self) -> None:
        frames = shop.frames(9_000, days=60, market=GOOD)
        rows = frames["decisions"]
        late = rows["ds"] > rows["ds"].max() - np.timedelta64(29, "D")
        fewer = rows["accepted"].where(~late | (rows["unique_id"] % 3 == 0), 0.0).where(rows["accepted"].notna())
        odd = Frames(dict(frames.tables) | {"decisions": rows.assign(accepted=fewer)}, frames.asof)
        gate = self.judged(odd)["As many accepted as said"]
        assert gate.verdict is Outcome.FAILED and "on the high side" in gate.text
