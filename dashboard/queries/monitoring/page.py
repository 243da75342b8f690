"""The page: how is a model doing right now?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.urls import reverse

from dashboard.queries.monitoring import accuracy, answers, axis, days, drift, hour_charts, rows, segments, verdicts
from dashboard.queries.monitoring.accuracy import Accuracy
from dashboard.queries.monitoring.answers import Answers
from dashboard.queries.monitoring.days import DaysSeen
from dashboard.queries.monitoring.drift import Drift
from dashboard.queries.monitoring.marks import Happening, Marks, marks
from dashboard.queries.monitoring.segments import Segment
from dashboard.queries.monitoring.written import ms, spanned
from dashboard.queries.words import Badge
from pipelines import charts, words
from pipelines.models import Shop
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import UseCase

WEEKDAY, WEEKEND = "weekday", "weekend"


@dataclass(frozen=True)
class Link:
    """One model that can be looked at."""

    title: str
    address: str
    is_current: bool


@dataclass(frozen=True)
class Box:
    """One key figure; without a figure its word stands there."""

    name: str
    figure: str
    note: str


@dataclass(frozen=True)
class MonitoringPage:
    """Everything on the page, for one model."""

    slug: str
    case: UseCase
    now: datetime
    shop: Shop
    links: list[Link]
    marks: Marks
    seen: Answers | DaysSeen
    accuracy: Accuracy | None
    drift: Drift
    segments: list[Segment]

    @property
    def title(self) -> str:
        return self.case.title

    @property
    def runs(self) -> str:
        """Name what runs."""
        return f"version {self.marks.active}" if self.marks.active else self.case.words.simple_rule

    @property
    def badge(self) -> Badge:
        """Say how what it gives does."""
        return verdicts.BADGES[self.seen.verdict]

    @property
    def heads(self) -> tuple[str, ...]:
        return segments.HEAD

    @cached_property
    def figures(self) -> list[charts.Figure]:
        """Draw what is known of what it gives."""
        if isinstance(self.seen, Answers):
            drawn: Iterable[charts.Figure | None] = (hour_charts.times(self.seen), hour_charts.harm(self.seen))
        else:
            drawn = (days.complete(self.seen),)
        return [figure for figure in drawn if figure]

    @cached_property
    def how_near(self) -> charts.Figure | None:
        """Draw how near it came."""
        return accuracy.chart(self.accuracy) if self.accuracy else None

    @property
    def boxes(self) -> list[Box]:
        """Return the key figures."""
        of = boxes_of_hours(self.seen) if isinstance(self.seen, Answers) else boxes_of_days(self.seen)
        known = [box_of_accuracy(self.accuracy)] if self.accuracy and self.accuracy.units else []
        return [*of, *known, Box("What it learns from", self.drift.badge.words, "against the same weekdays before")]

    @property
    def happened(self) -> list[Happening]:
        return self.marks.happened

    @property
    def peaks(self) -> list[tuple[str, str]]:
        """Say the shop's peak hours."""
        hours = self.shop.settings.peak_hours
        named = ((WEEKDAY, "Monday to Friday"), (WEEKEND, "Weekend"))
        return [(name, said_hours(hours.get(key, ()))) for key, name in named]


def boxes_of_hours(seen: Answers) -> list[Box]:
    """Say what visitors got in the last day."""
    limit = f"usual hour of 24, limit {ms(seen.budget)}"
    time = Box("95 of 100 answers within", ms(seen.typical), limit)
    harmed = (Box(name, *share_of(seen, metric)) for metric, name in HARMED.items())
    return [time, *harmed]


HARMED = {answers.ERRORS: "Met an error, 24 hours", answers.FALLBACKS: "Given the simple answer, 24 hours"}


def share_of(seen: Answers, metric: str) -> tuple[str, str]:
    """Write a share of the last day with its range and its number of visitors."""
    share = seen.shares[metric]
    if share.range is None:
        return words.UNKNOWN, verdicts.BADGES[seen.verdict].words.lower()
    return words.percent(share.value), f"of {words.counted(share.n, 'visitor')}, very likely {spanned(share)}"


def boxes_of_days(seen: DaysSeen) -> list[Box]:
    """Say what came for the last day that was looked at."""
    answered, complete, age = (seen.newest[metric] for metric in days.READ)
    asked = f"of {words.number(complete.n)} asked for" if complete and complete.n else "nothing was asked for"
    return [
        Box("Answered on the last day", days.came(answered).capitalize(), seen.answers),
        Box("Share of what was asked", words.percent(complete.value if complete else None), asked),
        Box("Age of the data", words.counted(age.value, "hour") if age and age.value is not None else words.UNKNOWN,
            "when the day ended"),
    ]  # fmt: skip


def box_of_accuracy(seen: Accuracy) -> Box:
    """Say how near it came in the last week that is known."""
    figure = accuracy.write(seen.average, seen.first)
    note = f"{words.counted(seen.units, seen.case.words.unit, seen.case.words.units)}; {seen.range}"
    return Box(seen.first.title, figure, note)


def said_hours(hours: Iterable[int]) -> str:
    """Write hours as spans of the clock.

    >>> said_hours([18, 19, 10]), said_hours([])
    ('10:00 to 11:00, 18:00 to 20:00', 'none')
    """
    spans: list[list[int]] = []
    for hour in sorted(set(hours)):
        if spans and spans[-1][1] == hour:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])
    return ", ".join(f"{start:02}:00 to {end:02}:00" for start, end in spans) or "none"


def monitored() -> list[str]:
    """List the use cases that say what is watched of them."""
    return [slug for slug, case in USE_CASES.items() if case.monitored]


def links(slug: str) -> list[Link]:
    """List the models that can be looked at."""
    return [Link(USE_CASES[one].title, reverse("monitoring-of", args=[one]), one == slug) for one in monitored()]


def monitoring_page(shop: Shop, slug: str, now: datetime) -> MonitoringPage:
    """Read how a model does: a fixed number of questions, however long its history is."""
    case = USE_CASES[slug]
    in_hours, last_month = case.is_asked, axis.of_days(shop, now, drift.DAYS)
    shown = axis.of_hours(shop, now, answers.DAYS) if in_hours else axis.of_days(shop, now, days.DAYS)
    quarter = axis.of_days(shop, now, accuracy.DAYS)
    known = marks(shop, slug, quarter.since)
    given = answers.wanted(shown) if in_hours else days.wanted(shown)
    wanted = [*given, *accuracy.wanted(case, quarter), *drift.wanted(case, last_month)]
    found = rows.read(shop, slug, known.numbers, wanted)
    seen: Answers | DaysSeen
    if in_hours:
        seen = answers.answers(shop, shown, found, known, case.score_seconds)
    else:
        seen = days.days_seen(shop, shown, found, known, case.words.answers)
    return MonitoringPage(
        slug=slug,
        case=case,
        now=now,
        shop=shop,
        links=links(slug),
        marks=known,
        seen=seen,
        accuracy=accuracy.accuracy(shop, case, quarter, found, known),
        drift=drift.drift(case, last_month, found, known),
        segments=segments.segments(shop, slug, known.active, shown.since) if in_hours else [],
    )


FIGURES: dict[str, Callable[[MonitoringPage], charts.Figure | None]] = {
    "answers": lambda page: next(iter(page.figures), None),
    "harm": lambda page: next((figure for figure in page.figures if figure.id == "harm"), None),
    "accuracy": lambda page: page.how_near,
}
