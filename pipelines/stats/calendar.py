"""Times in which nothing new goes live: Black Friday weekend in the store's zone, and what a set of windows means."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from itertools import count, islice
from typing import NamedTuple

from pipelines.stats.clock import Span, midnight

THURSDAY = 3


class Freeze(NamedTuple):
    """Name a freeze that the calendar proposes; the same one has the same key every time."""

    key: str
    name: str
    starts_at: datetime
    ends_at: datetime


def thanksgiving(year: int) -> date:
    """Give the fourth Thursday of November.

    >>> thanksgiving(2026)
    datetime.date(2026, 11, 26)
    """
    first = date(year, 11, 1)
    return first + timedelta(days=(THURSDAY - first.weekday()) % 7 + 21)


def black_friday_weekend(year: int, zone: tzinfo) -> Freeze:
    """Freeze from the Thursday before Black Friday to the end of Cyber Monday."""
    thursday = thanksgiving(year)
    return Freeze(
        key=f"black_friday_{year}",
        name="Black Friday weekend",
        starts_at=midnight(thursday, zone),
        ends_at=midnight(thursday + timedelta(days=5), zone),
    )


def proposed(now: datetime, zone: tzinfo, n: int = 2) -> list[Freeze]:
    """List the next freezes that are not over yet."""
    every = (black_friday_weekend(year, zone) for year in count(now.astimezone(zone).year))
    return list(islice((freeze for freeze in every if freeze.ends_at > now), n))


def merged(windows: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    """Join windows that overlap or touch; one that ends before it begins is none."""
    joined: list[Span] = []
    for starts_at, ends_at in sorted(window for window in windows if window[0] < window[1]):
        if joined and starts_at <= joined[-1].ends_at:
            joined[-1] = Span(joined[-1].starts_at, max(joined[-1].ends_at, ends_at))
        else:
            joined.append(Span(starts_at, ends_at))
    return joined


def frozen_until(windows: Iterable[tuple[datetime, datetime]], moment: datetime) -> datetime | None:
    """Give the end of the freeze that holds a moment; at its end it is over."""
    return next((span.ends_at for span in merged(windows) if span.starts_at <= moment < span.ends_at), None)
