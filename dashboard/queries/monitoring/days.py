"""How a model that answers once a day for everything does: whether it did, for how much of it, on how old data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.queries.monitoring import axis as axes
from dashboard.queries.monitoring import verdicts
from dashboard.queries.monitoring.axis import Axis
from dashboard.queries.monitoring.marks import Marks
from dashboard.queries.monitoring.rows import Figure, Found, Wanted
from dashboard.queries.monitoring.written import percent, said, values
from pipelines import charts, words
from pipelines.charts.figure import Row
from pipelines.charts.timeline import Line, Timeline, draw
from pipelines.models import Shop

DAYS = 28
ANSWERED, COMPLETE, AGE = READ = ("answered", "completeness", "data_age_hours")


@dataclass(frozen=True)
class DaysSeen:
    """What was answered, day by day."""

    axis: Axis
    live: dict[str, list[Figure | None]]
    marks: Marks
    shop: Shop
    answers: str  # what it gives

    @property
    def newest(self) -> dict[str, Figure | None]:
        """Return the last day that was looked at."""
        return {metric: next((row for row in reversed(rows) if row), None) for metric, rows in self.live.items()}

    @property
    def whose(self) -> str:
        """Name the answers of the last day that was looked at: a version that is new is not asked for its first."""
        rows = self.live[ANSWERED]
        place = max(place for place, row in enumerate(rows) if row)
        if place == len(rows) - 1:
            return f"Yesterday’s {self.answers}"
        return f"The {self.answers} of {words.short_day(self.axis.local[place].date(), self.axis.today)}"

    @property
    def verdict(self) -> str:
        """Say how the last day went."""
        known = [row.verdict for row in self.newest.values() if row is not None]
        return verdicts.worst(known) if known else verdicts.UNKNOWN

    @property
    def sentence(self) -> str:
        """Say how the last day went."""
        newest = self.newest
        answered, complete, age = (newest[metric] for metric in READ)
        if answered is None:
            return "Nothing is measured yet: a day is looked at once it is over."
        if answered.value == 0:
            return f"{self.whose} did not come, or were thrown away as wrong."
        if complete is not None and complete.verdict == verdicts.BREACH:
            return f"{self.whose} cover only {words.percent(complete.value)} of what was asked for."
        if age is not None and age.verdict == verdicts.BREACH:
            return f"They rest on data that was {words.counted(age.value, 'hour')} old."
        if answered.value is None:
            return "There was nothing to answer for yet."
        return f"{self.whose} came, and for all that was asked for."


def wanted(axis: Axis) -> list[Wanted]:
    """Say which figures are read."""
    return [Wanted(metric, "all", axis.since) for metric in READ]


def days_seen(shop: Shop, axis: Axis, found: Found, marks: Marks, answers: str) -> DaysSeen:
    """Put the figures of days together."""
    ran = marks.live(axis)
    live = {metric: axes.chosen(axis, found.but(metric, marks.beside), ran) for metric in READ}
    return DaysSeen(axis, live, marks, shop, answers)


def complete(seen: DaysSeen) -> charts.Figure | None:
    """Draw for how much of what was asked for an answer came."""
    shares = values(seen.live[COMPLETE])
    known = [value for value in shares if value is not None]
    if not known:
        return None
    told = [value for value in values(seen.live[ANSWERED]) if value is not None]  # not on days of a change of versions
    title = f"{seen.answers.capitalize()} came on {told.count(1)} of {words.counted(len(told), 'day')}"
    return draw(
        Timeline(
            id="answers",
            title=title,
            subtitle=f"Share of what was asked for, by day, last {DAYS} days. Gaps: nothing asked or known.",
            what=f"Share that was answered, by day over {DAYS} days",
            description=f"{title}. The lowest share was {words.percent(min(known))}.",
            moments=seen.axis.moments,
            lines=[Line("answered", "now", [percent(value) for value in shares])],
            write=lambda value: f"{words.number(value)}{words.NBSP}%",
            ticks=seen.axis.ticks(),
            verdicts=said(seen.live[COMPLETE]),
            behind=seen.marks.behind(seen.axis, seen.shop, shows_peaks=False, alerts=""),
            table_head=("Day", "Answered", "Share of what was asked for", "Asked for", "Age of the data"),
            table_rows=tuple(by_day(seen)),
        )
    )


def by_day(seen: DaysSeen) -> Iterator[Row]:
    """Write each day."""
    for place, at in enumerate(seen.axis.local):
        answered, complete, age = (seen.live[metric][place] for metric in READ)
        yield (
            words.day(at.date(), seen.axis.today),
            came(answered),
            words.percent(complete.value) if complete else words.UNKNOWN,
            words.number(complete.n) if complete and complete.n else words.UNKNOWN,
            words.counted(age.value, "hour") if age and age.value is not None else words.UNKNOWN,
        )


def came(row: Figure | None) -> str:
    """Say whether an answer came; what is not known has a word of its own."""
    if row is None:
        return "not measured"
    if row.value is None:
        return {verdicts.QUIET: "nothing to answer for", verdicts.NO_DATA: "no data"}.get(row.verdict, words.UNKNOWN)
    return "yes" if row.value else "no"
