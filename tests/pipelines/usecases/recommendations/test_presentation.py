"""A version's page says how many past carts it would have served, beside best sellers, and never claims money."""

from __future__ import annotations

from typing import Any

from pipelines.usecases.recommendations import presentation
from pipelines.usecases.recommendations.judging.evaluation import evaluate
from pipelines.usecases.stored import Stored
from tests.pipelines.usecases.recommendations import shop


def page(evaluation: Any) -> dict[str, Any]:
    return presentation.present(evaluation, None, currency="GBP").as_dict()


def card(told: dict[str, Any], name: str) -> dict[str, Any]:
    return next(card for card in told["cards"] if card["name"] == name)


def test_it_says_how_many_carts_found_something_and_how_many_best_sellers_did() -> None:
    evaluation = evaluate(shop.frames(1500))
    figures, told = evaluation.as_dict(), page(evaluation)
    headline = card(told, "headline")
    assert headline["big"] == f"{100 * figures['candidate']['hit_rate']:.0f} of 100"
    assert f"against {100 * figures['baseline']['hit_rate']:.0f} " in headline["aside"]
    assert "more of 100 than best sellers" in headline["sentences"][0] and "not measured" in headline["sentences"][1]
    assert told["badge"]["words"] == "Finds more, not yet proven in money"


def test_carts_product_pages_and_parts_stand_in_one_table() -> None:
    table = card(page(evaluate(shop.frames(1500))), "parts")["table"]
    assert [row[0] for row in table["rows"][:2]] == ["All carts", "Product pages"]
    assert all(len(row) == len(table["head"]) for row in table["rows"])


def test_a_shop_of_few_orders_is_told_that_nothing_can_be_compared() -> None:
    told = page(evaluate(shop.frames(30)))
    assert "Too few past carts" in card(told, "headline")["sentences"][0]
    assert told["badge"]["words"] == "Not proven" and all(each["name"] != "parts" for each in told["cards"])


def test_a_shop_without_an_order_has_a_page() -> None:
    empty = {"candidate": {}, "baseline": {}}
    assert card(page(Stored(empty)), "undo")["sentences"]
