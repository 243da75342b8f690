"""A merchant may state a closed set of rules, and is told in words what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.usecases.offers.eligible import whom
from pipelines.usecases.offers.eligible.whom import NotAllowed, Whom


def test_what_is_stated_is_read_and_written_alike() -> None:
    told = {"value_from": 0, "value_to": 8000, "shoppers": "new", "products": [7, 3, 7]}
    read = whom.read(told)
    assert read == Whom(0, 8000, "new", (3, 7))
    assert whom.read(read.as_dict()) == read
    assert whom.read({}) == Whom() and Whom().as_dict() == {}


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"country": "GB"}, whom.UNKNOWN.format(names="country")),
        ({"market": 1, "age": 2}, whom.UNKNOWN.format(names="age, market")),
        ("everybody", whom.UNKNOWN.format(names="a text or a list")),
        ({"value_from": -1}, whom.NO_AMOUNT),
        ({"value_from": True}, whom.NO_AMOUNT),
        ({"value_to": 10.5}, whom.NO_AMOUNT),
        ({"value_to": 10**13}, whom.NO_AMOUNT),
        ({"value_from": 10, "value_to": 9}, whom.UPSIDE_DOWN),
        ({"shoppers": "rich"}, whom.NO_SHOPPERS),
        ({"shoppers": None}, whom.NO_SHOPPERS),
        ({"products": []}, whom.NO_PRODUCTS),
        ({"products": ["7"]}, whom.NO_PRODUCTS),
        ({"products": [0]}, whom.NO_PRODUCTS),
        ({"products": list(range(1, 52))}, whom.NO_PRODUCTS),
    ],
)
def test_what_cannot_be_is_refused_in_words(told: Any, sentence: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        whom.read(told)
    assert str(refused.value) == sentence
