"""Forecasts: what will sell, what must be reordered, when, how sure?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from dashboard.queries.words import Badge
from pipelines.lifecycle.releases.standing import Standing, standing_of
from pipelines.models import Location, ModelVersion, Release, Shop, StockAdvice

PAGE_SIZE = 50
TOTAL = 0  # the row of all locations together
HEAVY = tuple(f"version__{name}" for name in ("recipe", "metrics", "replay", "gates", "page", "lineage"))
URGENT = ("out_of_stock", "order_today")
STATUSES = {
    "out_of_stock": Badge("Out of stock", "critical"),
    "order_today": Badge("Order today", "warning"),
    "order_this_week": Badge("Order this week"),
    "too_much": Badge("Too much stock"),
    "on_its_way": Badge("On its way", "info"),
    "few_sales": Badge("Few sales yet"),
    "ok": Badge("Enough stock", "success"),
}
FILTERS = ("out_of_stock", "order_today", "order_this_week", "on_its_way", "too_much", "few_sales")
SORTS = {
    "risk": ("Sales at risk, highest first", ("-at_risk_minor", "variant_id")),
    "runs_out": ("Runs out, soonest first", ("runs_out", "variant_id")),
    "forecast": ("Forecast, highest first", ("-forecast_28", "variant_id")),
}


@dataclass(frozen=True)
class Wish:
    """What the merchant asked the list for."""

    show: str = ""
    q: str = ""
    sort: str = "risk"
    location: int = TOTAL
    page: int = 1

    def query(self, **changes: object) -> str:
        """Return this wish as a query string, with changes; the defaults stay out of the address."""
        wish = {name: changes.get(name, getattr(self, name)) for name in self.__dataclass_fields__}
        if "page" not in changes:
            wish["page"] = 1
        defaults = Wish()
        return urlencode({name: value for name, value in wish.items() if value != getattr(defaults, name)})


@dataclass(frozen=True)
class Chip:
    """One filter with its count."""

    words: str
    count: int
    query: str
    is_current: bool


@dataclass(frozen=True)
class Line:
    """One variant of the list, with its badge."""

    row: StockAdvice

    @property
    def badge(self) -> Badge:
        return STATUSES[self.row.status]


@dataclass(frozen=True)
class Place:
    """One location to look at, or all together."""

    words: str
    query: str
    is_current: bool


@dataclass(frozen=True)
class ForecastsPage:
    """One page of the list."""

    wish: Wish
    today: date
    lines: list[Line]
    found: int
    total: int
    chips: list[Chip]
    places: list[Place]
    to_order: int
    at_risk_minor: int
    version: ModelVersion | None
    origin: date | None
    waiting: Release | None
    standing: Standing | None  # of what waits

    @property
    def first(self) -> int:
        return (self.wish.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def previous_query(self) -> str | None:
        return self.wish.query(page=self.wish.page - 1) if self.wish.page > 1 else None

    @property
    def next_query(self) -> str | None:
        return self.wish.query(page=self.wish.page + 1) if self.last < self.found else None

    @property
    def age_days(self) -> int:
        """Return how many days are missing between the newest sales known to the forecast and yesterday."""
        return (self.today - self.origin).days - 1 if self.origin else 0

    @property
    def is_stale(self) -> bool:
        return self.age_days > 1

    @property
    def sorts(self) -> list[tuple[str, str]]:
        return [(slug, words) for slug, (words, _) in SORTS.items()]


def forecasts_page(shop: Shop, wish: Wish, today: date) -> ForecastsPage:
    """Read one page of the list: counts by one grouped query, the page's ids first, then their rows."""
    place = StockAdvice.objects.for_shop(shop).filter(location_id=wish.location)
    counts = dict(place.values_list("status").annotate(n=Count("*")))
    total = sum(counts.values())
    ids, found = page_ids(place, wish, counts.get(wish.show, 0) if wish.show else total)
    lines = lines_of(place, ids)
    waiting = None if total else under_way(shop)
    return ForecastsPage(
        wish=wish,
        today=today,
        lines=lines,
        found=found,
        total=total,
        chips=chips(wish, counts, total),
        places=places(shop, wish),
        to_order=to_order(place).count(),
        at_risk_minor=place.filter(at_risk_minor__gt=0).aggregate(sum=Coalesce(Sum("at_risk_minor"), 0))["sum"],
        version=lines[0].row.version if lines else None,
        origin=lines[0].row.origin if lines else None,
        waiting=waiting,
        standing=standing_of(waiting, timezone.now()) if waiting else None,
    )


def under_way(shop: Shop) -> Release | None:
    """Return the release that may bring the first forecast: one that waits for an answer before any other."""
    mine = Release.objects.for_shop(shop).filter(phase__in=Release.OPEN).select_related("version", "shop")
    return sorted(mine, key=lambda release: not release.is_waiting_for_merchant)[0] if mine else None


def page_ids(place: QuerySet, wish: Wish, count: int) -> tuple[list[int], int]:
    """Return the variants of one page, and how many there are in all; a search is one pass over the rows.

    Without a search the ids come out of an index alone, however far back the page is.
    """
    ids = matching(place, wish).order_by(*SORTS[wish.sort][1]).values_list("variant_id", flat=True)
    page = slice((wish.page - 1) * PAGE_SIZE, wish.page * PAGE_SIZE)
    if not wish.q:
        return list(ids[page]), count
    found = list(ids)
    return found[page], len(found)


def lines_of(place: QuerySet, ids: list[int]) -> list[Line]:
    """Read the rows of one page, in the order of their ids."""
    found = place.filter(variant_id__in=ids).select_related("version").defer("search", "rule", *HEAVY)
    by_id = {row.variant_id: row for row in found}
    return [Line(by_id[variant_id]) for variant_id in ids if variant_id in by_id]


def places(shop: Shop, wish: Wish) -> list[Place]:
    """Return the locations to choose from; a shop with one sees none."""
    known = Location.objects.for_shop(shop).filter(is_active=True, deleted_at=None).order_by("name")
    named = [(TOTAL, "All locations")] + [(place.shopify_id, place.name) for place in known]
    return [Place(words, wish.query(location=pk), wish.location == pk) for pk, words in named] if len(named) > 2 else []


def matching(place: QuerySet, wish: Wish) -> QuerySet:
    """Keep the rows of the wished status that contain every searched word."""
    if wish.show:
        place = place.filter(status=wish.show)
    for word in wish.q.lower().split():
        place = place.filter(search__contains=word)
    return place


def to_order(place: QuerySet) -> QuerySet:
    """Keep the rows that should be ordered today, or should have been."""
    return place.filter(status__in=URGENT, order_quantity__gt=0)


def chips(wish: Wish, counts: dict[str, int], total: int) -> list[Chip]:
    """Return the filters; they keep the search and the order of the list."""
    first = Chip("All", total, wish.query(show=""), not wish.show)
    return [first] + [
        Chip(STATUSES[slug].words, counts.get(slug, 0), wish.query(show=slug), wish.show == slug) for slug in FILTERS
    ]


def export_rows(shop: Shop, wish: Wish) -> Iterator[StockAdvice]:
    """Walk through every row of the wish, for a file."""
    place = StockAdvice.objects.for_shop(shop).filter(location_id=wish.location)
    rows = matching(place, wish).order_by(*SORTS[wish.sort][1])
    return rows.defer("search", "spark").iterator(chunk_size=2000)


def order_list(shop: Shop, location: int = TOTAL) -> Iterator[StockAdvice]:
    """Walk through what should be ordered today, vendor by vendor."""
    place = StockAdvice.objects.for_shop(shop).filter(location_id=location)
    return to_order(place).order_by("vendor", "title", "subtitle").defer("search", "spark").iterator(chunk_size=2000)
