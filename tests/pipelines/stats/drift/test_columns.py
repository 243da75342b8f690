"""Columns are read for what they hold, however they were stored."""

import decimal

import numpy as np
import pandas as pd
import pytest

from pipelines.stats.drift.columns import holds_figures, read_figures, read_names


def test_infinite_missing_and_unreadable_are_told_apart() -> None:
    column = read_figures(pd.Series([1.5, None, np.inf, "blue", 3, -np.inf, "4", np.nan], dtype=object))
    assert (column.missing, column.infinite, column.unreadable) == (2, 2, 1)
    assert column.ordered.tolist() == [1.5, 3.0, 4.0]
    assert len(column.values) == 8


def test_missing_never_becomes_a_name() -> None:
    column = read_names(pd.Series(["a", np.nan, None, pd.NA, "b", "a"], dtype=object))
    assert column.missing == 3
    assert column.counts.to_dict() == {"a": 2, "b": 1}


@pytest.mark.parametrize("kind", ["category", "string", object])
def test_names_are_the_same_however_stored(kind: object) -> None:
    column = read_names(pd.Series(["a", None, "b", "a"]).astype(kind))
    assert (column.counts.to_dict(), column.missing) == ({"a": 2, "b": 1}, 1)


def test_a_number_and_its_text_are_one_name() -> None:
    assert read_names(pd.Series([1, "1", True], dtype=object)).counts.to_dict() == {"1": 2, "True": 1}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, None, 2.5], dtype=object), True),
        (pd.Series([decimal.Decimal("1.10"), None], dtype=object), True),
        (pd.Series([1, None], dtype="Int64"), True),
        (pd.Series([True, False]), False),
        (pd.Series([True, None], dtype=object), False),
        (pd.Series(["1", "2"], dtype=object), False),
        (pd.Series([1, "blue"], dtype=object), False),
        (pd.Series([None, None], dtype=object), False),
    ],
)
def test_it_tells_figures_from_names(column: pd.Series, expected: bool) -> None:
    assert holds_figures(column) is expected


def test_integers_that_may_be_missing_are_figures() -> None:
    column = read_figures(pd.Series([3, None, 1], dtype="Int64"))
    assert (column.ordered.tolist(), column.missing) == ([1.0, 3.0], 1)


def test_it_counts_a_value_and_knows_a_constant() -> None:
    figures, names = read_figures(pd.Series([2.0, 2.0, np.nan])), read_names(pd.Series(["x", "x", None]))
    assert (figures.constant, figures.count_of(2.0), figures.count_of(1.0)) == (2.0, 2, 0)
    assert (names.constant, names.count_of("x"), names.count_of("y")) == ("x", 2, 0)
    assert read_figures(pd.Series([np.nan])).constant is None
    assert read_names(pd.Series(["x", "y"])).constant is None
