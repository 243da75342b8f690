"""Distances are scipy's to twelve digits, the others those of their written-out formulas."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from pipelines.stats.drift.distances import (
    chi_square,
    jensen_shannon,
    ks_and_wasserstein,
    largest_gap,
    psi,
    psi_by_chance,
    psi_probability,
    together,
)

SAMPLES = st.lists(st.one_of(st.floats(-1e3, 1e3), st.integers(-3, 3).map(float)), min_size=1, max_size=60)
COUNTS = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), min_size=2, max_size=12).filter(
    lambda counts: any(old for old, _ in counts) and any(new for _, new in counts)
)


@settings(deadline=None)
@given(SAMPLES, SAMPLES)
def test_distances_of_samples_are_scipys(reference: list[float], current: list[float]) -> None:
    ks, wasserstein = ks_and_wasserstein(np.sort(reference), np.sort(current))
    assert ks == pytest.approx(ks_2samp(reference, current, method="asymp").statistic, abs=1e-12)
    assert wasserstein == pytest.approx(wasserstein_distance(reference, current), rel=1e-12, abs=1e-12)


@given(SAMPLES, SAMPLES)
def test_distances_care_not_which_sample_is_which(reference: list[float], current: list[float]) -> None:
    one, other = np.sort(reference), np.sort(current)
    assert ks_and_wasserstein(one, other) == pytest.approx(ks_and_wasserstein(other, one), rel=1e-12, abs=1e-12)


def test_a_sample_without_values_has_no_distance() -> None:
    assert all(math.isnan(distance) for distance in ks_and_wasserstein(np.zeros(0), np.ones(3)))


@given(COUNTS)
def test_the_index_is_its_formula(counts: list[tuple[int, int]]) -> None:
    bins, m, n = len(counts), sum(c[0] for c in counts), sum(c[1] for c in counts)
    expected = 0.0
    for old, new in counts:
        p, q = (old + 0.5) / (m + 0.5 * bins), (new + 0.5) / (n + 0.5 * bins)
        expected += (p - q) * math.log(p / q)
    old, new = zip(*counts, strict=True)
    assert float(psi(old, new)) == pytest.approx(expected, abs=1e-12)


@given(COUNTS)
def test_jensen_shannon_is_scipys_in_bits(counts: list[tuple[int, int]]) -> None:
    old, new = zip(*counts, strict=True)
    assert jensen_shannon(old, new) == pytest.approx(np.nan_to_num(jensenshannon(old, new, base=2)), abs=1e-12)


@given(COUNTS)
def test_chi_square_is_scipys_once_rare_bins_are_together(counts: list[tuple[int, int]]) -> None:
    old, new = zip(*counts, strict=True)
    table = together(old, new)
    if table.shape[1] < 2:
        assert chi_square(old, new) == (0.0, 1.0)
        return
    expected = chi2_contingency(table, correction=False)
    assert chi_square(old, new) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-12, abs=1e-12)


@given(COUNTS)
def test_rows_stay_and_every_bin_expects_five(counts: list[tuple[int, int]]) -> None:
    old, new = zip(*counts, strict=True)
    table = together(old, new)
    assert table.sum(axis=1).tolist() == [sum(old), sum(new)]
    if table.shape[1] > 1:
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        assert expected.min() >= 5 - 1e-9


def test_the_index_follows_its_law_without_change() -> None:
    """The one percent that chance passes is about one percent, at a shop's sizes (METHODS 0.2)."""
    rng = np.random.default_rng(0)
    old, new = rng.multinomial(1600, [0.1] * 10, size=4000), rng.multinomial(200, [0.1] * 10, size=4000)
    index = psi(old, new)
    assert 0.003 < np.mean(index > psi_by_chance(1600, 200, 10, 0.01)) < 0.016
    assert psi_probability(psi_by_chance(1600, 200, 10, 0.01), 1600, 200, 10) == pytest.approx(0.01)
    assert psi_probability(0.3, 1600, 200, bins=1) == 1.0


def test_the_largest_gap_is_of_shares() -> None:
    assert largest_gap([10, 10, 0], [5, 0, 15]) == pytest.approx(0.75)
