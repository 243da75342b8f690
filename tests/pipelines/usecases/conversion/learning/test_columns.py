"""Columns are read as the scorer reads a question."""

import math

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines.usecases.conversion import scorer
from pipelines.usecases.conversion.learning.columns import Columns, Rows, amounts, column_of, names

TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3)  # PostgreSQL keeps no zero byte
ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.just([1]))


@given(st.lists(ANYTHING, min_size=1, max_size=8))
def test_amounts_and_names_are_the_twins_of_the_scorers(values: list[object]) -> None:
    column = pd.Series(values, dtype=object)
    for one, wanted in zip(amounts(column), map(scorer.amount, values), strict=True):
        assert one == wanted or (math.isnan(one) and math.isnan(wanted))
    assert names(column).tolist() == [scorer.name(value) for value in values]


def test_a_column_of_whole_numbers_is_read_as_the_same_names_as_one_of_floats() -> None:
    assert names(pd.Series([7, 8])).tolist() == names(pd.Series([7.0, 8.0])).tolist() == ["7", "8"]
    assert names(pd.Series([], dtype=object)).tolist() == []


def test_a_column_that_is_not_there_is_missing_everywhere() -> None:
    assert np.isnan(amounts(column_of(pd.DataFrame({"a": [1, 2]}), "b"))).all()


def test_some_columns_can_be_left_out() -> None:
    kept = Columns(("a", "b"), ("c",), ("d",), frozenset({"a"})).without({"b": "why", "c": "why"})
    assert kept.all == ("a", "d") and kept.before == {"a"}


def test_moments_of_a_session_count_as_a_part_of_it() -> None:
    rows = Rows(pd.DataFrame({"a": range(4)}), np.arange(4), np.array([1.0, 0.0, np.nan, 1.0]), weight=0.5)
    assert len(rows.ripe) == 3 and rows.ripe.counted == (1.0, 0.5)
