"""Whole weeks are resampled; four are the least."""

import numpy as np
import pytest

from pipelines.stats.significance import bootstrap_total


def test_less_than_four_weeks_have_no_interval() -> None:
    assert bootstrap_total([1, 2, 3], seed=0) is None


def test_the_same_seed_gives_the_same_interval() -> None:
    weeks = np.random.default_rng(0).normal(size=9)
    assert bootstrap_total(weeks, seed=1) == bootstrap_total(weeks, seed=1)
    assert bootstrap_total(weeks, seed=1) != bootstrap_total(weeks, seed=2)


def test_the_interval_agrees_with_the_normal_law_for_many_weeks() -> None:
    weeks = np.random.default_rng(0).normal(5, 10, 400)
    interval = bootstrap_total(weeks, seed=0)
    half = 1.96 * weeks.std() * np.sqrt(len(weeks))
    assert interval.value == pytest.approx(weeks.sum())
    assert interval.high - interval.value == pytest.approx(half, rel=0.08)
    assert interval.value - interval.low == pytest.approx(half, rel=0.08)


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    held = []
    for seed in range(400):
        interval = bootstrap_total(rng.normal(2, 6, 12), seed=seed, draws=400)
        held.append(interval.low <= 24 <= interval.high)
    assert 0.86 <= np.mean(held) <= 0.97  # twelve weeks: the percentile interval is a little short
