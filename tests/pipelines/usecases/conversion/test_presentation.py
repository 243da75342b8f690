"""A version is presented in plain words, with what it lacks, and says so where too little is known."""

import json

import pytest

from pipelines.usecases.conversion.judging.evaluation import evaluate
from pipelines.usecases.conversion.presentation import present
from pipelines.usecases.stored import Stored
from tests.pipelines.usecases.conversion import shop


@pytest.fixture(scope="module")
def page() -> dict:
    told = present(evaluate(shop.frames(49, 70), seed=1), None, currency="GBP").as_dict()
    return json.loads(json.dumps(told, allow_nan=False))


def cards(page: dict) -> dict:
    return {card["name"]: card for card in page["cards"]}


def test_the_headline_says_how_much_surer_it_is_and_how_many_ordered(page: dict) -> None:
    headline = cards(page)["headline"]
    assert headline["big"].endswith("% surer") and "of 100 order, and" in headline["sentences"][0]
    assert page["badge"]["words"] == "Surer than the usual share"


def test_steps_hours_and_bins_stand_in_tables_of_whole_rows(page: dict) -> None:
    for name in ("parts", "bins_session", "bins_checkout"):
        table = cards(page)[name]["table"]
        assert table["rows"] and {len(row) for row in table["rows"]} == {len(table["head"])}
    assert [row[0] for row in cards(page)["parts"]["table"]["rows"]][:2] == [
        "Visits, at the first step",
        "Visits, after three steps",
    ]
    assert {"headline", "undo"} < cards(page).keys()


def test_too_few_orders_are_said_and_what_it_lacks_is_listed() -> None:
    told = present(evaluate(shop.frames(16, 5)), None, currency="GBP").as_dict()
    assert "Too few past orders" in cards(told)["headline"]["sentences"][0]
    assert "usual in other shops" in " ".join(cards(told)["lacks"]["sentences"])
    assert told["badge"]["words"]


def test_nothing_at_all_is_a_page_as_well() -> None:
    nothing = evaluate(shop.of(shop.small()["moments"].iloc[:0]))
    assert isinstance(nothing, Stored)
    assert "Too few past orders" in cards(present(nothing, None, currency="GBP").as_dict())["headline"]["sentences"][0]
