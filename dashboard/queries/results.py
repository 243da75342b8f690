"""Results: was it worth it? One month's report as it was claimed, or as it looks so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from dashboard.brought import brought_by
from dashboard.files import major
from pipelines import words
from pipelines.charts.saved_days import saved_days
from pipelines.lifecycle.releases.what_ran import history
from pipelines.lifecycle.results import operations, telling
from pipelines.lifecycle.results.months import Month
from pipelines.models import Deployment, MonthReport, Release, Shop
from pipelines.models.prepared import prepared

HEADS = {"balance": ("What", "Amount", "On what ground"), "rows": ("What", "How much", "Of what")}
IS_NEWS = timedelta(days=14)
COUNTS = ("trained", "validated", "undecided", "refused", "promoted", "rolled_back", "stopped", "failed")


@dataclass(frozen=True)
class Choice:
    """A month that can be looked at."""

    name: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class ResultsPage:
    """Everything on the page; without a report only when there will be one."""

    row: MonthReport | None
    choices: list[Choice]
    final_at: datetime | None = None
    ways_out: Mapping[str, tuple[str, str]] = field(
        default_factory=dict
    )  # use case -> where a loss is ended: address, words
    heads = HEADS

    @property
    def report(self) -> dict[str, Any]:
        assert self.row
        figures: dict[str, Any] = self.row.figures
        return figures

    @property
    def name(self) -> str:
        assert self.row
        return telling.month_name(self.row.month)

    @property
    def headline(self) -> tuple[str, str]:
        return telling.headline(self.report)

    @property
    def answer(self) -> str:
        return telling.answer(self.report)

    @property
    def lines(self) -> list[tuple[telling.Line, tuple[str, str] | None]]:
        """Lay the claims out; beside a loss that goes on where it is ended."""
        told = [(claim, telling.line(claim, self.report["currency"])) for claim in self.report["claims"]]
        return [(line, self.ways_out.get(claim["use_case"]) if line.costs_on else None) for claim, line in told]

    @property
    def meaning(self) -> str:
        return telling.MEANING

    @property
    def balance(self) -> list[tuple[str, str, str]]:
        return telling.balance(self.report)

    @property
    def operations(self) -> list[tuple[str, str, str]]:
        return operations.rows(self.report)

    @property
    def near(self) -> list[tuple[str, str, str]]:
        return operations.near(self.report)

    @property
    def delivery(self) -> list[tuple[str, str, str]]:
        return operations.delivery(self.report["delivery"])

    @property
    def apart(self) -> list[tuple[str, str]]:
        """Name the days that are left out of comparisons, and when they were."""
        assert self.row
        spans = [
            (each["name"], *(date.fromisoformat(each[end]) for end in ("first", "last")))
            for each in self.report["apart"]
        ]
        return [(name, words.day_range(first, last, self.row.month)) for name, first, last in spans]

    @property
    def figure(self) -> Any:
        """Draw the days of the first claim in money that has some."""
        apart = frozenset(
            date.fromisoformat(each["first"]) + timedelta(days=number)
            for each in self.report["apart"]
            for number in range((date.fromisoformat(each["last"]) - date.fromisoformat(each["first"])).days + 1)
        )
        for claim in self.report["claims"]:
            if daily := claim["details"].get("daily"):
                days = [(date.fromisoformat(day), minor) for day, minor in daily]
                line = telling.line(claim, self.report["currency"])
                title = f"{claim['about']}: errors cost {line.result}, {telling.MARKS[claim['mark']][0].lower()}"
                return saved_days(days, apart, currency=self.report["currency"], title=title)
        return None

    @property
    def restated(self) -> list[tuple[str, str, str]]:
        """List the claims that later corrections made another: what, as it was, as it is."""
        assert self.row
        currency = self.report["currency"]
        return [
            (
                f"{each['about']}: {each['title']}",
                as_read(each, each["was"], currency),
                as_read(each, each["is"], currency),
            )
            for each in self.row.restated
        ]


def as_read(change: dict[str, Any], figures: dict[str, Any], currency: str) -> str:
    """Write a claim as it was, or as it is."""
    result, _ = telling.figures(change | figures, currency)
    mark, _ = telling.how_sure(change, figures)
    return f"{result}, {mark.lower()}"


def results_page(shop: Shop, wanted: date | None) -> ResultsPage:
    """Read a month's report: the one asked for, else the newest that is final, else the first: it has most to tell."""
    rows = list(MonthReport.objects.for_shop(shop).defer("pdf").order_by("-month"))
    asked = [row for row in rows if row.month == wanted]
    final = [row for row in rows if row.is_final]
    row = next(iter([*asked, *final, *reversed(rows)]), None)
    choices = [Choice(name_of(each), f"month={each.month:%Y-%m}", each is row) for each in rows]
    if row is None:
        return ResultsPage(None, choices)
    month, is_over = Month(row.month, shop.zone), any(each.month > row.month for each in final)
    return ResultsPage(row, choices, month.final_at, ways_out(shop, month, is_over=is_over))


def ways_out(shop: Shop, month: Month, *, is_over: bool) -> dict[str, tuple[str, str]]:
    """Say where what a model costs is ended: where its family says so, else by the way back from what ran then.

    What is shown changes: once a later month is told, nothing that runs now is ended for an earlier one's sake.
    """
    runs = Deployment.objects.for_shop(shop).values("active")
    live = Release.objects.for_shop(shop).filter(phase=Release.Phase.LIVE, version__in=runs)
    ways = {}
    for use_case, pk in live.values_list("use_case", "pk"):
        own, since = brought_by(use_case).ends, history(shop, use_case)[-1].since
        if own and not is_over:
            ways[use_case] = (reverse(own[0]), own[1])
        elif not own and since and since < month.ends_at:
            ways[use_case] = (reverse("release", args=[pk]), "Roll back")
    return ways


def name_of(row: MonthReport) -> str:
    """Name a month among others."""
    return telling.month_name(row.month) + ("" if row.is_final else ", so far")


def as_rows(row: MonthReport) -> list[tuple[Any, ...]]:
    """Give a report as lines of a file: part, what, figure, low, high, how sure, what it counts, ground."""
    report = row.figures
    claims = [
        (
            "claim",
            f"{claim['about']}: {claim['title']}",
            *(in_a_cell(claim, claim[name], report["currency"]) for name in ("value", "low", "high")),
            *(claim[name] for name in ("mark", "n", "how")),
        )
        for claim in report["claims"]
    ]
    versions = [
        ("versions", f"{model['title']}: {name.replace('_', ' ')}", model[name], "", "", "", "", "")
        for model in report["versions"]
        for name in COUNTS
    ]
    parts = {
        "near": operations.near(report),
        "operations": operations.rows(report),
        "delivery": operations.delivery(report["delivery"]),
        "balance": telling.balance(report),
    }
    told = [
        (part, what, figure, "", "", "", "", ground) for part, rows in parts.items() for what, figure, ground in rows
    ]
    return [*claims, *versions, *told]


def in_a_cell(claim: dict[str, Any], value: float | None, currency: str) -> str:
    """Write a figure as a spreadsheet reads it: money in whole units of the currency, shares as they are."""
    if claim["unit"] == "money":
        return major(None if value is None else round(value), currency)
    return "" if value is None else f"{value:.6f}"


# On Home


@dataclass(frozen=True)
class News:
    """What Home says of results: the report that came lately, and when the next one does."""

    ready: str = ""
    ready_at: datetime | None = None
    next: str = ""
    next_at: datetime | None = None


def news(shop: Shop, now: datetime) -> News:
    """Say which report is new, and which comes next."""
    coming = next(month for month in upcoming(shop, now) if month.final_at > now)
    told = News(next=telling.month_name(coming.first), next_at=coming.final_at)
    for newest in newest_final(shop):
        if now - newest.made_at < IS_NEWS:
            return replace(told, ready=telling.month_name(newest.month), ready_at=newest.made_at)
    return told


@prepared
def newest_final(shop: Shop) -> QuerySet[MonthReport, Any]:
    """Read month and making of the newest report that is final."""
    rows = MonthReport.objects.for_shop(shop).filter(is_final=True).order_by("-month")
    return rows.values_list("month", "made_at")[:1]


def upcoming(shop: Shop, now: datetime) -> Iterator[Month]:
    """Walk through the months from the last one on, or from the one in which the shop got the app."""
    month = Month.of(max(now - timedelta(days=31), shop.installed_at or now), shop.zone)
    while True:
        yield month
        month = month.after
