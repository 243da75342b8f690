"""Sparklines of a whole shop: each point as plain arithmetic places it, and quickly."""

import time

import numpy as np
import pytest

from pipelines.usecases.demand_forecast.sparklines import sparklines
from tests.pipelines.charts.drawings import numbers, parsed


def a_shop(variants, seed=0):
    """Draw sales and forecasts of some variants."""
    random = np.random.default_rng(seed)
    mean = random.gamma(2.0, 1.0, size=(variants, 28))
    out = random.random((variants, 28)) < 0.1
    sold = np.where(out, 0, random.poisson(2.0, size=(variants, 28))).astype(np.float32)
    return sold, out, mean, mean * 0.5, mean * 2


def slow_sparkline(sold, mean, low, high):
    """Place every point with plain arithmetic."""
    top = max([*sold, *mean, *high]) or 1.0
    x = [128 * place / 55 for place in range(56)]
    y = lambda value: 28.5 - value / top * 26.8  # noqa: E731
    back = [(x[day], y(value)) for day, value in enumerate(sold)]
    start = back[-1]
    ahead = [start, *((x[28 + day], y(value)) for day, value in enumerate(mean))]
    upper = [(x[28 + day], y(value)) for day, value in enumerate(high)]
    lower = [(x[28 + day], y(value)) for day, value in enumerate(low)]
    return [[start, *upper, *lower[::-1]], back, ahead]


def test_sparklines_place_every_point_as_plain_arithmetic_does():
    sold, out, mean, low, high = a_shop(20)
    sold[3] = mean[3] = low[3] = high[3] = 0
    drawn = sparklines(sold, out, mean, low, high, ["Thing"] * 20)
    for row, svg in enumerate(drawn):
        for path, expected in zip(
            parsed(svg).iter("path"), slow_sparkline(sold[row], mean[row], low[row], high[row]), strict=True
        ):
            np.testing.assert_allclose(numbers(path), expected, atol=0.0501 + 1e-6)


def test_sparklines_grey_the_days_without_stock():
    sold, out, mean, low, high = a_shop(3)
    out[:] = False
    out[1, 4:6] = out[1, 27] = True
    out[2, 0] = True
    plain, two, first = (
        list(parsed(svg).iter("rect")) for svg in sparklines(sold, out, mean, low, high, ["a", "b", "c"])
    )
    step = 128 / 55
    assert plain == [] and len(two) == 2
    assert float(two[0].get("x")) == pytest.approx(3.5 * step, abs=0.06)
    assert float(two[0].get("width")) == pytest.approx(2 * step, abs=0.06)
    assert first[0].get("x") == "0.0"


def test_sparklines_escape_names():
    svg = sparklines(*a_shop(1), names=['<b> & "quotes"'])[0]
    assert parsed(svg).get("aria-label").endswith('for <b> & "quotes"')


def test_fifty_thousand_sparklines_take_under_five_seconds():
    shop = a_shop(50_000)
    start = time.process_time()
    drawn = sparklines(*shop, names=["Thing"] * 50_000)
    assert time.process_time() - start < 5 and len(drawn) == 50_000
