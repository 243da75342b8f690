"""A share comes with its interval, and two shares are compared exactly: both as scipy does."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact

from pipelines.stats.drift.shares import chance_of_more, wilson


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_wilsons(counts: tuple[int, int]) -> None:
    expected = binomtest(*counts).proportion_ci(method="wilson")
    found = wilson(*counts)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found.value == counts[0] / counts[1]


def test_a_share_of_nothing_is_not_known() -> None:
    found = wilson(0, 0)
    assert math.isnan(found.value) and math.isnan(found.low) and math.isnan(found.high)


@given(st.tuples(st.integers(0, 40), st.integers(1, 40), st.integers(0, 200), st.integers(1, 200)))
def test_more_than_chance_is_fishers_test(counts: tuple[int, int, int, int]) -> None:
    hits, rest, usual, others = counts
    expected = fisher_exact([[hits, rest], [usual, others]], alternative="greater").pvalue
    assert chance_of_more(hits, hits + rest, usual, usual + others) == pytest.approx(expected, abs=1e-9)
