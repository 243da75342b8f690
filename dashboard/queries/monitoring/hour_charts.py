"""A week of hours as charts, and as a table of its days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from statistics import median

from dashboard.queries.monitoring import verdicts
from dashboard.queries.monitoring.answers import DAYS, ERRORS, HALF, HARMED, MOST, SLOW, TOLD, Answers
from dashboard.queries.monitoring.axis import Axis
from dashboard.queries.monitoring.rows import Figure
from dashboard.queries.monitoring.written import ms, percent, said, share_with_range, values
from pipelines import charts, words
from pipelines.charts.figure import Row
from pipelines.charts.timeline import Line, Timeline, draw
from pipelines.lifecycle.evidence.windows import ERRORS_ALLOWED


def times(seen: Answers) -> charts.Figure | None:
    """Draw how long answers took."""
    rows, known = seen.live[MOST], values(seen.live[MOST])
    if not any(value is not None for value in known):
        return None
    lines = [Line("95 of 100 answers", "now", known), Line("half of the answers", "rule", values(seen.live[HALF]))]
    if any(value is not None for value in values(seen.beside[MOST])):
        lines.append(Line(f"version {seen.marks.beside}", "new", values(seen.beside[MOST])))
    over = [row for row in rows if row is not None and row.verdict == verdicts.BREACH]
    counted = sum(value is not None for value in known)
    title = f"95 of 100 answers come within {ms(median(value for value in known if value is not None))} in a usual hour"
    if over:
        title = f"Answers were too slow in {words.counted(len(over), 'hour')} of {counted}"
    return draw(
        Timeline(
            id="answers",
            title=title,
            subtitle=f"How long answers took, by hour, last {DAYS} days. Gaps: nobody asked, or nothing was heard.",
            what=f"Time of answers by hour over {DAYS} days",
            description=f"{title}. The limit is {ms(seen.budget)}.",
            moments=seen.axis.moments,
            lines=lines,
            write=lambda value: f"{words.number(value)} ms",
            ticks=seen.axis.ticks(),
            verdicts=said(rows),
            limit=seen.budget,
            behind=seen.behind,
            table_head=("Day", "95 of 100, usual hour", "at peak hours", "slowest hour", "half", "too few or none"),
            table_rows=tuple(by_day(seen)),
        )
    )


def harm(seen: Answers) -> charts.Figure | None:
    """Draw the shares of visitors that met an error or were given the simple answer."""
    errors, fallbacks = (values(seen.live[metric]) for metric in HARMED)
    if not any(value is not None for value in errors):
        return None
    pooled = {metric: verdicts.pooled(seen.live[metric]) for metric in HARMED}
    told = " and ".join(f"{words.percent(share.value)} {TOLD[metric]}" for metric, share in pooled.items())
    said_of = [verdicts.worst(pair) for pair in zip(*(said(seen.live[metric]) for metric in HARMED), strict=True)]
    return draw(
        Timeline(
            id="harm",
            title=f"Of {words.counted(pooled[ERRORS].n, 'visitor')} in {DAYS} days, {told}",
            subtitle=f"Shares of visitors, by hour, last {DAYS} days.",
            what=f"Share of visitors with an error or the simple answer, by hour over {DAYS} days",
            description=f"{told} in {DAYS} days. {words.percent(ERRORS_ALLOWED)} of each may.",
            moments=seen.axis.moments,
            lines=[
                Line("met an error", "now", [percent(value) for value in errors]),
                Line("given the simple answer", "rule", [percent(value) for value in fallbacks]),
            ],
            write=lambda value: f"{words.number(value, 0 if value == round(value) else 1)}{words.NBSP}%",
            ticks=seen.axis.ticks(),
            verdicts=said_of,
            limit=100 * ERRORS_ALLOWED,
            behind=seen.behind,
            table_head=("Day", "Visitors", "Met an error", "Given the simple answer", "Waited too long"),
            table_rows=tuple(shares_by_day(seen)),
        )
    )


def by_day(seen: Answers) -> Iterator[Row]:
    """Write the times of each day; a usual hour is the middle one of its hours."""
    peaks, verdicts_of = seen.axis.are_peaks(seen.shop.settings.peak_hours), said(seen.live[MOST])
    for day, places in days(seen.axis):
        most = known(seen.live[MOST], places)
        busy = known(seen.live[MOST], [place for place in places if peaks[place]])
        half = known(seen.live[HALF], places)
        unsure = sum(verdicts_of[place] != verdicts.OK for place in places)
        told = (median(most) if most else None, median(busy) if busy else None, max(most, default=None))
        few = f"{unsure} of {len(places)} hours"
        yield (day, *map(ms, told), ms(median(half) if half else None), few)


def shares_by_day(seen: Answers) -> Iterator[Row]:
    """Write the shares of each day."""
    for day, places in days(seen.axis):
        shares = [verdicts.pooled([seen.live[metric][place] for place in places]) for metric in (*HARMED, SLOW)]
        told = (share_with_range(share) for share in shares)
        yield (day, words.number(shares[0].n), *told)


def days(axis: Axis) -> Iterator[tuple[str, list[int]]]:
    """Give the places of each day's hours."""
    for day, places in groupby(range(len(axis.local)), key=lambda place: axis.local[place].date()):
        yield words.day(day, axis.today), list(places)


def known(rows: Sequence[Figure | None], places: Sequence[int]) -> list[float]:
    found = (rows[place] for place in places)
    return [row.value for row in found if row is not None and row.value is not None]
