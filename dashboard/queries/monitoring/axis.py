"""The moments of a chart: the shop's own hours or days, side by side in real time, however often its clock changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from dashboard.queries.monitoring.rows import Figure
from pipelines import words
from pipelines.charts.figure import runs, tick_days
from pipelines.charts.timeline import Stretch
from pipelines.models import Shop
from pipelines.stats import clock, peak_hours
from pipelines.stats.clock import Span

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Axis:
    """A stretch of time, cut into moments."""

    spans: Sequence[Span]
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        return self.spans[0].starts_at

    @property
    def until(self) -> datetime:
        return self.spans[-1].ends_at

    @cached_property
    def length(self) -> timedelta:
        return self.until - self.since

    @cached_property
    def local(self) -> list[datetime]:
        """List when each moment begins, on the shop's clock."""
        return [span.starts_at.astimezone(self.zone) for span in self.spans]

    @cached_property
    def seconds(self) -> list[int]:
        """List when each moment begins, as stored figures say it."""
        return [int(span.starts_at.timestamp()) for span in self.spans]

    @cached_property
    def moments(self) -> list[Stretch]:
        """Place the moments on the width, each with its time on the shop's clock."""
        edges = [*map(self.place, (span.starts_at for span in self.spans)), 1.0]  # each ends where the next begins
        said = (at.isoformat(" ", "minutes")[:16] for at in self.local)
        return [*map(Stretch, edges, edges[1:], said)]

    @cached_property
    def today(self) -> date:
        return (self.until - timedelta(microseconds=1)).astimezone(self.zone).date()

    @cached_property
    def days(self) -> list[date]:
        """List the days that the moments lie in."""
        first = self.since.astimezone(self.zone).date()
        return [first + timedelta(days=number) for number in range((self.today - first).days + 1)]

    def place(self, moment: datetime) -> float:
        """Give the share of the width at which a moment lies."""
        return (moment - self.since) / self.length

    def stretch(self, start: datetime, end: datetime | None, said: str = "") -> Stretch | None:
        """Place a stretch of time, cut at the edges; None where it lies outside."""
        left, right = max(self.place(start), 0.0), min(self.place(end) if end else 1.0, 1.0)
        return Stretch(left, right, said) if left < right else None

    def on(self, rows: Iterable[Figure]) -> list[Figure | None]:
        """Put figures where they belong; one of another clock, before the shop's zone was changed, where it began."""
        found = {row.starts: row for row in rows}
        return [found.get(second) for second in self.seconds]

    def ticks(self) -> list[tuple[float, str]]:
        """Name some days below the chart, in their middle."""
        shown = self.days if len(self.days) <= 8 else tick_days(self.days[0], self.days[-1])
        named = ((self.place(clock.midnight(day, self.zone) + DAY / 2), self.tick(day)) for day in shown)
        return [(x, said) for x, said in named if 0.02 < x < 0.98]

    def tick(self, day: date) -> str:
        """Write a day below the chart."""
        if len(self.days) <= 8:
            return f"{words.WEEKDAYS[day.weekday()]}{words.NBSP}{day.day}"
        return words.short_day(day, self.today)

    def are_peaks(self, hours: peak_hours.PeakHours) -> list[bool]:
        """Tell which moments begin in the shop's peak hours."""
        return [at.hour in hours.get(peak_hours.class_of(at.weekday()), ()) for at in self.local]

    def peaks(self, hours: peak_hours.PeakHours) -> list[Stretch]:
        """Shade the shop's peak hours."""
        busy, spans = runs(self.are_peaks(hours)), self.spans
        return [Stretch(self.place(spans[one].starts_at), self.place(spans[end - 1].ends_at)) for one, end in busy]


def of_hours(shop: Shop, now: datetime, days: int) -> Axis:
    """Give the whole hours that are over, of so many days."""
    spans = [*clock.hours_between(now - timedelta(days=days), now, shop.zone)]
    return Axis(spans, shop.zone)


def of_days(shop: Shop, now: datetime, days: int) -> Axis:
    """Give so many days, up to yesterday."""
    today = now.astimezone(shop.zone).date()
    every = (clock.day_window(today - timedelta(days=ago), shop.zone) for ago in range(days, 0, -1))
    return Axis([span for span in every if span.ends_at > span.starts_at], shop.zone)  # a zone may skip a day


def chosen(axis: Axis, by: Mapping[int | None, Sequence[Figure]], live: Sequence[int | None]) -> list[Figure | None]:
    """Give for each moment the figure of the version that was live then, else of whoever has one."""
    placed = {number: axis.on(rows) for number, rows in by.items()}
    found: list[Figure | None] = []
    for place, number in enumerate(live):
        own = placed[number][place] if number in placed else None
        found.append(own or next((rows[place] for rows in placed.values() if rows[place]), None))
    return found
