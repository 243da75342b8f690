"""A version in a merchant's words, with enough behind it and without."""

from pipelines.usecases.repeat_orders.judging.evaluation import evaluate
from pipelines.usecases.repeat_orders.presentation import present
from tests.pipelines.usecases.repeat_orders import shop


def test_a_version_says_how_much_surer_it_is_and_what_it_said_beside_what_came() -> None:
    page = present(evaluate(shop.of_days(days=140, customers=200)), None, currency="GBP").as_dict()
    first, parts, undo = page["cards"]
    assert page["badge"]["words"] == "Surer than the simple rule"
    assert first["big"].endswith("% surer") and "Of 100 customers" in first["sentences"][0]
    assert parts["table"]["rows"] and undo["name"] == "undo"


def test_too_little_past_is_said() -> None:
    page = present(evaluate(shop.of_days(days=56, customers=3)), None, currency="GBP").as_dict()
    assert "Too few past orders" in page["cards"][0]["sentences"][0] and len(page["cards"]) == 2
