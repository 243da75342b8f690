"""A step of a checkout is one step: at the first word of it, in whatever order words come, and however often."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pandas as pd
import pytest

from pipelines.lifecycle.data import steps

ANN, BOB = 11, 12
COLUMNS = [
    "key",
    "moment",
    "changes",
    "device",
    "value",
    "lines",
    "units",
    "has_discount",
    "has_address",
    "has_shipping",
]


def rows(*told: tuple[Any, ...]) -> pd.DataFrame:
    """Give moments: key, moment, value, has_address, has_shipping."""
    made = [(key, at, 0.0, "phone", value, 1.0, 1.0, 0.0, *reached) for key, at, value, *reached in told]
    return pd.DataFrame(made, columns=COLUMNS).astype({"key": "Int64"})


def browsers(*told: tuple[Any, ...]) -> pd.DataFrame:
    kinds = {"key": "Int64", "address": "float64", "delivery": "float64", "ended": "float64"}
    return pd.DataFrame(told, columns=[*kinds]).astype(kinds)


def shown(found: pd.DataFrame) -> list[tuple[Any, ...]]:
    told = found.sort_values(["key", "moment"])[["key", "moment", "changes", "value", "has_address", "has_shipping"]]
    return [tuple(row) for row in told.astype("float64").to_numpy().tolist()]


SHOPIFY = ((ANN, 100.0, 5.0, 0.0, 0.0), (ANN, 160.0, 5.0, 1.0, 0.0), (ANN, 220.0, 9.0, 1.0, 1.0))
BOTH = browsers((ANN, 158.5, 300.0, None))


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_it_is_at_the_first_word_of_it_whatever_comes_first(order: tuple[int, ...]) -> None:
    told = rows(*(SHOPIFY[place] for place in order))
    assert shown(steps.joined(told, BOTH)) == [
        (ANN, 100.0, 0.0, 5.0, 0.0, 0.0),
        (ANN, 158.5, 1.0, 5.0, 1.0, 0.0),
        (ANN, 220.0, 2.0, 9.0, 1.0, 1.0),
    ]


def test_what_is_told_of_others_or_of_nobody_changes_nothing() -> None:
    told = rows((BOB, 50.0, 3.0, 0.0, 0.0), (BOB, 60.0, 3.0, 0.0, 0.0))
    for known in (BOTH, browsers()):
        pd.testing.assert_frame_equal(steps.joined(told, known), told)
    both = steps.joined(pd.concat([told, rows(*SHOPIFY)], ignore_index=True), BOTH)
    pd.testing.assert_frame_equal(both[both["key"] == BOB], told)


def test_it_is_known_in_what_is_told_after_it_also_where_that_says_nothing_of_it() -> None:
    told = rows((ANN, 100.0, 5.0, 0.0, 0.0), (ANN, 200.0, 7.0, 0.0, 0.0))
    assert shown(steps.joined(told, browsers((ANN, 150.0, None, None)))) == [
        (ANN, 100.0, 0.0, 5.0, 0.0, 0.0),
        (ANN, 150.0, 1.0, 5.0, 1.0, 0.0),
        (ANN, 200.0, 2.0, 7.0, 1.0, 0.0),
    ]


def test_who_chose_a_delivery_gave_an_address_whoever_tells_of_it() -> None:
    told = rows((ANN, 100.0, 5.0, 0.0, 0.0), (ANN, 160.0, 5.0, 1.0, 1.0))
    assert shown(steps.joined(told, browsers((ANN, None, 158.0, None)))) == [
        (ANN, 100.0, 0.0, 5.0, 0.0, 0.0),
        (ANN, 158.0, 1.0, 5.0, 1.0, 1.0),
    ]


@pytest.mark.parametrize("ended", [220.0, 170.0])
def test_from_the_end_on_nothing_is_looked_at_whoever_tells_of_it(ended: float) -> None:
    found = steps.joined(rows(*SHOPIFY), browsers((ANN, None, 230.0, ended)))
    assert [row[1] for row in shown(found)] == [100.0, 160.0]
