"""Days add up to windows that share no row, and are compared with the same days of the week."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pipelines.stats.drift.windows import LEAST_ROWS, MOST_DAYS, Window, same_weekdays, windows

DAY = timedelta(days=1)
FIRST = date(2026, 3, 2)  # a Monday
DAYS = [FIRST + timedelta(days=n) for n in range(120)]


@given(st.lists(st.integers(0, 260), min_size=1, max_size=60))
def test_windows_share_no_day_and_leave_none_out(rows: list[int]) -> None:
    by_day = dict(zip(DAYS, rows, strict=False))
    found = windows(by_day, FIRST, DAYS[len(rows) - 1])
    days = [day for window in found for day in window.days]
    assert days == DAYS[: len(days)]
    left = rows[len(days) :]
    assert len(left) < MOST_DAYS and sum(left) < LEAST_ROWS
    for window in found:
        assert window.rows == sum(by_day[day] for day in window.days)
        assert window.rows >= LEAST_ROWS or len(window.days) == MOST_DAYS
        assert sum(by_day[day] for day in window.days[:-1]) < LEAST_ROWS


def test_a_saturday_is_compared_with_eight_saturdays() -> None:
    saturday = DAYS[96 + 5 - 96 % 7]
    past = same_weekdays(Window(saturday, saturday, 300), DAYS)
    assert past == {saturday - timedelta(weeks=n + 1): n for n in range(8)}


def test_days_of_campaigns_and_without_rows_are_passed_over() -> None:
    monday = FIRST + timedelta(weeks=12)
    without = [monday - timedelta(weeks=1), monday - timedelta(weeks=3)]
    seen = [day for day in DAYS if day != without[1]]
    past = same_weekdays(Window(monday, monday, 300), seen, apart=[without[0]])
    assert sorted(past, reverse=True) == [monday - timedelta(weeks=n) for n in (2, 4, 5, 6, 7, 8, 9, 10)]


def test_a_window_of_days_has_groups_like_itself() -> None:
    first = FIRST + timedelta(weeks=10)
    past = same_weekdays(Window(first, first + timedelta(days=2), 210), DAYS)
    assert len(past) == 24
    newest = sorted(day for day, group in past.items() if group == 0)
    assert newest == [first - timedelta(weeks=1) + timedelta(days=n) for n in range(3)]


def test_a_young_store_has_no_past() -> None:
    assert same_weekdays(Window(FIRST, FIRST, 300), DAYS) == {}


def test_days_apart_among_usual_ones_add_no_rows_and_alone_they_are_windows_of_their_own():
    days = [date(2026, 5, 1) + n * DAY for n in range(6)]
    rows = dict.fromkeys(days, 150)
    found = windows(rows, days[0], days[-1], apart={days[1], days[3], days[4]})
    assert [(window.first, window.last, window.rows) for window in found] == [
        (days[0], days[2], 300),  # the second day counts for nothing
        (days[3], days[4], 300),  # two days apart together
    ]


def test_only_weekdays_of_usual_days_are_looked_for_unless_there_is_none():
    monday = date(2026, 5, 4)
    seen = [monday - n * DAY for n in range(1, 29)]
    window = Window(monday, monday + DAY, 400)
    assert {day.weekday() for day in same_weekdays(window, seen, {monday + DAY})} == {0}
    assert {day.weekday() for day in same_weekdays(window, seen, set(window.days))} == {0, 1}
