"""Whether what a model is told, and what it says, is still usual: window by window, and what lasts (METHODS 4a).

A window is a day with enough rows, or up to seven that add up to them; it is compared with the same weekdays of the
weeks before, both without days of freezes and of the merchant's own events, and without what was just found to differ.
Each finding is a row of its feature; what three of five windows agree on is another, and where that begins to be drift
a third, which starts a training (retrain) unless it is our own doing and was trained for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from django.db import transaction
from django.db.models import QuerySet

from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.monitor import retrain, samples
from pipelines.lifecycle.monitor.accuracy import number
from pipelines.lifecycle.monitor.keep import ALL
from pipelines.lifecycle.monitor.samples import Sample
from pipelines.lifecycle.monitor.watch import own_doing
from pipelines.models import DriftBins, Measurement, Shop
from pipelines.stats import clock
from pipelines.stats.drift import persistence, table, windows
from pipelines.stats.drift.bins import Shown
from pipelines.stats.drift.findings import Finding, Problem
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Frames

DRIFT, LASTING = "drift", "drift_lasting"
EXPECTED = "expected"  # a freeze or an event: other days are what one wants
FIRST_LOOK = 28  # days of windows that a new shop begins with
DAY = timedelta(days=1)
CHANGED = (Finding.DRIFT, Finding.BREACH)
KNOWN = {finding.value for finding in Finding}


@dataclass(frozen=True)
class Watch:
    """Whose rows are watched, and which days are not usual."""

    shop: Shop
    use_case: str
    sample: Sample
    apart: frozenset[date]

    @property
    def findings(self) -> QuerySet[Measurement]:
        """Give what was found of it window by window, oldest first."""
        return self.written(DRIFT)

    def written(self, metric: str) -> QuerySet[Measurement]:
        """Give the rows that were written of its features, oldest first."""
        mine = Measurement.objects.for_shop(self.shop).filter(use_case=self.use_case, version=self.sample.version)
        named = [segment(name) for name in self.sample.names]
        return mine.filter(release=None, metric=metric, segment__in=named).order_by("starts_at")

    def midnight(self, day: date) -> datetime:
        return clock.midnight(day, self.shop.zone)


def look(shop: Shop, use_case: str, facts: Frames | None, now: datetime) -> int:
    """Judge the windows that are complete; return how many are new. Without frames, what was asked is watched."""
    last = last_day(shop, facts, now)
    if last is None:
        return 0
    apart = frozenset(samples.days_apart(shop))
    found = samples.samples_of(shop, use_case, facts, last)
    return sum(look_at(Watch(shop, use_case, sample, apart), last) for sample in found)


def last_day(shop: Shop, facts: Frames | None, now: datetime) -> date | None:
    """Return the last day that is known whole: of a shop's facts the one before they were read; no read day, none."""
    until = now if facts is None else freshness.newest_pull_at(shop)
    return min(until, now).astimezone(shop.zone).date() - DAY if until else None


def look_at(watch: Watch, last: date) -> int:
    """Judge the complete windows of one sample, each after the one before it."""
    rows, counts = watch.sample.rows, watch.sample.counts
    complete = windows.windows(counts, first_day(watch, last), last, apart=watch.apart)
    suspected = suspected_lately(watch)
    for window in complete:
        usual = windows.same_weekdays(window, counts, watch.apart.union(*suspected))
        reference = rows[rows["day"].isin(list(usual))]
        current = rows[rows["day"].isin(windows.judged(window, watch.apart))]
        groups = reference["day"].map(usual).to_numpy()
        usual_rows, rows_now = reference.drop(columns="day"), current.drop(columns="day")
        found = table.compare(usual_rows, rows_now, groups, watch.sample.told_once)
        keep(watch, window, found)
        suspected.append(window.days if found["finding"].isin(CHANGED).any() else [])
    return len(complete)


def suspected_lately(watch: Watch) -> deque[list[date]]:
    """Give the days of the last windows in which something was found: whether it lasts is not clear, so they are apart.

    Else a change would soon be what it is compared with, and what days usually differ by.
    """
    found: dict[date, list[date]] = {}
    for start, end, verdict in findings_lately(watch).values_list("starts_at", "ends_at", "verdict"):
        first, after = (at.astimezone(watch.shop.zone).date() for at in (start, end))
        days = found.setdefault(first, [])
        if verdict in CHANGED and not days:
            days += [first + number * DAY for number in range((after - first).days)]
    return deque([found[first] for first in sorted(found)], maxlen=persistence.LAST - 1)


def findings_lately(watch: Watch) -> QuerySet[Measurement]:
    """Keep the findings of as many days as the windows that decide can have."""
    newest = watch.findings.values_list("ends_at", flat=True).last()
    since = newest - windows.MOST_DAYS * persistence.LAST * DAY if newest else watch.midnight(date.min + DAY)
    return watch.findings.filter(starts_at__gte=since)


def first_day(watch: Watch, last: date) -> date:
    """Return where the next window begins: where the last one ended."""
    ended = watch.findings.values_list("ends_at", flat=True).last()
    return ended.astimezone(watch.shop.zone).date() if ended else last - timedelta(days=FIRST_LOOK - 1)


def keep(watch: Watch, window: windows.Window, found: pd.DataFrame) -> None:
    """Write what a window says of each feature, and what has lasted."""
    is_expected = watch.apart.issuperset(window.days)
    case = USE_CASES.get(watch.use_case)
    may_rest = case.monitored.may_rest if case and case.monitored else ()
    findings = {str(name): finding_of(row, str(name) in may_rest) for name, row in found.iterrows()}
    verdicts = {name: verdict(finding, is_expected) for name, finding in findings.items()}
    rows = [
        figure(watch, window, DRIFT, str(name), verdicts[str(name)], n=row.n, value=row.psi, high=row.threshold)
        for name, row in found.iterrows()
    ]
    lasting = {name: persistence.lasting(past) for name, past in history(watch, window, verdicts).items()}
    rows += [figure(watch, window, LASTING, name, each.value, n=window.rows) for name, each in lasting.items()]
    began = [
        figure(watch, window, retrain.BEGAN, name, each.value, n=window.rows) for name, each in begun(watch, lasting)
    ]
    if watch.sample.version is None and retrain.PREDICTION not in lasting:
        together = persistence.of_all_features(lasting, dict.fromkeys(lasting, 1.0))
        rows.append(figure(watch, window, LASTING, ALL, together.value, n=window.rows))
    with transaction.atomic():
        Measurement.objects.bulk_create(rows, ignore_conflicts=True)
        Measurement.objects.bulk_create([asking(row) for row in began], ignore_conflicts=True)
    spread = [bins_of(watch, window, str(name), row.bins) for name, row in found.iterrows() if row.bins]
    DriftBins.objects.bulk_create(spread, ignore_conflicts=True)


def bins_of(watch: Watch, window: windows.Window, name: str, bins: Shown) -> DriftBins:
    """Make the row that a figure of drift is looked into by."""
    return DriftBins(
        shop=watch.shop,
        use_case=watch.use_case,
        version_id=watch.sample.version,
        feature=segment(name),
        starts_at=watch.midnight(window.first),
        bins=bins,
    )


def begun(watch: Watch, lasting: Mapping[str, Finding]) -> Iterator[tuple[str, Finding]]:
    """Yield the features of which a drift lasts now and did not at the window before: they ask for a training, once."""
    for name, each in lasting.items():
        before = watch.written(LASTING).filter(segment=segment(name)).values_list("verdict", flat=True).last()
        if each in CHANGED and before not in CHANGED:
            yield name, each


def asking(began: Measurement) -> Measurement:
    """Let what began ask for a training, unless it is a drift of our own doing that was trained for."""
    if began.version_id is None and began.verdict == Finding.DRIFT and own_doing.is_trained_for(began):
        began.metric = retrain.OURS
    return began


def finding_of(row: Any, may_rest: bool) -> Finding:
    """Say what was found; a feature that may rest is not broken where it does: no sale is on, nothing is sold out."""
    return Finding.DRIFT if may_rest and row.problem is Problem.CONSTANT else Finding(row.finding)


def verdict(finding: Finding, is_expected: bool) -> str:
    """Say what was found; a drift in a freeze or in an event of the shop's own is what one expects."""
    return EXPECTED if is_expected and finding is Finding.DRIFT else Finding(finding).value


def history(watch: Watch, window: windows.Window, newest: Mapping[str, str]) -> dict[str, list[Finding]]:
    """Give the last findings of each feature, the newest at the end; expected ones neither count nor reset."""
    before = watch.findings.filter(
        starts_at__lt=watch.midnight(window.first), starts_at__gte=watch.midnight(window.first - timedelta(days=90))
    )
    past: dict[str, list[str]] = {}
    for name, each in before.values_list("segment", "verdict"):
        past.setdefault(name, []).append(each)
    return {name: decided([*past.get(segment(name), []), last]) for name, last in newest.items()}


def decided(verdicts: Iterable[str]) -> list[Finding]:
    """Read findings as they were written."""
    return [Finding(each) for each in verdicts if each in KNOWN]


def figure(watch: Watch, window: windows.Window, metric: str, name: str, verdict: str, **figures: float) -> Measurement:
    """Make the row of one feature in one window."""
    numbers = {key: number(value) for key, value in figures.items() if key != "n"}
    return Measurement(
        shop=watch.shop,
        use_case=watch.use_case,
        version_id=watch.sample.version,
        metric=metric,
        segment=segment(name),
        starts_at=watch.midnight(window.first),
        ends_at=watch.midnight(window.last + DAY),
        n=int(figures["n"]),
        verdict=verdict,
        **numbers,
    )


def segment(name: str) -> str:
    """Name the segment in which a feature's rows stand."""
    return name[:40]
