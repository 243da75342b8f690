"""What may not be shown is not shown, whatever its score."""

import numpy as np
import pytest

from pipelines.usecases.recommendations.answering.filters import allowed_of, various
from tests.pipelines.usecases.recommendations import shop

IDS = np.array([1, 2, 3, 4, 5])
NO_RULES = shop.rules()


def catalogue(**changes: object) -> object:
    table = shop.pd.DataFrame({"unique_id": IDS, "published": True, "sellable": True})
    table["product_type"], table["twin"], table["components"] = "Lamps", None, None
    return table.assign(**changes)


def shown_for(product: int, products: object, rules: object = NO_RULES) -> list[int]:
    row = np.array([IDS.tolist().index(product)])
    return IDS[np.isfinite(allowed_of(products, rules, IDS).closed(np.ones((1, 5)), row)[0])].tolist()


def test_a_product_is_never_shown_for_itself() -> None:
    assert shown_for(3, catalogue()) == [1, 2, 4, 5]


@pytest.mark.parametrize("column", ["published", "sellable"])
def test_what_is_not_published_or_cannot_be_bought_is_not_shown(column: str) -> None:
    assert shown_for(3, catalogue(**{column: [True, False, True, None, True]})) == [1, 5]


def test_what_the_catalogue_does_not_know_is_not_shown() -> None:
    assert shown_for(3, catalogue()[:4]) == [1, 2, 4]


def test_all_out_of_stock_shows_nothing() -> None:
    assert shown_for(3, catalogue(sellable=False)) == []


def test_twins_are_not_shown_for_each_other_and_no_twin_is_no_twin() -> None:
    twins = catalogue(twin=["a", "a", "", "", None])
    assert shown_for(1, twins) == [3, 4, 5] and shown_for(2, twins) == [3, 4, 5] and shown_for(3, twins) == [1, 2, 4, 5]


def test_a_bundle_and_its_parts_are_not_shown_for_each_other() -> None:
    bundle = catalogue(components=[[2, 3], None, None, None, None])
    assert shown_for(1, bundle) == [4, 5] and shown_for(2, bundle) == [3, 4, 5]


def test_a_block_holds_everywhere_or_on_one_product() -> None:
    everywhere, here = shop.rules(("block", None, 2)), shop.rules(("block", 1, 2))
    assert shown_for(1, catalogue(), everywhere) == [3, 4, 5] and shown_for(3, catalogue(), everywhere) == [1, 4, 5]
    assert shown_for(1, catalogue(), here) == [3, 4, 5] and shown_for(2, catalogue(), here) == [1, 3, 4, 5]


def test_never_together_holds_both_ways() -> None:
    never = shop.rules(("never_together", 1, 2))
    assert shown_for(1, catalogue(), never) == [3, 4, 5] and shown_for(2, catalogue(), never) == [3, 4, 5]


def test_pins_come_first_in_their_order_unless_they_cannot_be_bought() -> None:
    pins = shop.rules(("pin", 1, 5), ("pin", 1, 4), ("pin", 1, 3), ("pin", 1, 99))
    allowed = allowed_of(catalogue(sellable=[True, True, False, True, True]), pins, IDS)
    rows = np.array([0])
    scores = allowed.pinned(allowed.closed(np.array([[0.0, 0.9, 0.8, 0.1, 0.1]]), rows), rows)
    assert IDS[np.argsort(-scores[0])[:3]].tolist() == [5, 4, 2]


def test_no_more_than_so_many_of_a_type_while_there_is_anything_else() -> None:
    kind = np.array([7, 7, 7, 8, 8, -1, -1, -1])
    assert various(np.arange(8)[None, :], kind, 5, most=2).tolist() == [[0, 1, 3, 4, 5]]
    assert various(np.array([[0, 1, 2, -1]]), kind, 3, most=1).tolist() == [[0, 1, 2]]


def test_products_without_a_type_are_not_of_one_type() -> None:
    assert various(np.array([[5, 6, 7, 0]]), np.array([7] * 5 + [-1] * 3), 4, most=1).tolist() == [[5, 6, 7, 0]]


def test_what_was_pinned_keeps_its_place() -> None:
    first = np.array([[True, True, True, False]])
    assert various(np.array([[0, 1, 2, 3]]), np.array([7, 7, 7, 8]), 3, first=first, most=1).tolist() == [[0, 1, 2]]
