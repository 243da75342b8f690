"""Quiet hours: on the shop's own clock, past midnight, through the nights in which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lifecycle.alerts import quiet

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
CLOCKS = st.times().map(lambda at: at.replace(second=0, microsecond=0))
ZONES = st.sampled_from([ZoneInfo(name) for name in ("Europe/London", "America/New_York", "Asia/Kolkata", "UTC")])


class TestQuietHours:
    @given(MOMENTS, ZONES, CLOCKS, CLOCKS)
    def test_what_waits_is_said_outside_of_them_and_never_before_its_time(self, now, zone, begin, end):
        said = quiet.first_moment(now, zone, begin, end)
        assert said >= now and said - now <= timedelta(days=1, hours=1)
        if said != now:
            assert quiet.is_quiet(now.astimezone(zone).time(), begin, end)

    @given(MOMENTS, ZONES, CLOCKS, CLOCKS)
    def test_what_is_critical_passes(self, now, zone, begin, end):
        assert quiet.first_moment(now, zone, begin, end, passes=True) == now

    @given(CLOCKS, CLOCKS, CLOCKS)
    def test_every_moment_is_quiet_by_day_or_by_night(self, local, begin, end):
        by_day, by_night = quiet.is_quiet(local, begin, end), quiet.is_quiet(local, end, begin)
        assert (by_day != by_night) or begin == end

    def test_they_are_of_the_shops_own_clock(self):
        evening = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)  # 18:30 in New York
        hours = (time(20), time(7))
        assert quiet.first_moment(evening, ZoneInfo("America/New_York"), *hours) == evening
        assert quiet.first_moment(evening, ZoneInfo("UTC"), *hours) == datetime(2026, 11, 20, 7, tzinfo=UTC)

    def test_in_the_night_when_clocks_change_they_end_on_the_clock(self):
        night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # London loses an hour at one o'clock
        said = quiet.first_moment(night, ZoneInfo("Europe/London"), time(20), time(7))
        assert said == datetime(2026, 3, 29, 6, tzinfo=UTC)

    @pytest.mark.parametrize("hours", [(None, None), (time(20), None), (None, time(7)), (time(8), time(8))])
    def test_without_both_ends_there_are_none(self, hours):
        assert quiet.first_moment(NOW, ZoneInfo("UTC"), *hours) == NOW
