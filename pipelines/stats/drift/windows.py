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


def windows(rows: Mapping[date, int], first: date, last: date, least: int = LEAST_ROWS) -> list[Window]:
    """Let days add up to 200 rows, or as said, seven days at most; no two share a row, unfinished ones are left out.

    >>> [(w.first.day, w.last.day, w.rows) for w in windows({date(2026, 5, 1): 250, date(2026, 5, 3): 90},
    ...     date(2026, 5, 1), date(2026, 5, 9))]
    [(1, 1, 250), (2, 8, 90)]
    """
    found: list[Window] = []
    start, day, held = first, first, 0
    while day <= last:
        held += rows.get(day, 0)
        if held >= least or (day - start).days + 1 == MOST_DAYS:
            found.append(Window(start, day, held))
            start, held = day + DAY, 0
        day += DAY
    return found


def same_weekdays(window: Window, seen: Collection[date], apart: Collection[date] = ()) -> dict[date, int]:
    """Give the last eight days before a window of each of its weekdays, with the group (newest 0) of each.

    `seen` are the days with rows, `apart` those of freezes and campaigns, which say nothing of usual days. A group
    (one day of each weekday of the window) is what `compare` sets against all others.
    """
    past: dict[int, list[date]] = defaultdict(list)
    for day in sorted(set(seen) - set(apart), reverse=True):
        if day < window.first:
            past[day.weekday()].append(day)
    wanted = {day.weekday() for day in window.days}
    return {day: n for weekday in wanted for n, day in enumerate(past[weekday][:WEEKS])}
