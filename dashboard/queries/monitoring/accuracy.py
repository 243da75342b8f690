"""How near what was said came, day by day as outcomes become known; what is not known yet is said and not drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard.queries.monitoring import axis as axes
from dashboard.queries.monitoring.axis import Axis
from dashboard.queries.monitoring.marks import Marks
from dashboard.queries.monitoring.rows import Figure, Found, Wanted
from dashboard.queries.monitoring.written import values
from pipelines import charts, words
from pipelines.charts.figure import Row
from pipelines.charts.timeline import Line, Timeline, draw
from pipelines.models import Shop
from pipelines.usecases.contract import UseCase
from pipelines.usecases.wording import FigureName

DAYS = 91
OF_A_DAY = "_1d"
AVERAGED, LEAST = 7, 4  # days of an average, and how many of them must be known
USUAL = 28  # days whose middle 8 of 10 are the range


@dataclass(frozen=True)
class Accuracy:
    """What came of what was said, day by day."""

    axis: Axis
    figures: Sequence[FigureName]
    live: dict[str, list[Figure | None]]  # by figure
    rule: list[Figure | None]
    beside: list[Figure | None]
    marks: Marks
    shop: Shop
    case: UseCase

    @property
    def first(self) -> FigureName:
        return self.figures[0]

    @property
    def known(self) -> list[float]:
        """Return the figures of the last weeks that are known, the oldest first."""
        return [value for value in values(self.live[self.first.key])[-USUAL - self.matures :] if value is not None]

    @property
    def matures(self) -> int:
        """Return after how many days an outcome is known for good."""
        return self.case.monitored.matures_after.days if self.case.monitored else 0

    @property
    def average(self) -> float | None:
        """Return the middle of the last week that is known."""
        newest = self.known[-AVERAGED:]
        return sum(newest) / len(newest) if len(newest) >= LEAST else None

    @property
    def units(self) -> int:
        """Return of how many units the newest figure speaks."""
        return next((row.n for row in reversed(self.live[self.first.key]) if row and row.value is not None), 0)

    @property
    def range(self) -> str:
        """Say between which figures 8 of 10 days lie."""
        found = sorted(self.known)
        if len(found) < 10:
            return f"{words.counted(len(found), 'day')} of about 10 known"
        low, high = found[len(found) // 10], found[-1 - len(found) // 10]
        return f"8 of 10 days between {write(low, self.first)} and {write(high, self.first)}"

    @property
    def restated(self) -> int:
        """Return how many days later corrections made another figure of."""
        return sum(row is not None and is_restated(row) for row in self.live[self.first.key])

    @property
    def waits(self) -> str:
        """Say until when nothing can be known."""
        days = "day is" if self.matures == 1 else f"{self.matures} days are"
        return f"The last {days} not known yet: what happened can still change."


def named(case: UseCase) -> tuple[FigureName, ...]:
    """List the figures of accuracy that are shown, the one that is drawn first."""
    return case.words.page.watched or case.words.page.figures[:1]


def wanted(case: UseCase, axis: Axis) -> list[Wanted]:
    """Say which figures are read."""
    return [Wanted(each.key + OF_A_DAY, "all", axis.since) for each in named(case)]


def accuracy(shop: Shop, case: UseCase, axis: Axis, found: Found, marks: Marks) -> Accuracy | None:
    """Put the figures together; None where the use case judges none."""
    figures = named(case)
    if not figures or case.monitored is None:
        return None
    drawn, ran = figures[0].key + OF_A_DAY, marks.live(axis)
    live = {each.key: of_versions(axis, found, each.key + OF_A_DAY, marks, ran) for each in figures}
    beside = axis.on(found.of(drawn, marks.beside)) if marks.beside is not None else []
    return Accuracy(axis, figures, live, axis.on(found.of(drawn, None)), beside, marks, shop, case)


def of_versions(axis: Axis, found: Found, metric: str, marks: Marks, ran: Sequence[int | None]) -> list[Figure | None]:
    """Give the figures of what was live on each day, of the simple rule where no version was."""
    mine = found.but(metric, marks.beside)
    if marks.active is not None and len(mine) > 1:
        mine.pop(None, None)
    return axes.chosen(axis, mine, ran)


def chart(seen: Accuracy) -> charts.Figure | None:
    """Draw the average of a week, and the simple rule beside it."""
    mine = averages(values(seen.live[seen.first.key]))
    if not any(value is not None for value in mine):
        return None
    lines = [Line(seen.case.title, "now", scaled(mine, seen.first))]
    if seen.marks.active is not None and any(seen.rule):
        lines.append(Line(seen.case.words.simple_rule, "rule", scaled(averages(values(seen.rule)), seen.first)))
    if any(seen.beside):
        lines.append(Line(f"version {seen.marks.beside}", "new", scaled(averages(values(seen.beside)), seen.first)))
    title = f"{seen.first.title}: {write(seen.average, seen.first)} in the last known week"
    return draw(
        Timeline(
            id="accuracy",
            title=title,
            subtitle=f"Average of {AVERAGED} days, by day, last {DAYS} days. {seen.waits}",
            what=f"{seen.first.title}, by day over {DAYS} days",
            description=f"{title}, {seen.range}.",
            moments=seen.axis.moments,
            lines=lines,
            write=lambda value: on_axis(value, seen.first),
            ticks=seen.axis.ticks(),
            behind=seen.marks.behind(seen.axis, seen.shop, shows_peaks=False, alerts=""),
            table_head=("Day", *(each.title for each in seen.figures), "Judged", "Later corrected to"),
            table_rows=tuple(by_day(seen)),
        )
    )


def averages(daily: Sequence[float | None]) -> list[float | None]:
    """Give the average of the week up to each day; None where too few of its days, or the day itself, are unknown.

    >>> averages([1.0, None, 1.0, 4.0, None, 2.0])
    [None, None, None, None, None, 2.0]
    """
    found: list[float | None] = []
    for place, value in enumerate(daily):
        week = [each for each in daily[max(0, place - AVERAGED + 1) : place + 1] if each is not None]
        found.append(sum(week) / len(week) if value is not None and len(week) >= LEAST else None)
    return found


def scaled(found: Sequence[float | None], name: FigureName) -> list[float | None]:
    """Give shares in percent."""
    return [None if value is None else value * (100 if name.is_share else 1) for value in found]


def write(value: float | None, name: FigureName) -> str:
    """Write a figure as it is meant."""
    return words.percent(value) if name.is_share else words.number(value, 2)


def by_day(seen: Accuracy) -> Iterator[Row]:
    """Write each day; one of which nothing can be known yet says so."""
    named, live = seen.figures, [seen.live[each.key] for each in seen.figures]
    known_until = seen.axis.until - timedelta(days=seen.matures)
    for place, span in enumerate(seen.axis.spans):
        rows = [of_figure[place] for of_figure in live]
        told = [write(row.value if row else None, each) for row, each in zip(rows, named, strict=True)]
        first, is_young = rows[0], span.ends_at > known_until
        later = write(first.restated, seen.first) if first and is_restated(first) else ""
        yield (
            words.day(seen.axis.local[place].date(), seen.axis.today),
            *told,
            words.number(first.n) if first else "not known yet" if is_young else "not judged",
            later,
        )


def on_axis(value: float, name: FigureName) -> str:
    """Write a value at the axis."""
    return f"{words.number(value)}{words.NBSP}%" if name.is_share else words.number(value, 1)


def is_restated(row: Figure) -> bool:
    return row.restated is not None and row.restated != row.value
