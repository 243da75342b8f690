"""A version begins with what any offer is like, learns from what is known, and copes with odd histories."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipelines.usecases.contract import PARAMETERS, Frames, NotEnoughHistory
from pipelines.usecases.offers import model
from pipelines.usecases.offers.answering.scorer import score
from pipelines.usecases.offers.decisions import decisions_of
from pipelines.usecases.offers.learning.context import context_of
from pipelines.usecases.offers.learning.prior import WEAK
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.shop import Market


def changed(frames: Frames, **columns: Any) -> Frames:
    return Frames(dict(frames.tables) | {"decisions": frames["decisions"].assign(**columns)}, frames.asof)


def answers(frames: Frames) -> list[dict[str, Any]]:
    """Ask a version all that was asked."""
    parameters = json.loads(model.dump(model.fit(frames))[PARAMETERS])
    return [score(parameters, question) for question in model.questions(frames)]


def test_it_says_what_the_scorer_says_with_and_without_who_asks() -> None:
    frames = shop.frames(800)
    plain = model.fit(frames)
    many = decisions_of(shop.frames(6_000)).decisions
    with_context = replace(plain, context=context_of(many, plain.prior))
    for fitted in (plain, with_context):
        parameters = json.loads(model.dump(fitted)[PARAMETERS])
        said = [score(parameters, question)["score"] for question in model.questions(frames)]
        np.testing.assert_allclose(model.predict(fitted, frames)["y_hat"], said, rtol=0, atol=1e-9)
    assert with_context.context is not None


def test_without_any_decision_it_begins_with_the_weak_prior() -> None:
    frames = Frames({"decisions": shop.decisions(0), "offers": shop.offers()}, shop.LAST_DAY)
    fitted = model.fit(frames)
    assert fitted.prior == WEAK and fitted.shared is None and fitted.context is None
    assert model.predict(fitted, frames).empty and model.questions(frames) == []


def test_without_an_offer_there_is_nothing_to_learn() -> None:
    with pytest.raises(NotEnoughHistory, match="no live offer yet"):
        model.fit(Frames({"decisions": shop.decisions(0), "offers": shop.offers(is_live=False)}, shop.LAST_DAY))


def test_offers_that_vanished_are_learned_from_and_never_chosen() -> None:
    frames = shop.frames(1_500)
    gone = Frames(dict(frames.tables) | {"offers": frames["offers"].head(0)}, frames.asof)
    assert model.fit(gone) == model.fit(frames)
    parameters = json.loads(model.dump(model.fit(gone))[PARAMETERS])
    told = [{"id": 99, "margin": 400, "shown": 0, "accepted": 0}]
    said = {score(parameters, {"decision": f"{number:x}", "eligible": told})["offer"] for number in range(200)}
    assert said == {0, 99}


def test_one_offer_is_shown_or_not() -> None:
    assert {each["offer"] for each in answers(shop.frames(800, market=Market(offers={5: (0.1, 300.0)})))} == {0, 5}


@pytest.mark.parametrize("accepted", [0.0, 1.0])
def test_all_or_none_accepted_are_no_reason_to_be_sure(accepted: float) -> None:
    frames = shop.frames(1_500)
    odd = changed(
        frames, accepted=frames["decisions"]["accepted"].where(frames["decisions"]["accepted"].isna(), accepted)
    )
    a, b = model.fit(odd).prior
    assert 1 <= a < 1_000 and 1 <= b < 3_000
    assert len({each["offer"] for each in answers(odd)}) > 1


def test_offers_that_earn_nothing_are_never_chosen() -> None:
    frames = shop.frames(800)
    assert {each["offer"] for each in answers(changed(frames, margins="-600,500,0"))} <= {0, 12}


def test_a_history_of_which_no_chance_is_known_teaches_nothing_and_breaks_nothing() -> None:
    frames = changed(shop.frames(400), propensity=np.nan, is_held_out=False)
    fitted = model.fit(frames)
    assert fitted.prior == WEAK and model.predict(fitted, frames).empty


def test_labels_that_never_come_teach_nothing() -> None:
    fitted = model.fit(changed(shop.frames(400), accepted=np.nan, profit=np.nan))
    assert fitted.prior == WEAK and fitted.shared is None


def test_a_harmful_offer_is_given_up_and_a_good_one_is_shown() -> None:
    harmful = Market(offers={12: (0.05, 200.0)}, anyway={12: 0.6}, ordering=0.1)
    good = Market(offers={12: (0.2, 900.0)}, ordering=0.02)
    share = {}
    for name, market in {"harmful": harmful, "good": good}.items():
        said = answers(shop.frames(6_000, market=market))
        share[name] = np.mean([each["offer"] == 12 for each in said[-2_000:]])
    assert share["harmful"] < 0.08 and share["good"] > 0.9


def test_a_feature_that_is_always_the_same_changes_nothing() -> None:
    frames = changed(shop.frames(3_000), value=5_000.0, hour=12)
    assert model.fit(frames).prior == model.fit(shop.frames(3_000)).prior


def test_days_are_days_of_the_shop() -> None:
    told = model.predict(model.fit(shop.frames(300)), shop.frames(300))
    assert list(told) == ["unique_id", "ds", "y_hat"] and told["ds"].max() == pd.Timestamp(shop.LAST_DAY)
