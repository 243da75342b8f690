"""A shop's peak hours, on weekdays and on weekends."""

from __future__ import annotations

from math import nan
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.peak_hours import classes_with_peaks, peak_hours

NEW_YORK = ZoneInfo("America/New_York")
ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 23), st.integers(0, 10_000).map(float)))


@given(ROWS)
def test_peak_hours_bring_a_fifth_of_the_revenue_and_none_of_them_could_be_left_out(rows: list[tuple]) -> None:
    found = peak_hours(rows)
    for name, days in (("weekday", range(5)), ("weekend", range(5, 7))):
        by_hour = {hour: sum(row[2] for row in rows if row[0] in days and row[1] == hour) for hour in range(24)}
        brought, needed = [by_hour[hour] for hour in found[name]], 0.2 * sum(by_hour.values())
        assert sum(brought) >= needed
        assert not brought or sum(brought) - min(brought) < needed
        assert all(by_hour[hour] <= min(brought) for hour in range(24) if brought and hour not in found[name])


def test_revenue_that_is_not_a_number_or_given_back_makes_no_peak() -> None:
    assert peak_hours([(0, 9, nan), (0, 10, 50.0), (0, 11, -200.0)]) == {"weekday": [10], "weekend": []}


def test_a_class_without_sales_is_not_waited_for() -> None:
    assert classes_with_peaks(peak_hours([(0, 9, 1.0)])) == {"weekday"}
    assert classes_with_peaks({}) == frozenset()
