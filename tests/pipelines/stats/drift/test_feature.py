"""One feature is read as the reference has it, and its few missing rows do not bend the index."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

from pipelines.stats.drift.columns import Figures, Names, read_figures, read_names
from pipelines.stats.drift.distances import psi, psi_by_chance, psi_probability
from pipelines.stats.drift.feature import change, read_pair, usable

RNG = np.random.default_rng(0)


def test_the_reference_says_what_a_feature_is() -> None:
    numbers, words = pd.Series([1.0, 2.0]), pd.Series(["a", "b"])
    assert isinstance(read_pair(numbers, words, 2, 2)[1], Figures)
    assert isinstance(read_pair(words, numbers, 2, 2)[1], Names)
    assert isinstance(read_pair(None, words, 2, 2)[0], Names)
    gone = read_pair(numbers, None, 2, 3)[1]
    assert (len(gone.values), gone.missing, usable(gone)) == (3, 3, 0)


def test_figures_are_judged_by_the_index_of_deciles() -> None:
    reference, current = RNG.normal(size=1000), RNG.normal(size=300) + 0.2
    edges = np.sort(reference)[99:-1:100]
    counts = [np.bincount(np.searchsorted(edges, values), minlength=10) for values in (reference, current)]
    found = change(read_figures(pd.Series(reference)), read_figures(pd.Series(current)), None)
    assert found.psi == pytest.approx(float(psi(*counts)), abs=1e-12)
    assert found.p == pytest.approx(psi_probability(found.psi, 1000, 300, 10))
    assert found.threshold == max(0.1, psi_by_chance(1000, 300, 10, 0.01))
    assert np.isnan(found.chi_square)


def test_names_are_judged_by_chi_square() -> None:
    reference, current = ["a"] * 600 + ["b"] * 400, ["a"] * 100 + ["b"] * 100
    found = change(read_names(pd.Series(reference)), read_names(pd.Series(current)), None)
    expected = chi2_contingency([[600, 400], [100, 100]], correction=False)
    assert (found.chi_square, found.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_the_threshold_is_what_days_differ_by() -> None:
    """Each day against all others, 19 of 20 of them."""
    values, day = np.concatenate([RNG.normal(size=800), RNG.normal(size=200) + 1]), np.repeat(np.arange(5), 200)
    edges = np.sort(values)[99:-1:100]
    bins = np.searchsorted(edges, values)
    index = [
        float(psi(np.bincount(bins[day != d], minlength=10), np.bincount(bins[day == d], minlength=10)))
        for d in range(5)
    ]
    found = change(read_figures(pd.Series(values)), read_figures(pd.Series(values[:200])), day)
    assert found.threshold == pytest.approx(np.quantile(index, 0.95))


def test_a_missing_row_or_two_is_no_bin() -> None:
    reference, current = RNG.normal(size=1600), RNG.normal(size=200)
    without = change(read_figures(pd.Series(reference)), read_figures(pd.Series(current[:198])), None)
    current[198:] = np.nan
    assert change(read_figures(pd.Series(reference)), read_figures(pd.Series(current)), None) == without


def test_fifty_values_are_the_least() -> None:
    many = read_figures(pd.Series(RNG.normal(size=500)))
    assert np.isnan(change(many, read_figures(pd.Series(RNG.normal(size=49))), None).p)
    assert change(many, read_figures(pd.Series(RNG.normal(size=50))), None).p > 0
