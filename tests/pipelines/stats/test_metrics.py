"""Accuracy figures against plain loops, and None where there is nothing to measure."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats import metrics

numbers = st.lists(st.integers(0, 50), min_size=9, max_size=30)


@given(numbers, st.randoms(use_true_random=False))
def test_every_figure_matches_a_slow_loop(y, random) -> None:
    y_hat = [random.uniform(0, 50) for _ in y]
    error = [f - a for a, f in zip(y, y_hat, strict=True)]
    assert metrics.mae(y, y_hat) == pytest.approx(sum(map(abs, error)) / len(y))
    if sum(y):
        assert metrics.wape(y, y_hat) == pytest.approx(sum(map(abs, error)) / sum(y))
        assert metrics.bias(y, y_hat) == pytest.approx(sum(error) / sum(y))
    step = sum((y[t] - y[t - 1]) ** 2 for t in range(1, len(y))) / (len(y) - 1)
    if step:
        expected = math.sqrt(sum(e * e for e in error) / len(y) / step)
        assert metrics.rmsse(y, y_hat, train=y) == pytest.approx(expected)
    week = sum(abs(y[t] - y[t - 7]) for t in range(7, len(y))) / (len(y) - 7)
    if week:
        assert metrics.mase(y, y_hat, train=y) == pytest.approx(sum(map(abs, error)) / len(y) / week)


def test_figures_are_undefined_rather_than_wrong() -> None:
    assert metrics.wape([0, 0], [1, 1]) is None
    assert metrics.bias([0, 0], [1, 1]) is None
    assert metrics.mase([1.0], [2.0], train=[3, 3, 3, 3, 3, 3, 3, 3, 3]) is None
    assert metrics.rmsse([1.0], [2.0], train=[3.0]) is None
    assert metrics.skill([1.0], [2.0], [1.0]) is None
    assert metrics.mae([np.nan], [1.0]) is None


def test_days_that_were_not_seen_do_not_count() -> None:
    assert metrics.wape([10, np.nan], [5, 100]) == 0.5


def test_mase_falls_back_to_the_day_before_in_a_short_history() -> None:
    assert metrics.mase([4.0], [2.0], train=[1, 2, 3]) == 2.0


def test_coverage_counts_actuals_at_or_under_their_quantile() -> None:
    assert metrics.coverage([1, 2, 3, 4], [1, 1, 5, 4]) == 0.75


@given(st.lists(st.floats(0, 100), min_size=1, max_size=40), st.sampled_from([0.5, 0.9, 0.95]))
def test_pinball_is_least_at_the_quantile_itself(y, level) -> None:
    ordered = sorted(y)
    quantile = ordered[max(0, math.ceil(level * len(y)) - 1)]
    best = metrics.pinball(y, [quantile] * len(y), level)
    for other in (quantile - 1, quantile + 1):
        assert best <= metrics.pinball(y, [other] * len(y), level) + 1e-9


def test_figures_by_series_equal_figures_one_by_one() -> None:
    rng = np.random.default_rng(0)
    train, y, y_hat = rng.poisson(3, (5, 60)) * 1.0, rng.poisson(3, (5, 28)) * 1.0, rng.uniform(0, 6, (5, 28))
    train[0, :20] = np.nan
    scale = metrics.naive_scale(train, lag=1, power=2)
    together = metrics.rmsse_by_series(y, y_hat, scale)
    alone = [metrics.rmsse(y[i], y_hat[i], train[i][~np.isnan(train[i])]) for i in range(5)]
    assert together == pytest.approx(alone)
    weekly = metrics.mase_by_series(y, y_hat, metrics.naive_scale(train, lag=7, power=1))
    assert weekly == pytest.approx([metrics.mase(y[i], y_hat[i], train[i][~np.isnan(train[i])]) for i in range(5)])


def test_a_series_that_never_moved_has_no_rmsse() -> None:
    flat = metrics.naive_scale(np.full((1, 30), 2.0), lag=1, power=2)
    assert np.isnan(metrics.rmsse_by_series(np.ones((1, 3)), np.zeros((1, 3)), flat)).all()
