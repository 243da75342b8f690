"""Histories that a merchant would forecast right by eye, and a plain mean of methods would not."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from pipelines.stats.splits import rolling_origins
from pipelines.usecases.contract import Frames
from pipelines.usecases.demand_forecast.judging.evaluation import evaluate
from pipelines.usecases.demand_forecast.learning.history import history_of
from pipelines.usecases.demand_forecast.model import Forecast, fit, predict_panel

LAST_DAY = date(2026, 11, 22)  # a Sunday


def frames_of(y: np.ndarray, first: np.ndarray | None = None, last_day: date = LAST_DAY) -> Frames:
    """Turn units (series, days up to the last one) into frames; days before a series' first one are left out."""
    n, days = y.shape
    begun = np.zeros(n, dtype=np.int64) if first is None else first
    dates = pd.date_range(end=last_day, periods=days, freq="D")
    rows = pd.DataFrame(
        {"unique_id": np.repeat(np.arange(n), days), "ds": np.tile(dates, n), "y": y.reshape(-1).astype("float32")}
    )
    there = (np.arange(days) >= begun[:, None]).reshape(-1)
    series = pd.DataFrame({"unique_id": np.arange(n), "product_type": "Things", "first_day": dates[begun]})
    return Frames({"daily_sales": rows[there].reset_index(drop=True), "series": series}, last_day, "GB")


def forecast(frames: Frames) -> Forecast:
    return predict_panel(fit(frames, horizon=28), frames, horizon=28)


def a_christmas(years: float, n: int = 30, seed: int = 0) -> tuple[Frames, np.ndarray]:
    """Sell eight times as much in the four weeks before Christmas; give what is known and what comes."""
    rng = np.random.default_rng(seed)
    days = int(365 * years)
    dates = np.array([LAST_DAY + timedelta(days=k - days + 1) for k in range(days + 28)])
    peak = np.array([(day.month, day.day) >= (11, 27) and (day.month, day.day) <= (12, 24) for day in dates])
    mean = rng.lognormal(0.7, 0.6, n)[:, None] * np.where(peak, 8.0, 1.0)
    return frames_of(rng.poisson(mean[:, :days])), mean[:, days:]


@pytest.mark.parametrize(("years", "low", "high"), [(5.2, 0.7, 1.4), (2.2, 0.6, 1.5), (1.9, 0.5, 2), (1.2, 0.5, 2)])
def test_christmas_is_expected_as_it_was(years: float, low: float, high: float) -> None:
    frames, expected = a_christmas(years)
    said = forecast(frames).mean
    assert low <= said.sum() / expected.sum() <= high


@pytest.mark.parametrize("days", [5 * 365, 200])
def test_a_shop_that_is_closed_at_weekends_expects_nothing_then(days: int) -> None:
    rng = np.random.default_rng(0)
    open_days = np.arange(days - 1, -1, -1) % 7 >= 2  # the last day is a Sunday
    y = rng.poisson(rng.lognormal(0.5, 0.8, 40)[:, None] * open_days)
    said = forecast(frames_of(y)).mean
    weekend = np.isin(np.arange(28) % 7, (5, 6))
    assert said[:, weekend].sum() == 0
    assert said.sum() == pytest.approx(4 * y[:, -28:].sum() / 4, rel=0.15)


def test_three_sales_in_120_days_are_next_to_nothing_a_day() -> None:
    y = np.zeros((20, 120))
    for row, sales in enumerate(np.random.default_rng(1).permuted(np.tile(np.arange(120), (20, 1)), axis=1)[:, :3]):
        y[row, sales] = 1
    said = forecast(frames_of(y)).mean.mean(axis=1)
    assert said.min() >= 0 and said.max() <= 0.2


@pytest.mark.parametrize("draw", [None, 1, 2])
def test_a_launch_with_a_rush_settles(draw: int | None) -> None:
    """Three products sell 40 on their first day and two a day after that; in week three two a day are expected."""
    rng = np.random.default_rng(draw or 0)
    y = np.vstack([rng.poisson(3, (20, 200)), np.zeros((3, 200), int)])
    y[20:, -15:] = 2 if draw is None else rng.poisson(2, (3, 15))
    y[20:, -15] = 40
    said = forecast(frames_of(y, np.array([0] * 20 + [185] * 3))).mean
    assert np.all((said[20:, :7].mean(axis=1) >= 1.5) & (said[20:, :7].mean(axis=1) <= 2.5))


def test_young_products_beside_old_ones_are_forecast_and_not_scored() -> None:
    rng = np.random.default_rng(3)
    y, first = rng.poisson(2, (55, 1000)), np.array([0] * 50 + [979] * 5)
    frames = frames_of(y, first)
    history = history_of(frames)
    assert all(not history.until(cut).worth_scoring()[50:].any() for cut in rolling_origins(1000).cuts)
    assert evaluate(frames).figures["candidate"]["series"] == 50
    said = forecast(frames).mean[50:].mean(axis=1)
    assert np.all((said > 1) & (said < 3))
