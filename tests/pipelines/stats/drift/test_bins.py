"""Bins are the reference's: deciles, values or categories."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.drift.bins import by_value, counted, deciles
from pipelines.stats.drift.columns import read_figures, read_names


@given(st.lists(st.integers(0, 30).map(float), min_size=1, max_size=80), st.lists(st.integers(-5, 40), max_size=40))
def test_each_row_is_between_its_edges(reference: list[float], current: list[int]) -> None:
    binning = deciles(np.sort(reference))
    edges = [-np.inf, *binning.edges, np.inf]
    rows = [float(value) for value in current] + [float("nan")]
    for value, code in zip(rows, binning.codes(read_figures(pd.Series(rows))), strict=True):
        if np.isnan(value):
            assert code == binning.size - 1
        else:
            assert edges[code] < value <= edges[code + 1]


@given(st.lists(st.integers(0, 30).map(float), min_size=1, max_size=80))
def test_the_reference_leaves_no_decile_empty(reference: list[float]) -> None:
    column = read_figures(pd.Series(reference))
    counts = counted(deciles(column.ordered), column)[0]
    assert (counts[:-1] > 0).all() and counts[-1] == 0


def test_many_different_figures_make_ten_equal_bins() -> None:
    column = read_figures(pd.Series(np.random.default_rng(0).permutation(1000)))
    assert counted(deciles(column.ordered), column)[0].tolist() == [100.0] * 10 + [0.0]


def test_rare_new_and_missing_names_have_their_bins() -> None:
    reference = read_names(pd.Series(["a"] * 150 + ["b"] * 49 + ["rare"]))
    current = read_names(pd.Series(["b", "new", "rare", None]))
    binning = by_value(reference)
    assert list(binning.values) == ["a", "b"]
    assert counted(binning, current)[0].tolist() == [0, 1, 2, 1]


def test_groups_are_counted_apart() -> None:
    column = read_names(pd.Series(["a", "b", "a", "a"]))
    assert counted(by_value(column), column, np.array([0, 0, 1, 1]))[:, :2].tolist() == [[1, 1], [2, 0]]
