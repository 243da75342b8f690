"""The p-value is scipy's, near and far, for few rows and many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import smirnov
from scipy.stats import ks_2samp

from pipelines.stats.drift.smirnov import ks_probability, one_sided


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 700), st.integers(2, 700), st.floats(0, 2), st.integers(0, 10_000))
def test_it_is_scipys_p_value(m: int, n: int, shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    reference, current = rng.normal(size=m), rng.normal(size=n) + shift
    expected = ks_2samp(reference, current, method="asymp")
    found = ks_probability(expected.statistic, m, n)
    assert float(found) == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("n", [141, 157, 178, 1000, 30_000])
@pytest.mark.parametrize("z", [1.5, 2.0, 3.0, 5.0])
def test_the_far_tail_is_scipys(n: int, z: float) -> None:
    x = z / np.sqrt(n)
    assert one_sided(n, x) == pytest.approx(smirnov(n, x), rel=1e-11)


def test_what_never_happens_has_no_chance() -> None:
    assert ks_probability([0.3, 1.0], 100_000, 100_000).tolist() == [0.0, 0.0]


def test_without_rows_nothing_is_known() -> None:
    assert np.isnan(ks_probability([np.nan, np.nan], [0, 0], [0, 5])).all()
