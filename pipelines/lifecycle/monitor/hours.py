"""The hours of our shops that are over and can be measured, as each store's own clock shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from pipelines.lifecycle.evidence import windows
from pipelines.models import Shop
from pipelines.stats import clock, peak_hours

SETTLES = timedelta(minutes=2)  # until what a process still had in memory is written


@dataclass(frozen=True)
class Period:
    """A stretch of real time; what ended in it is looked at."""

    since: datetime
    until: datetime

    @classmethod
    def before(cls, now: datetime, back: timedelta) -> Period:
        """Give the stretch that has settled by now."""
        return cls(now - SETTLES - back, now - SETTLES)

    def pieces(self, length: timedelta) -> Iterator[Period]:
        """Cut it into pieces, so that a long one needs no more memory than a short one."""
        at = self.since
        while at < self.until:
            yield Period(at, min(at + length, self.until))
            at += length


def zones() -> list[ZoneInfo]:
    """List the zones of our shops."""
    names = Shop.objects.filter(redacted_at=None).order_by("timezone").values_list("timezone", flat=True).distinct()
    return [ZoneInfo(name) for name in names]


def hours_over(period: Period, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """Walk through a zone's hours that ended in a period: what the clock showed, and the same hours of past weeks."""
    for span in clock.hours_between(period.since - 2 * clock.HOUR, period.until, zone):
        if span.ends_at > period.since:
            local = span.starts_at.astimezone(zone)
            past = [windows.same_hour(span.starts_at, weeks, zone) for weeks in range(1, windows.WEEKS + 1)]
            yield {
                "zone": zone.key,
                "starts_at": span.starts_at,
                "ends_at": span.ends_at,
                "hour": local.hour,
                "class": peak_hours.class_of(local.weekday()),
                "past": past,
            }


def days_over(period: Period, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """Walk through a zone's days that ended in a period."""
    day = clock.day_of(period.since, zone)
    while day.ends_at <= period.until:
        if day.ends_at > period.since:
            yield {"zone": zone.key, "starts_at": day.starts_at, "ends_at": day.ends_at}
        day = clock.day_of(day.ends_at, zone)


def as_rows(spans: Iterator[dict[str, Any]]) -> str:
    """Write spans as a statement takes them."""
    return orjson.dumps(list(spans)).decode()
