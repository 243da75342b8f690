"""Whether what a model is told, and what it says, is still usual: a heat map of windows that can be opened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from urllib.parse import quote

from django.urls import reverse

from dashboard.queries.monitoring.axis import Axis
from dashboard.queries.monitoring.marks import Marks
from dashboard.queries.monitoring.rows import Figure, Found, Wanted
from dashboard.queries.words import Badge
from pipelines import words
from pipelines.charts.heat import Cell, HeatRow, heat_table
from pipelines.lifecycle.monitor.retrain import PREDICTION
from pipelines.usecases.contract import UseCase

DAYS = 28
DRIFT, LASTING, ALL = "drift", "drift_lasting", "all"
CHANGED = ("drift", "breach")
BADGES = {
    "ok": Badge("As usual", "success"),
    "drift": Badge("Changed", "warning"),
    "breach": Badge("Broken", "critical"),
    "insufficient": Badge("Too few to tell"),
    "no_data": Badge("No data", "warning"),
    "": Badge("Not measured yet"),
}
SAID = {
    "insufficient": ("few", "too few rows to tell"),
    "no_data": ("none", "no data"),
    "breach": ("h4 over", "broken: missing, unknown or all the same"),
    "drift": ("h4 over", "changed"),
    "expected": ("expected", "changed, as expected in a freeze or an event of yours"),
}
USUAL = (("h0", "same", 0.25), ("h1", "same", 0.5), ("h2", "slightly different", 0.75), ("h3", "somewhat different", 0))


@dataclass(frozen=True)
class Drift:
    """What was found of each feature, window by window."""

    axis: Axis
    case: UseCase
    found: dict[str, Sequence[Figure]]  # by feature
    lasting: dict[str, str]  # by feature: what the newest windows agree on
    together: str  # … of all features

    @cached_property
    def address(self) -> str:
        """Return where the two distributions behind a window are shown."""
        return reverse("monitoring-change", args=[self.case.slug])

    @property
    def badge(self) -> Badge:
        return BADGES.get(self.together, BADGES[""])

    @property
    def changed(self) -> list[str]:
        """Name what has changed for good."""
        return [name_of(self.case, each) for each, verdict in self.lasting.items() if verdict in CHANGED]

    @property
    def sentence(self) -> str:
        """Say whether what it is told is as usual."""
        if self.changed:
            lasts = "has changed" if len(self.changed) == 1 else "have changed"
            return f"{' and '.join(self.changed)} {lasts} and stayed so."
        plain = {
            "ok": "What it learns from is as usual.",
            "insufficient": "Too little came in to tell whether what it learns from is as usual.",
            "no_data": "Nothing came in to compare with what is usual.",
        }
        return plain.get(self.together, "What it learns from was not compared yet.")

    @property
    def title(self) -> str:
        """Say what the heat map shows."""
        if self.changed:
            return f"{' and '.join(self.changed)}: changed beyond the limit, and still"
        return "No lasting change in what it learns from" if self.together == "ok" else self.sentence

    @property
    def table(self) -> str:
        """Write the heat map."""
        days = self.axis.days
        rows = [HeatRow(name_of(self.case, each), [*windows(self, each)]) for each in self.found]
        caption = "Difference from the same weekdays of the weeks before, by what the model knows and by day"
        return heat_table(rows, days, caption=caption, of_what="What the model knows")


def features(case: UseCase) -> list[str]:
    """List what is watched: what a model is told, and what it says."""
    return [*case.monitored.features, PREDICTION] if case.monitored else []


def wanted(case: UseCase, axis: Axis) -> list[Wanted]:
    """Say which figures are read: a window may have begun up to a week before the first day."""
    since = axis.since - timedelta(days=7)
    each = [Wanted(metric, name[:40], since) for name in features(case) for metric in (DRIFT, LASTING)]
    return [*each, Wanted(LASTING, ALL, since)]


def drift(case: UseCase, axis: Axis, found: Found, marks: Marks) -> Drift:
    """Put together what was found."""
    whose = {name: marks.active if name == PREDICTION else None for name in features(case)}
    rows = {name: found.of(DRIFT, who, name[:40]) for name, who in whose.items()}
    lasting = {name: newest(found.of(LASTING, who, name[:40])) for name, who in whose.items() if name != PREDICTION}
    return Drift(axis, case, rows, lasting, newest(found.of(LASTING, None, ALL)))


def newest(rows: Sequence[Figure]) -> str:
    return rows[-1].verdict if rows else ""


def name_of(case: UseCase, feature: str) -> str:
    """Name a feature as a merchant knows it."""
    if feature == PREDICTION:
        return f"What it says ({case.words.answers})"
    return case.words.page.features.get(feature) or feature.replace("_", " ").capitalize()


def windows(seen: Drift, feature: str) -> Iterator[Cell]:
    """Yield the cells of a feature, the days between two windows as one that was not compared."""
    days, at = seen.axis.days, 0
    for row in seen.found[feature]:
        first, last = (day_of(seconds, seen.axis) for seconds in (row.starts, row.ends - 1))
        start = max(at, (first - days[0]).days)
        stop = min(len(days), (last - days[0]).days + 1)
        if start >= stop:
            continue
        if start > at:
            yield Cell(start - at, "none", "not compared")
        yield cell(seen, feature, row, stop - start, (first, last))
        at = stop
    if at < len(days):
        yield Cell(len(days) - at, "none", "not compared yet")


def day_of(seconds: int, axis: Axis) -> date:
    return datetime.fromtimestamp(seconds, UTC).astimezone(axis.zone).date()


def cell(seen: Drift, feature: str, row: Figure, width: int, span: tuple[date, date]) -> Cell:
    """Write one window, which leads to the two distributions behind it."""
    css, said = SAID.get(row.verdict) or usual(row)
    first, last = span
    when = words.day(first, seen.axis.today) if first == last else words.day_range(first, last, seen.axis.today)
    if row.value is not None and row.high:
        said = f"{said}, {words.number(row.value / row.high, 1)} of the limit"
    return Cell(width, css, said, when, f"{seen.address}?feature={quote(feature)}&day={first.isoformat()}")


def usual(row: Figure) -> tuple[str, str]:
    """Say how far a window that is no drift lies from what is usual."""
    part = row.value / row.high if row.value is not None and row.high else 0.0
    return next(((css, said) for css, said, most in USUAL if part < most), (USUAL[-1][0], USUAL[-1][1]))
