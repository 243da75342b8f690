"""The shop's total lifts its variants halfway; Prophet learns it, with holidays and the shop's own events."""

import logging
from datetime import date, timedelta

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.contract import Event
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.shop_total import forecast_total, scale_to_total

START = date(2025, 1, 6)


def a_shop(total: np.ndarray, events: tuple[Event, ...] = (), country: str = "GB") -> History:
    y = total[None].astype(np.float32)
    panel = Panel(np.arange(1), np.datetime64(START), y, np.ones(y.shape, dtype=bool), np.zeros(1, dtype=np.int64))
    return History(panel, np.array([""]), total.astype(float), country, events)


def test_every_day_moves_halfway_in_ratio() -> None:
    y_hat = np.array([[1.0, 1.0], [3.0, 1.0]])
    assert scale_to_total(y_hat, np.array([16.0, 2.0])).tolist() == [[2, 1], [6, 1]]


def test_it_moves_by_a_factor_of_four_at_most() -> None:
    y_hat = np.ones((1, 2))
    assert scale_to_total(y_hat, np.array([1e6, 0.0])).tolist() == [[4, 0.25]]


def test_a_day_on_which_nothing_is_expected_stays_empty() -> None:
    assert scale_to_total(np.zeros((2, 1)), np.array([5.0])).tolist() == [[0], [0]]


def test_a_growing_shop_with_strong_weekends_is_followed() -> None:
    day = np.arange(200)
    total = (100 + day) * np.where(day % 7 >= 5, 1.5, 1.0)
    ahead = np.arange(200, 228)
    expected = (100 + ahead) * np.where(ahead % 7 >= 5, 1.5, 1.0)
    said = forecast_total(a_shop(total), 28)
    assert np.abs(said - expected).sum() / expected.sum() < 0.05


def test_an_event_that_was_seen_before_is_expected_again() -> None:
    total = np.full(150, 100.0) + np.random.default_rng(0).normal(0, 3, 150)
    days = (60, 120, 157)
    total[list(days[:2])] *= 4
    sale = [START + timedelta(days=number) for number in days]
    said = forecast_total(a_shop(total, tuple(Event("Sale", day, day) for day in sale)), 14)
    assert said[157 - 150] > 2 * np.median(said)


@pytest.mark.parametrize("total", [np.arange(20.0), np.full(100, 7.0)])
def test_too_short_or_flat_a_history_has_no_forecast_of_its_total(total) -> None:
    assert forecast_total(a_shop(total), 7) is None


def test_a_country_that_is_not_known_has_no_holidays() -> None:
    assert forecast_total(a_shop(50 + np.arange(60.0) % 7, country="ZZ"), 7) is not None
    assert forecast_total(a_shop(50 + np.arange(60.0) % 7, country=""), 7) is not None


def test_it_is_repeatable_and_never_negative() -> None:
    shop = a_shop(np.maximum(0, 80.0 - np.arange(100)) + np.arange(100) % 7)
    said = forecast_total(shop, 28)
    assert (said >= 0).all()
    assert np.array_equal(said, forecast_total(shop, 28))


def test_logging_is_as_before_afterwards() -> None:
    logger = logging.getLogger("cmdstanpy")
    before = logger.level
    forecast_total(a_shop(50 + np.arange(60.0) % 7), 7)
    assert logger.level == before
