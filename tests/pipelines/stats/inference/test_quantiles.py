"""The quantile is the one that a slow walk along the probabilities finds."""

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import gamma

from pipelines.stats.inference.quantiles import (
    expected_shortfall,
    negative_binomial_quantile,
    probability_within,
    smooth_quantile,
    sum_variance,
)

MEANS = st.floats(min_value=0.01, max_value=300)
RATIOS = st.floats(min_value=1.01, max_value=30)
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


def walked_quantile(mean: float, variance: float, level: float) -> int:
    """Add up probabilities one by one until the level is reached."""
    size, success = mean * mean / (variance - mean), mean / variance
    total, count = 0.0, -1
    while total < level:
        count += 1
        log_ways = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        total += math.exp(log_ways + size * math.log(success) + count * math.log1p(-success))
    return count


@given(mean=MEANS, ratio=RATIOS, level=LEVELS)
def test_it_equals_a_slow_walk_along_the_probabilities(mean, ratio, level):
    fast = float(negative_binomial_quantile(mean, mean * ratio, level))
    slightly_less, slightly_more = level - 1e-9, level + 1e-9
    assert walked_quantile(mean, mean * ratio, slightly_less) <= fast
    assert fast <= walked_quantile(mean, mean * ratio, slightly_more)


@pytest.mark.parametrize(
    ("mean", "level", "published"), [(10.0, 0.95, 15), (1.0, 0.99, 4), (0.05, 0.95, 0), (4.0, 0.5, 4)]
)
def test_it_is_poisson_when_the_variance_is_not_above_the_mean(mean, level, published):
    assert negative_binomial_quantile(mean, mean, level) == published
    assert negative_binomial_quantile(mean, mean / 2, level) == published


def test_nothing_expected_needs_no_stock():
    assert negative_binomial_quantile([0.0, 0.0], [0.0, 5.0], 0.99).tolist() == [0.0, 0.0]


def test_it_covers_as_often_as_asked():
    random = np.random.default_rng(7)
    mean, variance = 6.0, 21.0
    drawn = random.negative_binomial(mean**2 / (variance - mean), mean / variance, size=200_000)
    quantile = negative_binomial_quantile(mean, variance, 0.95)
    assert np.mean(drawn <= quantile) >= 0.95
    assert np.mean(drawn <= quantile - 1) < 0.95


def test_a_variance_barely_above_the_mean_joins_poisson_without_a_jump():
    gaps = 10.0 ** -np.arange(1.0, 14.0)
    quantiles = negative_binomial_quantile(10.0, 10.0 * (1 + gaps), 0.95)
    assert set(quantiles[2:]) == {15.0}


def test_arguments_broadcast_and_unknown_stays_unknown():
    table = negative_binomial_quantile([[5.0], [np.nan]], 12.0, [0.8, 0.95])
    assert table.shape == (2, 2)
    assert np.isnan(table[1]).all() and not np.isnan(table[0]).any()
    assert np.isnan(negative_binomial_quantile(0.0, np.nan, 0.9))


@pytest.mark.parametrize(
    ("mean", "variance", "level"), [(-1, 1, 0.9), (1, -1, 0.9), (1, 1, 0), (1, 1, 1), (1, 1, np.nan)]
)
def test_it_refuses_what_makes_no_sense(mean, variance, level):
    with pytest.raises(ValueError):
        negative_binomial_quantile(mean, variance, level)


def test_a_hundred_thousand_variants_take_under_two_seconds():
    random = np.random.default_rng(0)
    mean = random.lognormal(1, 2, 100_000)
    start = time.process_time()
    quantiles = negative_binomial_quantile(mean, mean * (1 + random.lognormal(0, 1.5, 100_000)), 0.95)
    assert time.process_time() - start < 2
    assert np.isfinite(quantiles).all()


def walked(mean, variance, upto=5000):
    """List the probabilities of 0, 1, 2, … one by one."""
    counts = np.arange(upto)
    if variance <= mean:
        logs = counts * math.log(mean) - mean - np.array([math.lgamma(count + 1) for count in counts])
        return np.exp(logs)
    size, success = mean * mean / (variance - mean), mean / variance
    ways = np.array([math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1) for k in counts])
    return np.exp(ways + size * math.log(success) + counts * math.log1p(-success))


@given(mean=st.floats(0.05, 100), ratio=st.sampled_from([0.5, 1.0, 1.3, 4.0, 12.0]), stock=st.integers(-3, 200))
def test_what_a_stock_misses_and_covers_equals_a_slow_sum(mean, ratio, stock):
    probabilities = walked(mean, mean * ratio)
    missed = np.maximum(np.arange(5000) - max(stock, 0), 0) @ probabilities
    within = probabilities[: max(stock + 1, 0)].sum()
    assert expected_shortfall(mean, mean * ratio, stock) == pytest.approx(missed, abs=1e-6)
    assert probability_within(mean, mean * ratio, stock) == pytest.approx(within, abs=1e-9)


def test_the_quantile_is_the_first_stock_that_covers_the_level():
    means = np.array([0.3, 5.0, 80.0])
    variances = sum_variance(means, 1.4, 0.3)
    quantiles = negative_binomial_quantile(means, variances, 0.95)
    assert (probability_within(means, variances, quantiles) >= 0.95).all()
    assert (probability_within(means, variances, quantiles - 1) < 0.95).all()


def test_chance_grows_with_the_mean_and_model_error_with_its_square():
    assert sum_variance([0.0, 10.0, 100.0], [1.0, 1.5, 1.5], 0.3).tolist() == [0.0, 24.0, 1050.0]


def test_no_demand_misses_nothing_and_an_unknown_stock_is_unknown():
    assert expected_shortfall(0.0, 0.0, 0.0) == 0.0
    assert probability_within(0.0, 0.0, 0.0) == 1.0
    assert np.isnan(expected_shortfall(5.0, 9.0, np.nan)) and np.isnan(probability_within(5.0, 9.0, np.nan))


@given(mean=st.floats(0.5, 100), ratio=st.floats(1, 4), level=st.sampled_from([0.1, 0.25, 0.75, 0.9]))
def test_a_range_for_drawing_lies_near_the_true_one(mean, ratio, level):
    assume(mean / ratio > 0.5)
    exact = gamma.ppf(level, mean / ratio, scale=ratio)
    assert smooth_quantile(mean, mean * ratio, level) == pytest.approx(exact, abs=0.06 * mean + 0.02)


def test_a_range_for_drawing_keeps_its_order_and_never_sinks_below_zero():
    means = np.linspace(0, 5, 50)
    drawn = [smooth_quantile(means, means * 6, level) for level in (0.1, 0.25, 0.75, 0.9)]
    assert all((low <= high).all() for low, high in itertools.pairwise(drawn))
    assert drawn[0].min() == 0.0
    assert smooth_quantile(3.0, 0.0, 0.9) == 3.0
