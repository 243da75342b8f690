"""How near every version that spoke came, once what happened is known for good (METHODS 4b).

A period is judged when its corrections are in, and once more 30 days after its end for the reports. Periods of which no
fresh data tells the outcome wait. The use case works out the figures; one that is no number is stored without a value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from pipelines.lifecycle.data import dataset, frames
from pipelines.lifecycle.evidence import paired
from pipelines.lifecycle.evidence.asked.said import asked_of, said_in
from pipelines.lifecycle.ingest import freshness
from pipelines.models import Measurement, Shop, own
from pipelines.stats import claims, clock
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames, Held, Monitored, Output, PairedWeeks

DAY, MONTH = 1, 28  # days of a period; a month is judged from each origin that stays, once a week
RESTATED_AFTER = 30
RESTATED_WITHIN = 10  # days more, after which nobody tries again
LOOKS_BACK = {DAY: 35, MONTH: 35 + MONTH}  # days: origins are kept a little longer
AT_ONCE = 7  # periods whose answers are in memory together

Found = Mapping[date, tuple[int, Mapping[str, Any]]]  # first day of a period -> units spoken of, and the figures


@dataclass(frozen=True)
class Speaker:
    """A version, or the simple rule, and the days from which it spoke."""

    shop: Shop
    use_case: str
    version: int | None
    spoken: frozenset[date]
    until: date  # the outcomes of the days before it are known

    @property
    def monitored(self) -> Monitored:
        monitored = USE_CASES[self.use_case].monitored
        assert monitored
        return monitored

    def figures(self, days: int) -> QuerySet[Measurement]:
        """Keep the figures of this speaker's periods of a length."""
        mine = Measurement.objects.for_shop(self.shop).filter(use_case=self.use_case, version=self.version)
        return mine.filter(release=None, metric__endswith=suffix(days))

    def first_days(self, rows: QuerySet[Measurement]) -> set[date]:
        """Give the first days of figures."""
        return {at.astimezone(self.shop.zone).date() for at in rows.values_list("starts_at", flat=True).distinct()}


def is_judged(use_case: str) -> bool:
    """Tell whether a use case keeps what it said and can say how near it came."""
    case = USE_CASES[use_case]
    return case.monitored is not None and isinstance(case.evidence, PairedWeeks)


def judge(shop: Shop, use_case: str, facts: Frames, now: datetime) -> int:
    """Judge the periods that have matured, and those whose last corrections are in; return how many."""
    speakers = list(speakers_of(shop, use_case, now))
    return sum(judge_speaker(speaker, days, facts) for speaker in speakers for days in (DAY, MONTH))


def speakers_of(shop: Shop, use_case: str, now: datetime) -> Iterator[Speaker]:
    """Yield who spoke lately; without fresh data nobody's outcomes are known."""
    newest = freshness.newest_pull_at(shop)
    if newest is None:
        return
    until = min(newest, now).astimezone(shop.zone).date()
    said = own.rows(said_in(use_case).table, shop)
    late = said.filter(origin__gte=until - timedelta(days=max(LOOKS_BACK.values()) + paired.LONGEST_LEAD))
    spoken: dict[int | None, set[date]] = {}
    for version, origin in late.values_list("version", "origin").distinct():
        spoken.setdefault(version, set()).add(origin)
    for version, origins in spoken.items():
        yield Speaker(shop, use_case, version, frozenset(origins), until)


def judge_speaker(speaker: Speaker, days: int, facts: Frames) -> int:
    """Judge the new periods of a speaker, and those that are due once more."""
    new, again = due(speaker, days), due_again(speaker, days)
    for piece in pieces(new):
        keep(speaker, days, judged(speaker, days, piece, facts))
    for piece in pieces(again):
        restate(speaker, days, judged(speaker, days, piece, facts))
    return len(new) + len(again)


# Answers that are held, each until the next night


def judge_held(shop: Shop, use_case: str, now: datetime) -> int:
    """Judge what lies there by the day that it was for, before the next answers take its place; return how much was.

    How many were asked about the use case tells as `n`. Of a night that was missed only the first day is judged.
    """
    last = min(freshness.newest_pull_at(shop) or now, now).astimezone(shop.zone).date() - timedelta(days=DAY)
    held = [(output, version, origin) for output, version, origin in answers_held(shop, use_case) if origin < last]
    if not held:
        return 0
    case, facts = USE_CASES[use_case], dataset.read(dataset.Source(shop, now), use_case)
    assert case.monitored
    for output, version, origin in held:
        first_day = origin + timedelta(days=DAY)
        said = frames.said(shop, output, case.monitored.reads, version, [origin]).assign(first_day=first_day)
        figures = dict(case.function(case.monitored.accuracy)(facts, said, days=DAY))
        speaker = Speaker(shop, use_case, version, frozenset([origin]), last)
        keep(speaker, DAY, {first_day: (int(figures.pop("n", len(said))), figures)})
    return len(held)


def answers_held(shop: Shop, use_case: str) -> Iterator[tuple[Output, int | None, date]]:
    """Yield whose answers lie there, and from which day, of what can be judged by a day."""
    case = USE_CASES[use_case]
    if case.monitored is None or not case.monitored.reads:
        return
    for output in case.outputs:
        if isinstance(output.kept, Held):
            rows = own.rows(output.table, shop).order_by().values_list("version", "origin").distinct()
            yield from ((output, version, origin) for version, origin in rows)


# What is due


def due(speaker: Speaker, days: int) -> paired.Days:
    """Find the matured periods of which a speaker spoke and that nobody judged."""
    since = speaker.until - timedelta(days=LOOKS_BACK[days])
    return paired.with_origins(unjudged(speaker, days, starts(speaker, days, since)), speaker.spoken)


def unjudged(speaker: Speaker, days: int, asked: Iterable[date]) -> set[date]:
    """Keep the first days of matured periods that nobody judged."""
    mature = {day for day in asked if is_mature(speaker, day, days)}
    since = midnight(speaker, min(mature, default=speaker.until))
    return mature - speaker.first_days(speaker.figures(days).filter(starts_at__gte=since))


def due_again(speaker: Speaker, days: int) -> paired.Days:
    """Find the judged periods whose last corrections are in."""
    last = speaker.until - timedelta(days=days + RESTATED_AFTER)
    rows = speaker.figures(days).filter(
        restated=None,
        value__isnull=False,
        starts_at__gte=midnight(speaker, last - timedelta(days=RESTATED_WITHIN)),
        starts_at__lte=midnight(speaker, last),
    )
    return paired.with_origins(speaker.first_days(rows), speaker.spoken)


def starts(speaker: Speaker, days: int, since: date) -> Iterator[date]:
    """Yield the first days of periods: each day, and for a month the day after an origin that stays."""
    length = (speaker.until - since).days
    each = (since + timedelta(days=number) for number in range(length))
    if days == DAY:
        yield from each
    else:
        yield from (day for day in each if day - timedelta(days=1) in speaker.spoken and day.isoweekday() == 1)


def is_mature(speaker: Speaker, first_day: date, days: int) -> bool:
    """Tell whether late corrections of a period are in."""
    return paired.is_over(first_day, days, speaker.monitored.matures_after.days, speaker.until)


def pieces(periods: paired.Days) -> Iterator[paired.Days]:
    """Cut a backlog into what is read together."""
    each = iter(periods.items())
    while piece := dict(islice(each, AT_ONCE)):
        yield piece


def midnight(speaker: Speaker, day: date) -> datetime:
    """Return when a day began where the shop is."""
    return clock.midnight(day, speaker.shop.zone)


# Judging, and what is written


def judged(
    speaker: Speaker, days: int, periods: paired.Days, facts: Frames
) -> dict[date, tuple[int, Mapping[str, Any]]]:
    """Work out the figures of some periods, with how many units were spoken of."""
    case = USE_CASES[speaker.use_case]
    names, origins = asked_of(speaker.use_case).reads, set(periods.values())
    rows = frames.said(speaker.shop, said_in(speaker.use_case), names, speaker.version, origins)
    accuracy = case.function(speaker.monitored.accuracy)
    found: dict[date, tuple[int, Mapping[str, Any]]] = {}
    for first_day, origin in periods.items():
        said = rows[rows["origin"] == origin].assign(first_day=first_day)
        if len(said):
            found[first_day] = len(said), accuracy(facts, said, days=days)
    return found


def keep(speaker: Speaker, days: int, found: Found) -> None:
    """Write each figure once."""
    rows = [
        Measurement(
            shop=speaker.shop,
            use_case=speaker.use_case,
            version_id=speaker.version,
            metric=name + suffix(days),
            starts_at=midnight(speaker, first_day),
            ends_at=midnight(speaker, first_day + timedelta(days=days)),
            n=units,
            value=number(value),
            verdict="" if number(value) is not None else claims.INSUFFICIENT,
        )
        for first_day, (units, figures) in found.items()
        for name, value in figures.items()
    ]
    Measurement.objects.bulk_create(rows, ignore_conflicts=True)


def restate(speaker: Speaker, days: int, found: Found) -> None:
    """Note beside each figure what later corrections made of it; what stood, stands."""
    for first_day, (_, figures) in found.items():
        for name, value in figures.items():
            if number(value) is not None:
                mine = speaker.figures(days).filter(starts_at=midnight(speaker, first_day), restated=None)
                mine.filter(metric=name + suffix(days)).update(restated=number(value))


def number(value: Any) -> float | None:
    """Give a figure as it can be stored: what is not finite could not be worked out, and is no zero."""
    return float(value) if value is not None and math.isfinite(value) else None


def suffix(days: int) -> str:
    """Mark the figures of a length, so that a day and a month that begin together are apart."""
    return f"_{days}d"
