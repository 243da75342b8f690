"""The plain rules, checked by hand and by loop."""

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.demand_forecast.learning.baselines import (
    croston_sba,
    moving_average,
    seasonal_naive,
)


def panel(*rows: list[float], unseen: tuple[int, ...] = ()) -> Panel:
    y = np.array(rows, dtype=np.float32)
    seen = np.ones(y.shape, dtype=bool)
    seen[:, list(unseen)] = False
    return Panel(np.arange(len(y)), np.datetime64("2026-01-01"), y, seen, np.zeros(len(y), dtype=np.int64))


def test_seasonal_naive_repeats_the_last_week() -> None:
    assert seasonal_naive(panel(list(range(14))), 9).tolist() == [[7, 8, 9, 10, 11, 12, 13, 7, 8]]


def test_moving_average_leaves_days_out_of_stock_out() -> None:
    shop = panel([4.0] * 20 + [0.0] * 8, unseen=tuple(range(20, 28)))
    assert moving_average(shop, 3).tolist() == [[4, 4, 4]]


def test_a_series_that_was_never_seen_is_forecast_as_zero() -> None:
    assert moving_average(panel([5.0] * 28, unseen=tuple(range(28))), 2).tolist() == [[0, 0]]


def test_croston_equals_its_textbook_recursion() -> None:
    y = np.random.default_rng(0).poisson(0.4, 120).astype(float)
    size = gap = None
    since = 0
    for units in y:
        since += 1
        if units > 0:
            size = units if size is None else size + 0.1 * (units - size)
            gap = since if gap is None else gap + 0.1 * (since - gap)
            since = 0
    assert croston_sba(panel(y.tolist()), 1)[0, 0] == pytest.approx(0.95 * size / gap, rel=1e-5)


def test_croston_forecasts_nothing_for_a_series_that_never_sold() -> None:
    assert croston_sba(panel([0.0] * 30), 2).tolist() == [[0, 0]]
