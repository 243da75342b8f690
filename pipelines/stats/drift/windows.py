"""Which days make a window, and which days of the past it is compared with (METHODS 4a)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

LEAST_ROWS = 200
MOST_DAYS = 7
WEEKS = 8
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Hold the days, first to last, whose rows are judged together."""

    first: date
    last: date
    rows: int

    @property
    def days(self) -> list[date]:
        """List the days."""
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]


def windows(
    rows: Mapping[date, int], first: date, last: date, least: int = LEAST_ROWS, apart: Collection[date] = ()
) -> list[Window]:
    """Let days add up to 200 rows, or as said, seven days at most; no two share a row, unfinished ones are left out.

    In a window with a usual day those apart (of freezes and events) add nothing: it waits for as many usual rows.

    >>> [(w.first.day, w.last.day, w.rows) for w in windows({date(2026, 5, 1): 250, date(2026, 5, 3): 90},
    ...     date(2026, 5, 1), date(2026, 5, 9))]
    [(1, 1, 250), (2, 8, 90)]
    """
    found: list[Window] = []
    start, day = first, first
    while day <= last:
        window = Window(start, day, 0)
        held = sum(rows.get(each, 0) for each in judged(window, apart))
        if held >= least or len(window.days) == MOST_DAYS:
            found.append(Window(start, day, held))
            start = day + DAY
        day += DAY
    return found


def judged(window: Window, apart: Collection[date]) -> list[date]:
    """Give the days that a window is judged by: its usual ones, or all where none is, as in a freeze.

    >>> window = Window(date(2026, 5, 1), date(2026, 5, 3), 400)
    >>> [day.day for day in judged(window, {date(2026, 5, 2)})], len(judged(window, set(window.days)))
    ([1, 3], 3)
    """
    return [day for day in window.days if day not in apart] or window.days


def same_weekdays(window: Window, seen: Collection[date], apart: Collection[date] = ()) -> dict[date, int]:
    """Give the last eight days before a window of each of its weekdays, with the group (newest 0) of each.

    `seen` are the days with rows, `apart` those of freezes and events, which say nothing of usual days. A group
    (one day of each weekday of the window) is what `compare` sets against all others.
    """
    past: dict[int, list[date]] = defaultdict(list)
    for day in sorted(set(seen) - set(apart), reverse=True):
        if day < window.first:
            past[day.weekday()].append(day)
    wanted = {day.weekday() for day in judged(window, apart)}
    return {day: n for weekday in wanted for n, day in enumerate(past[weekday][:WEEKS])}
