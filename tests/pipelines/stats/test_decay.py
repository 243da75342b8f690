"""Decay is told soon, and a forecast that has not decayed is left alone for a year."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.stats.decay import (
    LEAST_LIMIT,
    alarm_day,
    alarm_limit,
    cusum,
    lag1_correlation,
    z_scores,
)


def days_with_memory(rng: np.random.Generator, memory: float, size: tuple[int, int]) -> np.ndarray:
    """Draw standard normal days, each correlated with the one before."""
    days = rng.normal(size=size)
    for day in range(1, size[1]):
        days[:, day] = memory * days[:, day - 1] + np.sqrt(1 - memory**2) * days[:, day]
    return days


@settings(deadline=None)
@given(st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=1, max_size=60))
def test_the_sum_agrees_with_a_slow_loop(z: list[float]) -> None:
    held, expected = 0.0, []
    for day in z:
        held = held if np.isnan(day) else max(0.0, held + day - 0.5)
        expected.append(held)
    assert cusum(z) == pytest.approx(expected, abs=1e-9)
    assert cusum([z, z])[1] == pytest.approx(expected, abs=1e-9)


def test_z_scores_keep_unknown_days_unknown() -> None:
    assert z_scores([3.0, float("nan")], mean=1.0, sd=2.0) == pytest.approx([1.0, float("nan")], nan_ok=True)


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.0), (0.0, float("nan")), (float("nan"), 1.0)])
def test_a_backtest_without_spread_is_refused(mean: float, sd: float) -> None:
    with pytest.raises(ValueError, match="standard deviation above 0"):
        z_scores([1.0], mean, sd)


def test_a_limit_is_never_below_five() -> None:
    assert alarm_limit(np.tile([-0.1, 0.1], 50), seed=0) == LEAST_LIMIT


def test_the_same_seed_gives_the_same_limit() -> None:
    backtest = np.random.default_rng(1).normal(size=200)
    assert alarm_limit(backtest, seed=5) == alarm_limit(backtest, seed=5)


@pytest.mark.parametrize("memory", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("days", [84, 365])
def test_a_year_without_decay_is_quiet_nine_times_in_ten(memory: float, days: int) -> None:
    """Forty shops, each with a backtest of its own, which is all it knows of its mean, spread and memory."""
    rng = np.random.default_rng(2)
    backtests = days_with_memory(rng, memory, (40, 100 + days))[:, 100:]
    years = days_with_memory(rng, memory, (200, 465))[:, 100:]
    passed = []
    for backtest in backtests:
        mean, sd = backtest.mean(), backtest.std(ddof=1)
        limit = alarm_limit(z_scores(backtest, mean, sd), seed=0, draws=400)
        passed.append((cusum(z_scores(years, mean, sd)).max(axis=1) > limit).mean())
    assert np.mean(passed) <= 0.12
    assert (cusum(years).max(axis=1) > LEAST_LIMIT).mean() > 0.2  # why five alone would not do


def test_a_real_decay_is_told_within_weeks() -> None:
    rng = np.random.default_rng(3)
    limit = alarm_limit(days_with_memory(rng, 0.3, (1, 365))[0], seed=0)
    worse = days_with_memory(rng, 0.3, (200, 120)) + 1.5
    found = [alarm_day(days, limit) for days in worse]
    assert None not in found
    assert np.median(found) < 28


def test_there_is_no_alarm_day_while_the_sum_stays_under_its_limit() -> None:
    assert alarm_day([5.5, 0.0], limit=5.0) is None  # at the limit is not above it
    assert alarm_day([0.0, 5.6], limit=5.0) == 1


def test_a_limit_takes_two_weeks_of_known_days() -> None:
    with pytest.raises(ValueError, match="at least 14 days of backtest, there are 13"):
        alarm_limit([0.1] * 13 + [float("nan")] * 9, seed=0)


def test_lag_one_correlation_is_that_of_the_series() -> None:
    week_to_week = days_with_memory(np.random.default_rng(4), 0.6, (1, 5000))[0]
    assert lag1_correlation(week_to_week) == pytest.approx(0.6, abs=0.03)
    assert lag1_correlation([1.0, 2.0]) is None
    assert lag1_correlation([3.0] * 9) is None
