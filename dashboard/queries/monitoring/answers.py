"""How a model that answers visitors does, hour by hour: how long answers take, and who was let down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from statistics import median

from dashboard.queries.monitoring import axis as axes
from dashboard.queries.monitoring import verdicts
from dashboard.queries.monitoring.axis import Axis
from dashboard.queries.monitoring.marks import Marks
from dashboard.queries.monitoring.rows import Figure, Found, Wanted
from dashboard.queries.monitoring.verdicts import Share
from pipelines import words
from pipelines.charts.timeline import Behind
from pipelines.lifecycle.evidence.windows import ERRORS_ALLOWED, SLOW_ALLOWED
from pipelines.models import Shop

DAYS = 7
HOURS_NOW = 24
HALF, MOST, NEARLY_ALL = "latency_p50", "latency_p95", "latency_p99"
ERRORS, FALLBACKS, SLOW = "error_share", "fallback_share", "slow_share"
HARMED = (ERRORS, FALLBACKS)
ALLOWED = {ERRORS: ERRORS_ALLOWED, FALLBACKS: ERRORS_ALLOWED, SLOW: SLOW_ALLOWED}
READ = (HALF, MOST, *HARMED, SLOW)
TOLD_OF = ("answers:", "door:")  # alerts that are marked, by how their keys begin
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

    @cached_property
    def lately(self) -> dict[str, list[Figure | None]]:
        """Return the last day of hours."""
        return {metric: rows[-HOURS_NOW:] for metric, rows in self.live.items()}

    @cached_property
    def shares(self) -> dict[str, Share]:
        """Take the last day of hours together."""
        return {metric: verdicts.pooled(self.lately[metric]) for metric in ALLOWED}

    @cached_property
    def behind(self) -> Behind:
        """Place on the hours what else was going on."""
        return self.marks.behind(self.axis, self.shop, shows_peaks=True, alerts=TOLD_OF)

    @property
    def is_anything_known(self) -> bool:
        return any(row is not None for row in self.live[MOST])

    @cached_property
    def verdict(self) -> str:
        """Say how the last day went: red where it is over a limit, green where that is ruled out."""
        if not any(share.n for share in self.shares.values()):
            return verdicts.silence(self.lately[MOST])
        said = [share.verdict(ALLOWED[metric]) for metric, share in self.shares.items()]
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
        counted = max(share.n for share in self.shares.values())
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
            if (share := self.shares[metric]).n and (share.value or 0) > allowed
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
    tried, ran = marks.beside, marks.live(axis)
    live = {metric: axes.chosen(axis, found.but(metric, tried), ran) for metric in READ}
    beside = {metric: axis.on(found.of(metric, tried)) if tried is not None else [] for metric in READ}
    return Answers(axis, live, beside, marks, shop, 1000 * seconds)
