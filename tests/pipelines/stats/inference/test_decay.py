"""Decay is told soon, and a forecast that has not decayed is left alone for a year."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from pipelines.stats.inference import decay
from pipelines.stats.inference.decay import (
    alarm_block,
    alarm_limit,
    block_means,
    cusum,
    lag1_correlation,
    scores,
    with_memory,
)


@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=1, max_size=60))
def test_the_sum_agrees_with_a_slow_loop(z: list[float]) -> None:
    held, expected = 0.0, []
    for day in z:
        held = held if np.isnan(day) else max(0.0, held + day - 0.5)
        expected.append(held)
    assert cusum(z) == pytest.approx(expected, abs=1e-9)
    assert cusum([z, z])[1] == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=7, max_size=30),
    st.lists(st.one_of(st.integers(0, 9), st.none()), min_size=1, max_size=40),
)
def test_ranks_agree_with_a_slow_loop(usual: list[int], live: list[int | None]) -> None:
    """A block counts among what is usual when its last day is 28 days before the ranked block's first."""
    expected = []
    for place, value in enumerate(live):
        old = [x for at, x in enumerate(live[:place]) if x is not None and 3 * place - (3 * at + 2) >= 28]
        known = usual + old
        if value is None or len(known) < 9:
            expected.append(np.nan)
            continue
        above = sum(x > value for x in known) + 0.5 * sum(x == value for x in known)
        expected.append(norm.isf((above + 0.5) / (len(known) + 1)))
    days = [np.nan if value is None else float(value) for value in live]
    assert scores(usual, days) == pytest.approx(expected, nan_ok=True)


def test_ranks_care_for_no_law() -> None:
    rng = np.random.default_rng(0)
    usual, live = rng.normal(size=28), rng.normal(size=50)
    assert scores(np.exp(3 * usual), np.exp(3 * live)) == pytest.approx(scores(usual, live))


def test_means_are_of_the_days_that_are_known() -> None:
    nan = float("nan")
    assert block_means([1.0, nan, 3.0, nan, nan, nan, 4.0]) == pytest.approx([2.0, nan], nan_ok=True)
    assert block_means([[1.0, 2.0, 3.0], [0.0, 0.0, 3.0]]) == pytest.approx(np.array([[2.0], [1.0]]))
    assert block_means([1.0, 2.0]).shape == (0,)


def test_the_limit_is_that_of_the_length_at_hand() -> None:
    """What was found by another program, at 28, 56 and 84 days: about 10.2, 9.6, 9.2 at a share of .05."""
    limits = [alarm_limit(days // decay.BLOCK) for days in (28, 56, 84)]
    assert limits == pytest.approx([9.6, 9.4, 9.2], abs=0.4)
    assert limits[0] > limits[2]


def test_memory_keeps_the_spread() -> None:
    days = with_memory(np.random.default_rng(1).normal(size=(200, 400)), 0.5)
    assert days.std() == pytest.approx(1.0, abs=0.02)
    assert days[:, 0].std() == pytest.approx(1.0, abs=0.12)
    assert np.mean(days[:, 1:] * days[:, :-1]) == pytest.approx(0.5, abs=0.02)


def test_there_is_no_alarm_while_the_sum_stays_under_its_limit() -> None:
    assert alarm_block([5.0, 4.0], limit=5.0) is None  # at the limit is not above it
    assert alarm_block([0.0, 5.1, 6.0], limit=5.0) == 1


def test_lag_one_correlation_is_that_of_the_series() -> None:
    week_to_week = with_memory(np.random.default_rng(4).normal(size=(1, 5000)), 0.6)[0]
    assert lag1_correlation(week_to_week) == pytest.approx(0.6, abs=0.03)
    assert lag1_correlation([1.0, 2.0]) is None
    assert lag1_correlation([3.0] * 9) is None
