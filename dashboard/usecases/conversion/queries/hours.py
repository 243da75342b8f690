"""Visits and checkouts of four weeks, hour by hour as they were counted, and summed up as the page needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from pipelines.models import Shop, VisitHour
from pipelines.stats import clock, peak_hours
from pipelines.stats.peak_hours import PeakHours

DAYS = 28
VISITS = ("visits", "carts", "checkouts", "orders")
CHECKOUTS = ("started", "finished")  # all that a shop without a pixel tells


class Sums(NamedTuple):
    """What was counted in some hours."""

    visits: int = 0
    searched: int = 0
    carts: int = 0
    checkouts: int = 0
    orders: int = 0
    sales_minor: int = 0
    started: int = 0
    finished: int = 0
    finished_minor: int = 0


class Hour(NamedTuple):
    """One hour of the store."""

    day: date
    hour: int
    is_peak: bool
    counted: Sums


@dataclass(frozen=True)
class Hours:
    """The hours that were counted, oldest first."""

    each: tuple[Hour, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether nobody came and no checkout began, or nothing is counted yet."""
        return not (self.all.visits or self.all.started)

    @property
    def all(self) -> Sums:
        return total(hour.counted for hour in self.each)

    @property
    def steps(self) -> tuple[str, ...]:
        """Name the steps that can be told: without visits only those of checkouts."""
        return VISITS if self.all.visits else CHECKOUTS

    @property
    def order_minor(self) -> float:
        """Give what an order brings on average."""
        sums = self.all
        orders, sales = (sums.orders, sums.sales_minor) if sums.visits else (sums.finished, sums.finished_minor)
        return sales / orders if orders else 0.0

    @property
    def first_day(self) -> date:
        return self.days[0]

    @property
    def last_day(self) -> date:
        return self.days[-1]

    @property
    def days(self) -> list[date]:
        """List the days on which anybody came."""
        return sorted({hour.day for hour in self.each if hour.counted.visits or hour.counted.started})

    def of(self, *, is_peak: bool) -> Sums:
        """Sum up the peak hours, or the others."""
        return total(hour.counted for hour in self.each if hour.is_peak is is_peak)

    def of_clock(self, first: int, after: int) -> Sums:
        """Sum up some hours of every day."""
        return total(hour.counted for hour in self.each if first <= hour.hour < after)


def hours(shop: Shop, now: datetime) -> Hours:
    """Read what was counted of the last four weeks; peak hours are those that hold now."""
    since = clock.midnight(now.astimezone(shop.zone).date() - timedelta(days=DAYS), shop.zone)
    rows = VisitHour.objects.for_shop(shop).filter(starts_at__gte=since).order_by("starts_at")
    peaks: PeakHours = shop.settings.peak_hours
    found = rows.values_list("day", "hour", *Sums._fields)
    return Hours(tuple(Hour(day, hour, is_peak(peaks, day, hour), Sums(*told)) for day, hour, *told in found))


def is_counted(shop: Shop) -> bool:
    """Tell whether any hour with a checkout or a visit was counted."""
    rows = VisitHour.objects.for_shop(shop)
    return rows.filter(started__gt=0).exists() or rows.filter(visits__gt=0).exists()


def is_peak(peaks: PeakHours, day: date, hour: int) -> bool:
    """Tell whether an hour is a peak hour of its kind of day."""
    return hour in peaks.get(peak_hours.class_of(day.weekday()), ())


def total(each: Iterable[Sums]) -> Sums:
    """Add up."""
    return Sums(*map(sum, zip(Sums(), *each, strict=True)))


def spans(hours: Iterable[int]) -> Iterator[str]:
    """Write hours as a clock shows them.

    >>> list(spans([10, 18, 19]))
    ['10 to 11', '18 to 20']
    """
    first = last = None
    for hour in [*sorted(hours), None]:
        if last is not None and hour == last:
            last += 1
            continue
        if first is not None:
            yield f"{first} to {last}"
        first, last = hour, None if hour is None else hour + 1


def peaks_in_words(peaks: PeakHours) -> str:
    """Say which hours are peak hours.

    >>> peaks_in_words({"weekday": [18, 19], "weekend": [18, 19]}), peaks_in_words({"weekday": [], "weekend": [11]})
    ('18 to 20', '11 to 12 at weekends')
    """
    weekday, weekend = (", ".join(spans(peaks.get(name, ()))) for name in (peak_hours.WEEKDAY, peak_hours.WEEKEND))
    if weekday == weekend:
        return weekday
    told = [f"{weekday} from Monday to Friday" if weekday else "", f"{weekend} at weekends" if weekend else ""]
    return " and ".join(each for each in told if each)
