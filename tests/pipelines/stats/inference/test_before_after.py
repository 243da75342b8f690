"""Before and after are compared by weeks, at the error that is promised, whatever the weeks are like."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from pipelines.stats.inference.before_after import ALPHA, LOOKS, ratio

UNITS = [10_000] * 8


def test_the_bounds_are_the_ratios_that_a_t_test_does_not_refuse() -> None:
    before, after = [230, 170, 220, 180, 210, 190, 240, 160], [150, 170]
    found = ratio((before, UNITS), (after, UNITS[:2]))
    was, now = (2 * np.sqrt(np.array(each) + 0.375) for each in (before, after))
    for bound in (float(found.low), float(found.high)):
        root = math.sqrt(bound)
        spread = was.std(ddof=1) * math.sqrt(1 / 2 + bound / 8)
        statistic = abs(now.mean() - root * was.mean()) / spread
        assert 2 * t.sf(statistic, 7) * len(LOOKS) == pytest.approx(ALPHA)
    assert found.low < found.value < found.high


def test_weeks_that_are_all_alike_are_no_surer_than_counting_allows() -> None:
    found = ratio(([100] * 8, UNITS), ([100], [10_000]))
    assert found.high - found.low > 4 / math.sqrt(100)


def test_what_counts_is_orders_of_a_unit() -> None:
    same = ratio(([100] * 8, UNITS), ([10], [1_000]))
    assert same.value == pytest.approx(1, abs=0.05)
    full = ratio(([100] * 8, UNITS), ([100], [10_000]))
    assert same.high - same.low > full.high - full.low  # a tenth of the units is less sure


def test_many_are_compared_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    before, after = rng.poisson(50, (5, 8)), rng.poisson(50, (5, 2))
    many = ratio((before, np.full((5, 8), 1000)), (after, np.full((5, 2), 900)))
    for place in range(5):
        one = ratio((before[place], [1000] * 8), (after[place], [900] * 2))
        assert (many.low[place], many.high[place]) == (pytest.approx(one.low), pytest.approx(one.high))


def test_two_weeks_or_next_to_no_orders_say_nothing() -> None:
    assert np.isnan(ratio(([100] * 2, UNITS[:2]), ([1], [10_000])).high)
    assert np.isnan(ratio(([1, 0, 0], UNITS[:3]), ([0], [10_000])).high)
    assert np.isnan(ratio(([100] * 8, UNITS), ([], [])).high)


def test_a_week_without_units_is_refused() -> None:
    with pytest.raises(ValueError, match="has units"):
        ratio(([100] * 3, [100, 100, 0]), ([100], [100]))
