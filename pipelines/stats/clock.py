"""Windows of time in a store's own zone: hours that begin on its clock, days from its midnight to the next.

The walk is along real time, so a day on which the clock changes has as many hours as it really has: 23, 25, or halves.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

HOUR = timedelta(hours=1)


class Span(NamedTuple):
    """Hold a stretch of time in UTC, its end left out."""

    starts_at: datetime
    ends_at: datetime


def day_window(day: date, zone: tzinfo) -> Span:
    """Give a day of the store; one that its zone skipped is empty."""
    return Span(midnight(day, zone), midnight(day + timedelta(days=1), zone))


def day_of(moment: datetime, zone: tzinfo) -> Span:
    """Give the store's day that holds a moment."""
    return day_window(moment.astimezone(zone).date(), zone)


def hour_of(moment: datetime, zone: tzinfo) -> Span:
    """Give the store's hour that holds a moment."""
    return next(hour for hour in hours_of_day(moment.astimezone(zone).date(), zone) if hour.ends_at > moment)


def hours_of_day(day: date, zone: tzinfo) -> Iterator[Span]:
    """Walk through the hours of a store's day.

    >>> from zoneinfo import ZoneInfo
    >>> len(list(hours_of_day(date(2026, 11, 1), ZoneInfo("America/New_York"))))
    25
    """
    at, end = day_window(day, zone)
    while at < end:
        ends_at = min(next_full_hour(at, zone), end)
        yield Span(at, ends_at)
        at = ends_at


def hours_between(start: datetime, end: datetime, zone: tzinfo) -> Iterator[Span]:
    """Walk through the store's hours that have begun at `start` or later and are over by `end`."""
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= last:
        yield from (hour for hour in hours_of_day(day, zone) if hour.starts_at >= start and hour.ends_at <= end)
        day += timedelta(days=1)


def days_touched(start: datetime, end: datetime, zone: tzinfo) -> Iterator[date]:
    """Walk through the store's days that a stretch of time touches; its end is left out."""
    day, last = (moment.astimezone(zone).date() for moment in (start, end - timedelta(microseconds=1)))
    while day <= last:
        yield day
        day += timedelta(days=1)


def midnight(day: date, zone: tzinfo) -> datetime:
    """Give the moment at which a day begins in the store, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def next_full_hour(at: datetime, zone: tzinfo) -> datetime:
    """Give the next moment at which the store's clock would show a full hour, if nobody changed it before."""
    local = at.astimezone(zone)
    return at + HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
