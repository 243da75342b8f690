"""How a model that answers visitors does, hour by hour: how long answers take, and who was let down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median

from dashboard.queries.monitoring import axis as axes
from dashboard.queries.monitoring import verdicts
from dashboard.queries.monitoring.axis import Axis
from dashboard.queries.monitoring.marks import Marks
from dashboard.queries.monitoring.rows import Figure, Found, Wanted
from dashboard.queries.monitoring.verdicts import Share
from pipelines import charts, words
from pipelines.charts.figure import Row
from pipelines.charts.timeline import Line, Timeline, draw
from pipelines.lifecycle.evidence.windows import ERRORS_ALLOWED, SLOW_ALLOWED
from pipelines.models import Shop

DAYS = 7
HOURS_NOW = 24
HALF, MOST, NEARLY_ALL = "latency_p50", "latency_p95", "latency_p99"
ERRORS, FALLBACKS, SLOW = "error_share", "fallback_share", "slow_share"
HARMED = (ERRORS, FALLBACKS)
ALLOWED = {ERRORS: ERRORS_ALLOWED, FALLBACKS: ERRORS_ALLOWED, SLOW: SLOW_ALLOWED}
READ = (HALF, MOST, *HARMED, SLOW)
TOLD = {ERRORS: "met an error", FALLBACKS: "were given the simple answer", SLOW: "waited too long"}


@dataclass(frozen=True)
class Answers:
    """What visitors got, hour by hour."""

    axis: Axis
    live: dict[str, list[Figure | None]]  # by metric: of what was live then
    beside: dict[str, list[Figure | None]]  # of the version that is tried
    marks: Marks
    shop: Shop
    budget: float  # milliseconds that an answer may take

    @property
    def lately(self) -> dict[str, list[Figure | None]]:
        """Return the last day of hours."""
        return {metric: rows[-HOURS_NOW:] for metric, rows in self.live.items()}

    def share(self, metric: str) -> Share:
        """Take the last day of hours together."""
        return verdicts.pooled(self.lately[metric])

    @property
    def is_anything_known(self) -> bool:
        return any(row is not None for row in self.live[MOST])

    @property
    def verdict(self) -> str:
        """Say how the last day went: red where it is over a limit, green where that is ruled out."""
        shares = [self.share(metric) for metric in ALLOWED]
        if not any(share.n for share in shares):
            return verdicts.silence(self.lately[MOST])
        said = [share.verdict(ALLOWED[metric]) for metric, share in zip(ALLOWED, shares, strict=True)]
        said = [each for each in said if each != verdicts.QUIET]
        is_over = any(each == verdicts.BREACH for each in (*said, *self.newest))
        if is_over:
            return verdicts.BREACH
        return verdicts.OK if all(each == verdicts.OK for each in said) else verdicts.INSUFFICIENT

    @property
    def newest(self) -> Iterator[str]:
        """Yield what was said of the last three hours."""
        return (row.verdict for metric in ALLOWED for row in self.live[metric][-3:] if row is not None)

    @property
    def sentence(self) -> str:
        """Say how the last day went."""
        counted = max((self.share(metric).n for metric in ALLOWED), default=0)
        plain = {
            verdicts.OK: "Answers stay within every limit.",
            verdicts.INSUFFICIENT: f"{words.counted(counted, 'visitor')} in 24 hours are too few to tell.",
            verdicts.QUIET: "Nobody asked in the last 24 hours, which is usual.",
            verdicts.NO_DATA: "Nothing was heard of it lately, though visitors were expected.",
            verdicts.UNKNOWN: "Nothing is measured yet: an hour is looked at once it is over.",
        }
        return plain.get(self.verdict) or f"Answers go wrong: {self.worst}."

    @property
    def worst(self) -> str:
        """Say what is over its limit."""
        over = [
            f"{words.percent(share.value)} {TOLD[metric]} in 24 hours ({words.percent(allowed)} may)"
            for metric, allowed in ALLOWED.items()
            if (share := self.share(metric)).n and (share.value or 0) > allowed
        ]
        return "; ".join(over) or "an hour of the last three was over a limit"

    @property
    def typical(self) -> float | None:
        """Return how long 95 of 100 answers took at most in a usual hour of the last day."""
        known = [row.value for row in self.lately[MOST] if row is not None and row.value is not None]
        return median(known) if known else None


def wanted(axis: Axis) -> list[Wanted]:
    """Say which figures are read."""
    return [Wanted(metric, "all", axis.since) for metric in READ]


def answers(shop: Shop, axis: Axis, found: Found, marks: Marks, seconds: float) -> Answers:
    """Put the figures of hours together."""
    tried = marks.beside
    live = {metric: axes.chosen(axis, found.but(metric, tried), marks.ran) for metric in READ}
    beside = {metric: axis.on(found.of(metric, tried)) if tried is not None else [] for metric in READ}
    return Answers(axis, live, beside, marks, shop, 1000 * seconds)


# Charts


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
            behind=seen.marks.behind(seen.axis, seen.shop, shows_peaks=True, alerts="answers:"),
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
            behind=seen.marks.behind(seen.axis, seen.shop, shows_peaks=True, alerts="answers:"),
            table_head=("Day", "Visitors", "Met an error", "Given the simple answer", "Waited too long"),
            table_rows=tuple(shares_by_day(seen)),
        )
    )


def values(rows: Sequence[Figure | None]) -> list[float | None]:
    """Give what is known."""
    return [None if row is None else row.value for row in rows]


def said(rows: Sequence[Figure | None]) -> list[str]:
    """Give the verdict of each moment."""
    return ["" if row is None else row.verdict for row in rows]


def percent(value: float | None) -> float | None:
    return None if value is None else 100 * value


def ms(value: float | None) -> str:
    """Write a time.

    >>> ms(38.2), ms(None)
    ('38 ms', '—')
    """
    return words.UNKNOWN if value is None else f"{words.number(value)} ms"


# Tables


def by_day(seen: Answers) -> Iterator[Row]:
    """Write the times of each day; a usual hour is the middle one of its hours."""
    peaks = seen.axis.are_peaks(seen.shop.settings.peak_hours)
    for day, places in days(seen.axis):
        most = known(seen.live[MOST], places)
        busy = known(seen.live[MOST], [place for place in places if peaks[place]])
        half = known(seen.live[HALF], places)
        unsure = sum(each != verdicts.OK for each in (said(seen.live[MOST])[place] for place in places))
        told = (median(most) if most else None, median(busy) if busy else None, max(most, default=None))
        few = f"{unsure} of {len(places)} hours"
        yield (day, *map(ms, told), ms(median(half) if half else None), few)


def shares_by_day(seen: Answers) -> Iterator[Row]:
    """Write the shares of each day."""
    for day, places in days(seen.axis):
        shares = [verdicts.pooled([seen.live[metric][place] for place in places]) for metric in (*HARMED, SLOW)]
        told = (share_with_range(share) for share in shares)
        yield (day, words.number(shares[0].n), *told)


def share_with_range(share: Share) -> str:
    """Write a share and where it lies 19 of 20 times; a dash where nobody was counted."""
    if share.range is None:
        return words.UNKNOWN
    return f"{words.percent(share.value)} ({spanned(share)})"


def spanned(share: Share) -> str:
    """Say where a share lies 19 of 20 times."""
    low, high = share.range or (0.0, 1.0)
    return f"{small(low)} to {small(high)}"


def small(share: float) -> str:
    """Write a share of which even little matters."""
    return f"under 0.1{words.NBSP}%" if 0 < share < 0.0005 else words.percent(share)


def days(axis: Axis) -> Iterator[tuple[str, list[int]]]:
    """Give the places of each day's hours."""
    local = [span.starts_at.astimezone(axis.zone).date() for span in axis.spans]
    for day, places in groupby(range(len(local)), key=lambda place: local[place]):
        yield words.day(day, axis.today), list(places)


def known(rows: Sequence[Figure | None], places: Sequence[int]) -> list[float]:
    found = (rows[place] for place in places)
    return [row.value for row in found if row is not None and row.value is not None]
