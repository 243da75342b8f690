"""What the trees know at an origin: paces and rhythm beside the cheap forecast, the calendar of the days ahead."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from pipelines.stats.frames import Panel
from pipelines.usecases.contract import Event
from pipelines.usecases.demand_forecast.learning.ensemble import pooled_week, weekly_profiles
from pipelines.usecases.demand_forecast.learning.features import FLOOR, PACES, OriginFeatures, features_at, holidays_of
from pipelines.usecases.demand_forecast.learning.history import History

START = np.datetime64("2026-01-01")
FLAT = np.ones((1, 28))


def a_shop(y: np.ndarray, first: int = 0, country: str = "", events: tuple[Event, ...] = ()) -> History:
    seen = np.broadcast_to(np.arange(y.shape[1]) >= first, y.shape)
    panel = Panel(np.arange(len(y)), START, y.astype(np.float32), seen.copy(), np.full(len(y), first))
    return History(panel, np.full(len(y), ""), y.sum(axis=0, dtype=float), country, events)


def known(history: History, cut: int, index: np.ndarray = FLAT) -> OriginFeatures:
    members = weekly_profiles(history.panel, [cut])[cut]
    return features_at(history, members, pooled_week(members, history, cut), index, cut)


def steps(days: int, *changes: tuple[int, float]) -> np.ndarray:
    """Sell evenly from one day on and otherwise from a later one."""
    y = np.zeros((1, days))
    for since, units in changes:
        y[:, since:] = units
    return y


def test_paces_are_means_of_the_last_days_beside_the_level() -> None:
    y = steps(200, (0, 2.0), (186, 8.0))
    told = known(a_shop(y), 200)
    level = told.series[0, len(PACES) + 2]
    for place, days in enumerate(PACES):
        mean = y[0, 200 - days :].mean()
        assert told.series[0, place] == pytest.approx(np.log(mean + FLOOR) - level, abs=1e-4)


def test_only_days_that_were_seen_count_in_a_pace() -> None:
    y = steps(200, (190, 5.0))
    told = known(a_shop(y, first=190), 200)
    level = told.series[0, len(PACES) + 2]
    assert told.series[0, 5] == pytest.approx(np.log(5 + FLOOR) - level, abs=1e-4), "of 182 days, ten were seen"


def test_it_knows_how_often_when_last_and_since_when_it_sells() -> None:
    y = np.zeros((2, 200))
    y[0, 193] = 3
    told = known(a_shop(y), 200).series
    often, lately, silence, age = told[0, [9, 10, 12, 13]]
    assert (often, lately) == (pytest.approx(1 / 91), pytest.approx(1 / 28)) and (silence, age) == (6, 200)
    assert told[1, 12] == 91, "nothing sold in a quarter"


def test_the_shops_trend_is_that_of_its_last_month() -> None:
    y = np.concatenate([steps(200, (0, 2.0), (172, 4.0))] * 3)
    before = y.sum(axis=0)
    trend = np.log(before[-28:].mean() + FLOOR) - np.log(before[-91:].mean() + FLOOR)
    assert known(a_shop(y), 200).series[:, 14].tolist() == pytest.approx([trend] * 3)


def test_last_year_is_told_once_it_was_seen() -> None:
    y = steps(500, (0, 2.0), (136, 6.0))
    assert np.isnan(known(a_shop(y), 391).series[0, 15])
    changed = known(a_shop(y), 500).series[0, 15]
    assert changed == pytest.approx(np.log(6 + FLOOR) - np.log(2 + FLOOR), abs=1e-4)


def test_days_ahead_carry_their_calendar() -> None:
    sale = Event("Sale", date(2026, 7, 25), date(2026, 7, 26))
    told = known(a_shop(steps(200, (0, 1.0)), country="GB", events=(sale,)), 200).day  # the first is 20 July
    assert told[:3, 0].tolist() == [0, 1, 2] and told[:, 2].tolist()[:13] == [*range(19, 31), 0]
    assert told[:8, 1].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert np.flatnonzero(told[:, 5]).tolist() == [5, 6]
    assert np.isnan(told[:, 3]).all(), "one year is no season: it would be a trend"
    assert not np.isnan(known(a_shop(steps(728, (0, 1.0))), 728).day[:, 3]).any()


def test_public_holidays_are_marked() -> None:
    told = known(a_shop(steps(350, (0, 1.0)), country="GB"), 350).day  # the first is 17 December
    assert np.flatnonzero(told[:, 4]).tolist() == [8, 9, 11, 15]  # Christmas, Boxing Day and its Monday, New Year
    assert not known(a_shop(steps(350, (0, 1.0))), 350).day[:, 4].any()


def test_each_row_is_one_series_on_one_day_and_starts_from_the_cheap_forecast() -> None:
    y = np.concatenate([steps(100, (0, 2.0)), steps(100, (0, 6.0))])
    index = np.linspace(1, 2, 28)[None, :]
    told = known(a_shop(y), 100, index)
    which, day = np.array([1, 0]), np.array([0, 27])
    rows = told.rows(which, day)
    assert len(rows) == 2 and rows.shape[1] == told.series.shape[1] + 3 + told.day.shape[1] + 1
    assert rows[:, -1].tolist() == pytest.approx([0.0, np.log(2)])
    assert np.exp(told.offset(which, day)).tolist() == pytest.approx([6 + FLOOR, 4 + FLOOR], rel=0.05)


def test_holidays_of_several_years_are_those_of_each() -> None:
    found = holidays_of("GB", (2026, 2027))
    assert {np.datetime64("2026-12-25"), np.datetime64("2027-01-01")} <= found
    assert holidays_of("", (2026,)) == frozenset()
