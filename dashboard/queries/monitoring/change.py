"""What stands behind one cell of the heat map: how a feature's rows were spread in a window, and usually."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F, QuerySet

from dashboard.queries.monitoring.drift import BADGES, SAID, name_of
from dashboard.queries.words import Badge
from pipelines import charts, words
from pipelines.charts.spread import bins_of, two_spreads
from pipelines.lifecycle.monitor.watch import moved
from pipelines.models import DriftBins, Measurement, Shop
from pipelines.models.prepared import prepared
from pipelines.stats import clock
from pipelines.usecases import USE_CASES

EXPECTED = Badge("Expected")


@dataclass(frozen=True)
class ChangePage:
    """One window of one feature."""

    slug: str
    title: str
    feature: str
    when: str
    row: Any  # n, value, high, verdict
    direction: str  # in which it lies from what is usual
    figure: charts.Figure | None

    @property
    def badge(self) -> Badge:
        return EXPECTED if self.row.verdict == "expected" else BADGES.get(self.row.verdict, BADGES[""])

    @property
    def sentence(self) -> str:
        """Say what was found."""
        said = SAID.get(self.row.verdict, ("", "not more than chance and the weeks before explain"))[1]
        return f"{self.feature}, {self.when}: {said}."

    @property
    def of_limit(self) -> str:
        """Say how far it lies from what is usual."""
        if self.row.value is None or not self.row.high:
            return "could not be worked out"
        return f"{words.number(self.row.value / self.row.high, 1)} of the limit"


def change_page(shop: Shop, slug: str, *, feature: str, day: date) -> ChangePage | None:
    """Read the window of a feature that began on a day of the shop's; None where there is none."""
    span, name = clock.day_window(day, shop.zone), feature[:40]
    found = looked_at(shop, slug, name, span.starts_at, span.ends_at)
    if not found:
        return None
    row = found[0]
    today = max(day, (row.ends_at - timedelta(microseconds=1)).astimezone(shop.zone).date())
    when = words.day(day, today) if today == day else words.day_range(day, today, today)
    named = name_of(USE_CASES[slug], feature)
    stored = spread_of(shop, slug, name, row.starts_at, row.version_id or 0)
    bins = stored[0].bins if stored else {}
    figure = figure_of(named, when, bins) if bins else None
    case = USE_CASES[slug]
    monitored = case.monitored
    direction = moved.direction(bins, monitored.read_as.get(feature, "") if monitored else "", shop.currency)
    return ChangePage(slug, case.title, named, when, row, direction, figure)


def figure_of(feature: str, when: str, stored: dict[str, list[Any]]) -> charts.Figure:
    """Draw both, the largest move as the message."""
    bins = bins_of(stored)
    most = max(bins, key=lambda each: abs(each.now - each.usual))
    moved = f"“{most.name}” moved most: {words.percent(most.usual)} usually, {words.percent(most.now)} then"
    rows = f"{words.counted(sum(stored['now']), 'row')} then, {words.counted(sum(stored['usual']), 'row')} usually"
    return two_spreads(bins, title=moved, subtitle=f"{feature}, {when}: {rows}.", description=f"{moved}. {rows}.")


@prepared
def looked_at(shop: Shop, slug: str, name: str, since: Any, until: Any) -> QuerySet[Measurement, Any]:
    """Read the figure of the newest version that has one."""
    mine = Measurement.objects.for_shop(shop).filter(use_case=slug, release=None, metric="drift", segment=name)
    begun = mine.filter(starts_at__gte=since, starts_at__lt=until).order_by(F("version").desc(nulls_last=True))
    return begun.values_list("version_id", "starts_at", "ends_at", "n", "value", "high", "verdict")[:1]


def spread_of(shop: Shop, slug: str, name: str, starts_at: Any, version: int) -> list[DriftBins]:
    """Read what was kept of it."""
    mine = DriftBins.objects.for_shop(shop).filter(use_case=slug, feature=name, starts_at=starts_at)
    return list(mine.filter(version_id=version or None)[:1])
