"""A quantile of buckets is that of the values, to the width of a bucket, and its range covers the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipelines.stats import histograms

BOUNDS = [number / 20 for number in range(1, 41)]


def counted(values) -> list[int]:
    counts = [0] * (len(BOUNDS) + 1)
    for value in values:
        counts[histograms.bucket(value, BOUNDS)] += 1
    return counts


@pytest.mark.parametrize("n", [20, 200, 5000])
def test_it_is_the_quantile_of_the_values_to_the_width_of_a_bucket(n):
    values = np.random.default_rng(n).gamma(4, 0.2, n).clip(0, 1.99)
    found = histograms.quantile(0.75, counted(values), BOUNDS)
    assert found.value == pytest.approx(np.quantile(values, 0.75), abs=0.06 + 1 / n)
    assert found.n == n


def test_its_range_covers_the_truth_19_of_20_times():
    draws = np.random.default_rng(7).gamma(4, 0.2, (2000, 150))
    truth = np.quantile(np.random.default_rng(8).gamma(4, 0.2, 1_000_000), 0.75)
    found = [histograms.quantile(0.75, counted(values), BOUNDS) for values in draws]
    covered = np.mean([each.low <= truth <= each.high for each in found])
    assert 0.93 <= covered <= 0.98


def test_nothing_counted_has_none():
    assert histograms.quantile(0.75, [0, 0], [1.0]) is None


def test_what_lies_beyond_all_bounds_is_infinite():
    assert histograms.quantile(0.75, [1, 9], [1.0]).value == math.inf


def test_one_value_is_its_own_bucket():
    found = histograms.quantile(0.75, [0, 1, 0], [1.0, 2.0])
    assert 1.0 <= found.low <= found.value <= found.high <= 2.0
