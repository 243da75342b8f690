"""A version's page says what it brings in money, how sure that is, and what is odd about the past."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.offers import model, presentation
from pipelines.usecases.offers.judging.evaluation import evaluate
from pipelines.usecases.offers.judging.replay import replay
from tests.pipelines.usecases.offers import shop
from tests.pipelines.usecases.offers.judging.test_evaluation import GOOD
from tests.pipelines.usecases.offers.shop import Market


def page(frames: Frames) -> dict[str, Any]:
    return presentation.present(evaluate(frames), replay(frames, model.fit(frames)), currency="GBP").as_dict()


def card(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in told["cards"] if each["name"] == name)


def said(told: dict[str, Any]) -> str:
    return " ".join(card(told, "headline")["sentences"])


def changed(frames: Frames, **columns: Any) -> Frames:
    return Frames(dict(frames.tables) | {"decisions": frames["decisions"].assign(**columns)}, frames.asof)


def test_it_leads_with_the_money_of_a_thousand_shoppers_and_its_range() -> None:
    told = page(shop.frames(9_000, days=60, market=GOOD))
    headline = card(told, "headline")
    assert headline["big"].startswith("£2,") and headline["big"].endswith(" more")
    assert "Very likely (19 of 20 times) between £" in said(told) and "treats all shoppers alike" in said(told)
    assert told["badge"] == {"words": "Better than no offer", "tone": "success"}
    rows = card(told, "policies")["table"]["rows"]
    assert [row[0] for row in rows] == ["This version", "Best single offer", "No offer"]
    assert all(each["name"] != "sizes" for each in told["cards"])


def test_beside_a_version_that_runs_it_says_what_it_brings_more_and_how_to_go_back_to_it() -> None:
    frames = shop.frames(9_000, days=60, market=GOOD)
    fitted = model.fit(frames)
    figures = evaluate(frames, champion=fitted)
    told = presentation.present(figures, replay(frames, fitted, champion=fitted), currency="GBP").as_dict()
    assert "What runs now would have brought as much." in said(told)
    assert "brings back the version before" in card(told, "undo")["sentences"][0]
    lost = {"against": {"champion": {"value": -0.5, "range": [-2.0, 1.0]}}}
    assert list(presentation.beside(lost, "GBP")) == [
        "Beside what runs now: not proven: between £20 less and £10 more."
    ]
    assert "runs now" not in said(page(frames))


def test_before_any_decision_it_says_how_many_shoppers_a_result_takes() -> None:
    told = page(Frames({"decisions": shop.decisions(0), "offers": shop.offers()}, shop.LAST_DAY))
    assert "Too few past decisions" in said(told) and told["badge"]["words"] == "Not measured"
    assert "12,900 where 3 of 100 accept or 3,600 where 10 of 100 accept" in card(told, "sizes")["sentences"][0]
    assert card(told, "undo")["sentences"] and all(each["name"] != "policies" for each in told["cards"])


def test_what_is_not_sure_is_not_proven() -> None:
    told = page(shop.frames(9_000, days=60, market=Market(offers={11: (0.02, 600.0)}, explore=0.8)))
    assert "Not proven: between £" in said(told) and told["badge"]["words"] == "Not proven"


def test_acceptances_alone_are_not_called_profit() -> None:
    told = page(changed(shop.frames(6_000, days=60), profit=np.nan))
    assert "would have come anyway is only known once" in said(told) and told["badge"]["words"] == "Not measured"
    assert card(told, "headline")["aside"].startswith("earned by the accepted offers")
    assert card(told, "policies")["table"]["head"][1].startswith("Accepted offers")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"propensity": 0.0, "is_held_out": False}, "3,000 decisions without a known chance were left out."),
        ({"eligible": "x"}, "3,000 decisions whose open offers cannot be read were left out."),
        ({"accepted": 0.0}, "None of the offers that were shown was accepted so far."),
        ({"accepted": 1.0}, "Every offer that was shown was accepted: look at how acceptances are counted."),
        (
            {"margins": "-5,500,700"},
            "At 3,000 decisions an offer that earns nothing after its cost was open: not shown.",
        ),
    ],
)
def test_what_is_odd_about_the_past_has_a_sentence(columns: dict[str, Any], sentence: str) -> None:
    assert sentence in said(page(changed(shop.frames(3_000), **columns)))


def test_one_offer_and_one_that_is_gone_are_told() -> None:
    frames = shop.frames(3_000, market=Market(offers={5: (0.1, 300.0)}))
    gone = Frames(dict(frames.tables) | {"offers": frames["offers"].head(0)}, frames.asof)
    told = page(gone)
    assert "One offer was shown so far" in said(told)
    assert card(told, "offers")["table"]["rows"][0][0] == "Offer 5 (gone)"


def test_a_version_that_offers_nothing_says_so() -> None:
    assert presentation.sure([0.0, 0.0], {}, "GBP") == "It chooses as if there were no offer."
    assert "fewer than 28 days" in presentation.sure(
        [1.0, 2.0], {"thin": True, "thin_because": "fewer than 28 days"}, "GBP"
    )


def test_who_asks_is_named_where_it_counts() -> None:
    (told,) = presentation.how({"joined": [False, True]})
    assert "looks at the cart" in told
