"""The days on which software breaks are what they are called."""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipelines.ops import any_day, clock
from pipelines.stats import calendar

LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")  # the demo's store, and the world's sales
DAYS = {day.name: clock.moment(day.at) for day in any_day.SMOKE}


def test_black_friday_lies_in_a_freeze_of_the_calendar() -> None:
    moment = DAYS["Black Friday, 17:00 in New York"]
    assert f"{moment.astimezone(NEW_YORK):%A %H:%M}" == "Friday 17:00"
    [freeze] = calendar.proposed(moment, LONDON, n=1)
    assert freeze.starts_at <= moment < freeze.ends_at


@pytest.mark.parametrize("way", ["forward", "back"])
def test_a_clock_changes_two_minutes_later(way: str) -> None:
    moment = DAYS[f"two minutes before the store's clock goes {way}"].astimezone(LONDON)
    change = (moment + timedelta(days=1)).utcoffset() - moment.utcoffset()
    assert change == timedelta(hours=1 if way == "forward" else -1)
    later = [(moment.astimezone(clock.UTC) + timedelta(minutes=n)).astimezone(LONDON).utcoffset() for n in (1, 2)]
    assert later[0] == moment.utcoffset() and later[1] == moment.utcoffset() + change


def test_the_others_are_what_they_say() -> None:
    assert f"{DAYS['31 December, 23:58']:%d %m %H:%M}" == "31 12 23:58"
    assert f"{DAYS['29 February']:%d %m}" == "29 02"
    assert DAYS["a Saturday of a shop that never sells on Saturdays"].weekday() == any_day.SATURDAY


def test_the_shop_that_never_sells_on_saturdays_sells_on_all_other_days(tmp_path: Path) -> None:
    any_day.write_orders(tmp_path / "orders.csv")
    with (tmp_path / "orders.csv").open() as file:
        days = {datetime.fromisoformat(row["ts"]).date() for row in csv.DictReader(file)}
    assert {day.weekday() for day in days} == set(range(7)) - {any_day.SATURDAY}
    assert (max(days) - min(days)).days >= any_day.DAYS_OF_ORDERS - 7


def test_what_fails_is_told_and_stops_nothing() -> None:
    said: list[str] = []
    ask = [sys.executable, "-c", "import os, sys; sys.exit(os.environ['TESTS_AT'] != 'today')"]
    assert any_day.passes("a day", said.append, ask, TESTS_AT="today")
    assert not any_day.passes("another", said.append, ask, TESTS_AT="never")
    assert said == ["--- a day", "--- another"]
