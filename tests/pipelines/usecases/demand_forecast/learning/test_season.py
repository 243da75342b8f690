"""Last year's weeks tell this year's, as far as they were a season and not the luck of one year."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.contract import Event
from pipelines.usecases.demand_forecast.backtesting.backtest import Backtest
from pipelines.usecases.demand_forecast.learning.cheap import Cheap
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.season import POWERS, Season, losses_of, power_of, years_before

START = np.datetime64("2024-01-01")


def a_shop(
    y: np.ndarray, kinds: tuple[str, ...] | None = None, events: tuple[Event, ...] = (), country: str = ""
) -> History:
    panel = Panel(np.arange(len(y)), START, y.astype(np.float32), np.ones(y.shape, bool), np.zeros(len(y), np.int64))
    kind = np.array(kinds if kinds is not None else ("",) * len(y), dtype=object)
    return History(panel, kind, y.sum(axis=0, dtype=float), country, events)


def in_summer(days: int) -> np.ndarray:
    """Mark June to August."""
    month = (START + np.arange(days)).astype("datetime64[M]").astype(int) % 12 + 1
    return (month >= 6) & (month <= 8)


def season_at(history: History, cut: int, horizon: int = 28) -> Season:
    return Cheap(history, (), [cut]).season(cut, horizon)


def day(text: str) -> int:
    return int((np.datetime64(text) - START).astype(int))


def test_a_season_seen_once_is_expected_before_it_comes() -> None:
    y = np.full((10, 700), 5.0) * np.where(in_summer(700), 4, 1)
    season = season_at(a_shop(y), day("2025-06-01"))
    assert np.exp(season.log[:, 10:]).min() > 3
    assert season_at(a_shop(y), day("2025-04-01")).index(0.4) == pytest.approx(1, abs=0.02)


def test_with_less_than_a_year_nothing_is_known() -> None:
    season = season_at(a_shop(np.full((3, 392), 2.0)), 392)
    assert np.all(season.index(0.4) == 1)
    assert years_before(393) == [28]


def test_two_years_are_averaged() -> None:
    y = np.full((10, 900), 5.0)
    y[:, day("2024-06-01") : day("2024-09-01")] *= 2
    y[:, day("2025-06-01") : day("2025-09-01")] *= 8
    season = season_at(a_shop(y), day("2026-06-01"))
    assert np.exp(season.log[:, 14]) == pytest.approx(4, rel=0.2)


def test_a_product_type_has_its_own_season_where_it_sells_enough() -> None:
    y = np.full((10, 700), 40.0)
    y[:5] *= np.where(in_summer(700), 4, 1)
    y[5:] *= np.where(in_summer(700), 0.25, 1)
    shop = a_shop(y, ("Parasols",) * 5 + ("Sledges",) * 5)
    log = season_at(shop, day("2025-06-01")).log
    assert log[:5, 14].min() > 0.8
    assert log[5:, 14].max() < -0.5


def test_days_out_of_stock_a_year_ago_are_no_season() -> None:
    y = np.full((10, 700), 5.0)
    shop = a_shop(y)
    out = slice(day("2024-06-01"), day("2024-07-01"))
    shop.panel.y[:5, out], shop.panel.seen[:5, out] = 0, False
    assert season_at(shop, day("2025-06-01")).log == pytest.approx(0, abs=0.05)


def test_a_variant_that_was_not_there_a_year_ago_takes_its_types_season() -> None:
    y = np.full((10, 700), 5.0) * np.where(in_summer(700), 4, 1)
    shop = a_shop(y)
    shop.panel.first[3] = 450
    shop.panel.seen[3, :450], shop.panel.y[3, :450] = False, 0
    log = season_at(shop, day("2025-06-01")).log
    assert log[3, 14] == pytest.approx(log[4, 14], abs=0.1)


def test_small_ratios_are_raised_to_the_power_and_large_ones_believed() -> None:
    season = Season(np.log(np.array([[1.1, 8.0]])), np.zeros(2))
    small, large = season.index(0.4)[0]
    assert small == pytest.approx(1.1**0.4, rel=0.005)
    assert large > 8**0.8
    assert np.all(season.index(None) == 1)


def test_the_power_comes_from_the_shops_past_and_leans_on_the_usual_one() -> None:
    repeats, misleads = np.abs(POWERS - 1), POWERS.copy()
    assert power_of([repeats] * 4) == pytest.approx((4 * 1 + 4 * 0.4) / 8)
    assert power_of([misleads] * 4) == pytest.approx(0.2)
    assert power_of([]) == 0.4


def test_losses_are_those_of_totals_without_days_out_of_stock() -> None:
    season = Season(np.full((1, 2), 1.0), np.zeros(2))
    loss = losses_of(season, np.ones((1, 2)), np.array([[np.e, np.nan]]))
    assert loss[-1] == pytest.approx(0, abs=1e-6)
    assert loss[0] == pytest.approx(np.e - np.exp(0.5))


def test_a_shop_whose_seasons_repeat_learns_to_trust_them() -> None:
    days = 1400
    rng = np.random.default_rng(0)
    wave = np.exp(0.5 * np.sin(2 * np.pi * np.arange(days) / 365.25))
    walk = np.exp(np.repeat(rng.normal(0, 0.3, days // 28 + 1), 28)[:days])
    again, never = (rng.poisson(20 * shape, (20, days)).astype(float) for shape in (wave, walk))
    trusting, doubting = (Backtest(a_shop(y), 0, 14).season_power(days) for y in (again, never))
    assert trusting > 0.7
    assert doubting < 0.3


def test_what_is_decided_on_a_day_knows_nothing_of_the_days_after_it() -> None:
    y = np.random.default_rng(1).poisson(3, (20, 900)).astype(float)
    other = y.copy()
    other[:, 700:] = 100
    assert Backtest(a_shop(y), 0, 14).season_power(700) == Backtest(a_shop(other), 0, 14).season_power(700)


def test_a_holiday_that_moves_is_read_around_its_day_of_that_year() -> None:
    """Easter was 20 April 2025 and is 5 April 2026: what sold in the week before it comes two weeks earlier."""
    y = np.full((10, 900), 5.0)
    y[:, day("2024-03-24") : day("2024-03-31")] *= 5
    y[:, day("2025-04-13") : day("2025-04-20")] *= 5
    ratio = np.exp(season_at(a_shop(y, country="GB"), day("2026-03-15")).log[0])
    assert ratio[14:21].mean() > 2.5
    assert ratio[:5].max() < 1.3


def test_a_holiday_on_which_nothing_sold_expects_next_to_nothing() -> None:
    y = np.full((10, 800), 30.0)
    for year in ("2024", "2025"):
        y[:, day(f"{year}-12-25")] = 0
    lift = season_at(a_shop(y, country="GB"), day("2025-12-20")).lift
    assert np.exp(lift[5]) < 0.1
    assert lift[7:11] == pytest.approx(0, abs=0.05)


def test_an_event_of_the_merchant_is_expected_day_by_day_whenever_it_comes() -> None:
    def sale(first: date) -> Event:
        return Event("Sale", first, first + timedelta(days=2))

    y = np.full((10, 700), 10.0)
    y[:, day("2025-02-03") : day("2025-02-06")] *= np.array([4, 3, 2])
    shop = a_shop(y, events=(sale(date(2025, 2, 3)), sale(date(2025, 6, 17))))
    lift = np.exp(season_at(shop, day("2025-06-15")).lift)
    assert lift[2:5] == pytest.approx([4, 3, 2], rel=0.3)
    assert lift[[0, 1, 5, 6]] == pytest.approx(1)
