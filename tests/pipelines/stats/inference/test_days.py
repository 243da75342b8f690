"""Totals of a month's days: exact where nothing varies, wide where days go together, and right as often as promised."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as student

from pipelines.stats.inference import days

months = arrays(float, st.integers(14, 31), elements=st.floats(-1e6, 1e6))


def with_memory(memory: float, *, months: int, length: int, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(months, length + 60))
    for day in range(1, length + 60):
        noise[:, day] += memory * noise[:, day - 1]
    return noise[:, 60:]


@pytest.mark.parametrize("known", [0, 3, 13])
def test_under_fourteen_days_no_range_is_given(known):
    assert days.total_of([5.0] * known + [math.nan] * 20) is None


def test_days_that_do_not_vary_have_a_range_of_nothing():
    found = days.total_of([5.0] * 20)
    assert (found.value, found.low, found.high) == (100, 100, 100)


def test_days_without_memory_count_in_full():
    each = np.tile([1.0, -1.0], 10) + 3
    reach = student.ppf(0.975, 19) * 20 * each.std(ddof=1) / math.sqrt(20)
    found = days.total_of(each)
    assert (found.value, found.high - found.value) == pytest.approx((60, reach))


@given(months)
def test_the_range_holds_the_value_and_turns_with_its_sign(each):
    found, turned = days.total_of(each), days.total_of(-each)
    assert found.low <= found.value <= found.high
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), rel=1e-6, abs=1e-6)


@given(months)
def test_the_order_matters_only_through_memory(each):
    assert 1 <= days.independent(each) <= len(each)


def test_days_that_go_together_count_as_fewer():
    smooth = np.sin(np.linspace(0, 3, 28))
    assert days.independent(smooth) < 6 < days.independent(np.random.default_rng(0).permutation(smooth))


@pytest.mark.parametrize(("memory", "least"), [(0.0, 0.94), (0.3, 0.9), (0.5, 0.86)])
def test_the_range_of_a_month_holds_the_truth_as_often_as_the_decision_says(memory, least):
    found = [days.total_of(month) for month in with_memory(memory, months=2000, length=28)]
    assert np.mean([each.low <= 0 <= each.high for each in found]) >= least
