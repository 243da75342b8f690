"""Red is the law of the release windows, green leaves harm out, and what is not known is neither."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipelines.lifecycle.evidence import windows
from pipelines.stats import claims
from pipelines.stats.drift import shares

LAW = {"allowed": 0.01, "chance": windows.FALSE_BREACHES / 2, "severe": windows.SEVERE}


def test_many_ranges_are_those_of_one_at_a_time() -> None:
    n = np.array([1, 1, 10, 73, 500, 500])
    hits = np.array([0, 1, 3, 0, 7, 500])
    found = claims.wilson(hits, n)
    for place, one in enumerate(map(shares.wilson, hits, n)):
        assert (found.value[place], found.low[place], found.high[place]) == pytest.approx(
            (one.value, one.low, one.high)
        )


def test_red_is_the_law_by_which_a_release_window_is_a_breach() -> None:
    for n in (1, 20, 100, 3000):
        for hits in range(min(n, 60) + 1):
            is_red = bool(claims.over(hits, n, 0.01, LAW["chance"]))
            assert is_red == windows.is_over(hits, n, 0.01)


def test_nothing_counted_is_insufficient_never_green() -> None:
    assert claims.of_shares([0], [0], **LAW).tolist() == ["insufficient"]
    assert all(math.isnan(each[0]) for each in claims.wilson([0], [0]))


def test_a_share_at_what_is_allowed_is_green_with_many_units_and_red_at_none() -> None:
    n = np.array([100, 1000, 10_000])
    assert claims.of_shares(n * 0.01, n, **LAW).tolist() == ["insufficient", "ok", "ok"]


def test_a_truth_at_the_limit_is_seldom_red_and_five_times_it_is_seldom_green() -> None:
    rng = np.random.default_rng(0)
    n = np.full(20_000, 300)
    at_limit = claims.of_shares(rng.binomial(300, 0.01, 20_000), n, **LAW)
    at_five = claims.of_shares(rng.binomial(300, 0.05, 20_000), n, **LAW)
    assert np.mean(at_limit == "breach") <= LAW["chance"] and np.mean(at_five == "ok") <= 0.03


def test_a_quantile_without_an_upper_end_is_not_green_and_one_that_is_surely_over_is_red() -> None:
    ranges = claims.Ranges(
        np.array([10.0, 10.0, 70.0, 55.0]), np.array([9.0, 9.0, 60.0, 40.0]), np.array([np.nan, 11, 80, 60])
    )
    assert claims.of_quantiles(ranges, 50.0).tolist() == ["insufficient", "ok", "breach", "insufficient"]
