"""A month of a shop on its own clock, when its report is final, and which days of it are no usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from pipelines.lifecycle.releases import freezes
from pipelines.models import OwnEvent, Shop
from pipelines.stats import clock
from pipelines.usecases import USE_CASES

DAY = timedelta(days=1)
JUDGED_WITHIN = DAY  # of what has matured: the daily pass has seen it by then


@dataclass(frozen=True)
class Month:
    """A month of the calendar, from the shop's midnight to its midnight."""

    first: date
    zone: ZoneInfo

    @classmethod
    def of(cls, moment: datetime, zone: ZoneInfo) -> Month:
        """Give the month that holds a moment."""
        return cls(moment.astimezone(zone).date().replace(day=1), zone)

    @property
    def after(self) -> Month:
        """Give the month that follows."""
        return Month((self.first + 31 * DAY).replace(day=1), self.zone)

    @property
    def starts_at(self) -> datetime:
        return clock.midnight(self.first, self.zone)

    @property
    def ends_at(self) -> datetime:
        return self.after.starts_at

    @property
    def days(self) -> list[date]:
        """List its days."""
        return [self.first + DAY * number for number in range((self.after.first - self.first).days)]

    @property
    def final_at(self) -> datetime:
        """Give when what happened on its last day is known for good, and was judged."""
        return clock.midnight(self.after.first + settles() + JUDGED_WITHIN, self.zone)


def settles() -> timedelta:
    """Give how long after its end the outcomes of a day are known for good, for every use case."""
    watched = (case.monitored for case in USE_CASES.values())
    return max((each.matures_after for each in watched if each), default=timedelta(0))


def months_of(shop: Shop, now: datetime) -> Iterator[Month]:
    """Yield the months in which the shop had the app, the running one last."""
    if shop.installed_at is None:
        return
    month = Month.of(shop.installed_at, shop.zone)
    while month.starts_at <= now:
        yield month
        month = month.after


@dataclass(frozen=True)
class Named:
    """Days that are no usual ones, and what they are called."""

    name: str
    days: frozenset[date]


def apart(shop: Shop, month: Month) -> list[Named]:
    """List the freezes and the shop's own events that touch a month, the first one first."""
    windows = freezes.standing(shop).filter(starts_at__lt=month.ends_at, ends_at__gt=month.starts_at)
    frozen = [(each.name, clock.days_touched(each.starts_at, each.ends_at, shop.zone)) for each in windows]
    events = OwnEvent.objects.for_shop(shop).filter(first_day__lt=month.after.first, last_day__gte=month.first)
    own = [(each.name, walk(each.first_day, each.last_day)) for each in events]
    inside = set(month.days)
    found = [Named(name, frozenset(inside & set(days))) for name, days in [*frozen, *own]]
    return sorted((each for each in found if each.days), key=lambda each: (min(each.days), each.name))


def walk(first: date, last: date) -> Iterable[date]:
    """Walk through days, the last one included."""
    return (first + DAY * number for number in range((last - first).days + 1))
