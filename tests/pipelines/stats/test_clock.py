"""Windows on a store's own clock, also where that clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.clock import HOUR, day_of, day_window, days_touched, hour_of, hours_between, hours_of_day

ZONES = ["America/New_York", "Europe/London", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"]
ANY_ZONE = st.sampled_from(ZONES).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))


@given(ANY_ZONE, st.dates(date(2024, 1, 1), date(2028, 1, 1)))
def test_the_hours_of_a_day_fill_it_without_gap_or_overlap(zone: ZoneInfo, day: date) -> None:
    hours, whole = list(hours_of_day(day, zone)), day_window(day, zone)
    assert (hours[0].starts_at, hours[-1].ends_at) == whole
    assert all(one.ends_at == other.starts_at for one, other in pairwise(hours))
    assert all(timedelta(0) < hour.ends_at - hour.starts_at <= HOUR for hour in hours)


@given(ANY_ZONE, MOMENTS)
def test_a_moment_lies_in_its_hour_and_its_day(zone: ZoneInfo, at: datetime) -> None:
    for span in (hour_of(at, zone), day_of(at, zone)):
        assert span.starts_at <= at < span.ends_at
    assert day_of(at, zone).starts_at.astimezone(zone).date() == at.astimezone(zone).date()


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 4, 5), 24.5), (date(2026, 10, 4), 23.5)])
def test_half_an_hour_of_change_is_a_window_of_its_own(day: date, hours: float) -> None:
    lengths = [hour.ends_at - hour.starts_at for hour in hours_of_day(day, ZoneInfo("Australia/Lord_Howe"))]
    assert sum(lengths, timedelta()) == timedelta(hours=hours)
    assert lengths.count(timedelta(minutes=30)) == 1


def test_hours_begin_on_the_stores_clock_and_not_on_ours() -> None:
    assert hour_of(datetime(2026, 11, 1, 12, tzinfo=UTC), ZoneInfo("Asia/Kathmandu")).starts_at.minute == 15


def test_a_day_that_a_zone_skipped_has_no_hours() -> None:
    assert list(hours_of_day(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))) == []


def test_only_whole_hours_lie_between_two_moments() -> None:
    start, end = datetime(2026, 11, 1, 3, 30, tzinfo=UTC), datetime(2026, 11, 2, 6, 15, tzinfo=UTC)
    found = list(hours_between(start, end, ZoneInfo("America/New_York")))
    assert (found[0].starts_at.hour, found[-1].ends_at.hour, len(found)) == (4, 6, 26)


def test_a_stretch_touches_the_days_on_the_stores_clock_its_end_left_out():
    london = ZoneInfo("Europe/London")
    start, end = datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
    assert [day.day for day in days_touched(start, end, london)] == [24, 25]
    assert [day.day for day in days_touched(start, end + timedelta(seconds=1), london)] == [24, 25, 26]
