"""Four words, by where a range lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.inference import marks

numbers = st.floats(-1e9, 1e9)


@pytest.mark.parametrize(("low", "high"), [(None, None), (None, 1.0), (1.0, None)])
def test_without_a_range_nothing_was_measured(low, high):
    assert marks.mark(low, high) == "not_measured"


@pytest.mark.parametrize(("low", "high"), [(0.0, 3.0), (-3.0, 0.0), (0.0, 0.0), (-1.0, 1.0)])
def test_a_range_that_touches_zero_proves_nothing(low, high):
    assert marks.mark(low, high) == "not_proven"


@given(numbers, numbers)
def test_harm_is_proven_as_gain_is(one, other):
    low, high = sorted((one, other))
    assert marks.mark(low, high) == marks.mark(-high, -low)


@given(numbers, numbers)
def test_what_may_have_other_causes_is_never_proven(one, other):
    low, high = sorted((one, other))
    assert marks.mark(low, high, is_fair=False) in (marks.SUGGESTIVE, marks.NOT_PROVEN)
