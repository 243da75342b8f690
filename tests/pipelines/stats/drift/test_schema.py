"""What breaks a feature is beyond chance, and is named."""

import numpy as np
import pandas as pd
import pytest

from pipelines.stats.drift.columns import read_figures, read_names
from pipelines.stats.drift.findings import Problem
from pipelines.stats.drift.schema import Schema, check

RNG = np.random.default_rng(0)


def figures(values: object) -> object:
    return read_figures(pd.Series(values))


def with_missing(rows: int, share: float) -> pd.Series:
    values = np.arange(rows, dtype=float)
    values[: round(rows * share)] = np.nan
    return pd.Series(values)


def test_a_rare_flag_is_not_called_constant() -> None:
    """One row in a hundred: every eighth healthy window of 200 rows has none of them."""
    reference = figures((np.arange(1600) % 100 == 0).astype(float))
    assert check(reference, figures(np.zeros(200))).problem is None


def test_a_flag_of_a_tenth_that_is_gone_is_constant() -> None:
    reference = figures((np.arange(1600) % 10 == 0).astype(float))
    assert check(reference, figures(np.zeros(200))).problem is Problem.CONSTANT


def test_a_figure_that_stands_still_is_constant() -> None:
    reference = figures(RNG.normal(size=1600))
    assert check(reference, figures([0.3] * 200)).problem is Problem.CONSTANT
    assert check(figures([0.3] * 1600), figures([0.3] * 200)).problem is None  # as it always was
    assert check(reference, figures([0.3] * 10 + [np.nan] * 25)).problem is Problem.MISSING


def test_a_name_that_is_always_the_same_is_constant() -> None:
    reference = read_names(pd.Series(["a", "b"] * 800))
    assert check(reference, read_names(pd.Series(["a"] * 200))).problem is Problem.CONSTANT


@pytest.mark.parametrize("rows", [200, 100_000])
def test_a_little_more_missing_is_no_breach_however_many_rows(rows: int) -> None:
    assert check(figures(with_missing(rows * 8, 0.199)), figures(with_missing(rows, 0.205))).problem is None


def test_much_more_missing_is_a_breach() -> None:
    found = check(figures(with_missing(1600, 0.02)), figures(with_missing(200, 0.3)))
    assert found == Schema(missing=0.3, infinite=0.0, unseen=0.0, problem=Problem.MISSING)


def test_infinite_is_as_good_as_missing() -> None:
    current = RNG.normal(size=200)
    current[:50] = np.inf
    found = check(figures(RNG.normal(size=1600)), figures(current))
    assert (found.infinite, found.missing, found.problem) == (0.25, 0.0, Problem.MISSING)


def test_names_where_figures_were_are_unseen() -> None:
    current = pd.Series([*RNG.normal(size=100), *["blue"] * 100], dtype=object)
    found = check(figures(RNG.normal(size=1600)), read_figures(current))
    assert (found.unseen, found.problem) == (0.5, Problem.UNSEEN)


def test_categories_that_never_came_are_unseen() -> None:
    reference, current = pd.Series(["a", "b"] * 800), pd.Series(["a"] * 100 + ["x"] * 100)
    found = check(read_names(reference), read_names(current))
    assert (found.unseen, found.problem) == (0.5, Problem.UNSEEN)


def test_a_feature_that_always_brings_new_names_may() -> None:
    """Visitors of whom two in five come once: as many of the next rows are new."""
    rows = RNG.zipf(1.3, size=1800)
    reference, current = read_names(pd.Series(rows[:1600]).astype(str)), read_names(pd.Series(rows[1600:]).astype(str))
    found = check(reference, current)
    assert found.unseen > 0.2 and found.problem is None


def test_few_rows_break_nothing() -> None:
    reference = figures(RNG.normal(size=1600))
    assert check(reference, figures([np.nan])).problem is None
    assert check(reference, figures([0.3] * 20)).problem is None
    assert check(reference, figures([np.nan] * 35)).problem is Problem.MISSING
