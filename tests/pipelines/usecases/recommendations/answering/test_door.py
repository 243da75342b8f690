"""What is asked is read with care, lists are packed and given back as they were."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pipelines.usecases.recommendations.answering import door
from tests.conftest import ROOT

ROWS = [
    ("page", 1, [2, 3], [0.5, 0.25], [0, 1], [41, 0]),
    ("cart", 1, [3, 4], [0.5, 0.25], [0, 0], [4, 3]),
    ("cart", 2, [4, 1], [0.5, 0.25], [0, 0], [6, 2]),
    ("again", -7, [5], [0.9], [6], [3]),
    ("best", 0, [9, 1, 2], [0.3, 0.2, 0.1], [3, 3, 3], [70, 60, 50]),
]
LISTS = door.hold(ROWS)


def picks(**question: object) -> list[int]:
    told = door.ask(LISTS, question)
    return [each["id"] for each in told["products"]] if told else []


def test_lists_come_back_as_they_were_packed() -> None:
    for kind, unit, *columns in ROWS:
        found = list(LISTS.of(kind, unit))
        picks, scores, reasons, details = (list(column) for column in zip(*found, strict=True))
        assert (picks, reasons, details) == (columns[0], columns[2], columns[3]) and scores == pytest.approx(columns[1])
    assert LISTS.size > 0 and list(LISTS.of("cart", 77)) == []


def test_a_cart_adds_up_its_products_lists_and_best_sellers_fill_it() -> None:
    assert picks(cart=[1, 2]) == [4, 3, 9] and picks(cart=[1, 2], most=1) == [4]


def test_a_product_and_a_shopper_have_lists_of_their_own() -> None:
    assert picks(product=1) == [2, 3, 9] and picks(shopper=-7) == [5, 9, 1, 2] and picks() == [9, 1, 2]


def test_ids_come_as_numbers_texts_or_as_shopify_writes_them() -> None:
    assert picks(cart=["1", "gid://shopify/Product/2"]) == picks(cart=[1, 2])


def test_what_cannot_be_bought_is_left_out_and_nothing_is_told_where_nothing_is_left() -> None:
    told = door.ask(LISTS, {"cart": [1]}, closed={3, 9})
    assert told and [each["id"] for each in told["products"]] == [4, 2]
    assert door.ask(LISTS, {}, closed={1, 2, 9}) is None and door.ask(door.hold([]), {"cart": [1]}) is None


def test_each_pick_says_why_in_plain_words() -> None:
    told = door.ask(LISTS, {"product": 1})
    assert told and told["products"][0] == {"id": 2, "reason": "together", "because": "Bought together 41 times"}


def test_it_is_standard_library_alone() -> None:
    code = f"import json, sys; import {door.__name__}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    roots = {name.partition(".")[0] for name in json.loads(done.stdout)} - sys.stdlib_module_names
    assert roots <= {"__main__", "pipelines"}
