"""Freezes that the calendar proposes, and until when a set of them holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.calendar import black_friday_weekend, frozen_until, merged, proposed, thanksgiving

NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 11, 1, tzinfo=UTC)


def at(hours: int) -> datetime:
    return START + timedelta(hours=hours)


WINDOWS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: (at(pair[0]), at(pair[1]))))


@pytest.mark.parametrize(("year", "day"), [(2023, 23), (2024, 28), (2025, 27), (2026, 26), (2029, 22), (2030, 28)])
def test_thanksgiving_is_the_fourth_thursday(year: int, day: int) -> None:
    assert thanksgiving(year) == date(year, 11, day)


def test_black_friday_weekend_runs_from_thursday_to_the_end_of_cyber_monday_on_the_stores_clock() -> None:
    freeze = black_friday_weekend(2026, NEW_YORK)
    assert freeze.starts_at == datetime(2026, 11, 26, 5, tzinfo=UTC)
    assert freeze.ends_at == datetime(2026, 12, 1, 5, tzinfo=UTC)


def test_a_freeze_that_has_begun_is_proposed_until_it_is_over() -> None:
    end = black_friday_weekend(2026, NEW_YORK).ends_at
    assert [freeze.key for freeze in proposed(end - timedelta(seconds=1), NEW_YORK)] == [
        "black_friday_2026",
        "black_friday_2027",
    ]
    assert [freeze.key for freeze in proposed(end, NEW_YORK, 1)] == ["black_friday_2027"]


def test_windows_that_overlap_or_touch_are_one() -> None:
    assert merged([(at(5), at(8)), (at(0), at(2)), (at(2), at(3)), (at(6), at(7)), (at(9), at(9))]) == [
        (at(0), at(3)),
        (at(5), at(8)),
    ]


@given(WINDOWS, st.integers(0, 40))
def test_frozen_until_is_the_first_moment_that_no_window_holds(windows: list[tuple], hour: int) -> None:
    end = hour
    while any(start <= at(end) < stop for start, stop in windows):
        end += 1
    assert frozen_until(windows, at(hour)) == (at(end) if end > hour else None)
