"""The past in money: by both estimates, beside no offer and what runs, and never claimed of too little."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers import model
from pipelines.usecases.offers.fitted import Fitted
from pipelines.usecases.offers.judging.replay import NOT_KNOWN, TOO_LITTLE, replay
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.judging.test_evaluation import GOOD
from tests.pipelines.usecases.offers.shop import Market


def test_a_good_version_is_worth_about_what_it_is_known_to_be_worth() -> None:
    frames = shop.frames(9_000, days=60, market=GOOD)
    told = replay(frames, model.fit(frames)).as_dict()
    json.dumps(told, allow_nan=False)
    (found,) = told["versus"]["naive"]
    truth = (0.25 * 900 + 0.75 * 100 - 100) * told["decisions"]
    assert told["verdict"] == "better" and found["interval"][0] < truth < found["interval"][1] and told["weeks"] == 4


def test_a_short_history_proves_nothing() -> None:
    frames = shop.frames(6_000, days=20, market=GOOD)
    told = replay(frames, model.fit(frames)).as_dict()
    assert told["versus"]["naive"][0]["verdict"] == "better" and told["verdict"] == "not_proven"
    assert told["thin"] and "28 days" in told["thin_because"]


def test_without_the_money_of_orders_nothing_is_measured_beside_no_offer() -> None:
    frames = shop.frames(6_000, days=60)
    unknown = Frames(dict(frames.tables) | {"decisions": frames["decisions"].assign(profit=np.nan)}, frames.asof)
    told = replay(unknown, model.fit(unknown)).as_dict()
    assert (told["verdict"], told["reason"]) == ("not_measured", NOT_KNOWN)
    assert told["versus"]["best_offer"][0]["interval"] is not None


@pytest.mark.parametrize("count", [0, 100])
def test_too_little_is_said(count: int) -> None:
    frames = Frames({"decisions": shop.decisions(count), "offers": shop.offers()}, shop.LAST_DAY)
    told = replay(frames, model.fit(frames)).as_dict()
    assert told["verdict"] == "not_measured" and told["reason"] == TOO_LITTLE
    json.dumps(told, allow_nan=False)


def test_whatever_chooses_alike_differs_by_nothing() -> None:
    frames = shop.frames(6_000, days=60)
    fitted = model.fit(frames)
    (found,) = replay(frames, fitted, champion=fitted).as_dict()["versus"]["champion"]
    assert (found["profit"], found["interval"]) == (0, [0, 0])


def test_an_offer_that_costs_more_than_it_brings_is_worse_than_none() -> None:
    harmful = Market(offers={12: (0.05, 200.0)}, anyway={12: 0.6}, ordering=0.1, explore=0.8)
    frames = shop.frames(9_000, days=60, market=harmful)
    told = replay(frames, model.fit(frames), champion=Fitted(shop.LAST_DAY, 0, (1.0, 19.0), None, {})).as_dict()
    assert told["versus"]["naive"][0]["profit"] <= 0 and told["policies"]["champion"]["cost_of_errors"] >= 0
