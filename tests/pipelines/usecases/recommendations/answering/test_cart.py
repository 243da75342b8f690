"""A cart's list is the sum of its products' lists, quickly, by the standard library alone."""

import subprocess
import sys

import pytest

from pipelines.usecases.recommendations.answering.cart import LARGEST_CART, Pick, for_cart
from tests.conftest import ROOT

STORED = {
    1: [Pick(5, 0.5, "together", 9), Pick(6, 0.4, "together", 7)],
    2: [Pick(6, 0.4, "similar"), Pick(1, 0.9, "together", 5)],
}
BEST = [Pick(6, 0.3, "best_seller", 90), Pick(8, 0.2, "best_seller", 80), Pick(9, 0.1, "best_seller", 70)]


def list_of(product: int) -> list[Pick]:
    return STORED.get(product, [])


def picks(cart: list[int], **options: object) -> list[int]:
    return [pick for pick, *_ in for_cart(list_of, cart, BEST, **options)]


def test_what_several_products_ask_for_comes_first_and_nothing_from_the_cart() -> None:
    assert picks([1, 2], places=2) == [6, 5]


def test_a_short_list_is_filled_without_saying_anything_twice() -> None:
    assert picks([1, 2], places=4) == [6, 5, 8, 9]


@pytest.mark.parametrize("cart", [[], [777]])
def test_an_empty_cart_and_an_unknown_product_are_answered_by_what_stands_in(cart: list[int]) -> None:
    assert picks(cart, places=2) == [6, 8]


def test_what_was_closed_since_is_not_shown() -> None:
    assert picks([1], places=3, closed={6, 8}) == [5, 9]


def test_the_loudest_reason_is_kept() -> None:
    said = {pick: (reason, detail) for pick, _, reason, detail in for_cart(list_of, [1, 2])}
    assert said[6] == ("together", 7)


def test_a_product_that_is_in_the_cart_twice_speaks_once() -> None:
    assert for_cart(list_of, [1, 1]) == for_cart(list_of, [1])


def test_a_cart_of_five_hundred_lines_looks_at_the_first_ones() -> None:
    stored = {line: [Pick(1_000 + line, 1.0, "together", 2)] for line in range(500)}
    assert len(for_cart(stored.__getitem__, list(range(500)), places=500)) == LARGEST_CART


def test_it_imports_nothing_that_was_installed() -> None:
    code = (
        "import sys; from pipelines.usecases.recommendations.answering import cart; "
        "print(sorted({'numpy', 'pandas', 'scipy', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
