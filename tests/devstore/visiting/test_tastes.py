"""What fits is what a shop's own baskets have together."""

from __future__ import annotations

import pytest

from devstore.habits import Basket, Habits
from devstore.visiting.tastes import Tastes, products_of, tastes_of

# Variant 10 is of product 1, 20 and 21 of product 2, and so on.
PRODUCTS = {10: 1, 20: 2, 21: 2, 30: 3, 40: 4, 50: 5, 60: 6, 70: 7}


def learned(*baskets: tuple[int, ...]) -> Tastes:
    held = [Basket(0, tuple((variant, 1) for variant in basket)) for basket in baskets]
    return tastes_of(Habits(held, [1.0] * 7, {}), PRODUCTS)


POPULAR = [(50,), (60,), (70,)] * 60
PAIRS = [(10, 20), (10, 21)] * 20


def test_what_is_bought_together_fits_better_than_what_sells_most() -> None:
    tastes = learned(*PAIRS, *POPULAR)
    assert tastes.best(1)[0] == 2 and set(tastes.best(1)[1:]) == {5, 6, 7}
    assert tastes.fit(1, 2) > 1 > tastes.fit(1, 5) > tastes.fit(1, 4) == 0


def test_where_nothing_was_bought_together_best_sellers_fit() -> None:
    tastes = learned(*PAIRS, *POPULAR)
    assert set(tastes.best(4, 3)) == {5, 6, 7} and tastes.fit(4, 5) > tastes.fit(4, 1)


def test_the_best_four_come_to_four_in_any_shop() -> None:
    tastes = learned(*PAIRS, *POPULAR, (10, 50), (10, 30))
    assert sum(tastes.fit(1, pick) for pick in tastes.best(1)) == pytest.approx(4)


def test_nothing_fits_itself_and_a_shop_without_orders_has_no_tastes() -> None:
    assert learned(*PAIRS).fit(1, 1) == 0
    assert learned().fit(1, 2) == 0 and learned().best(1) == []


def test_variants_of_one_product_are_one_thing() -> None:
    assert products_of([20, 21, 10, 99], PRODUCTS) == [2, 1]
