"""Forecasts: what will sell, what must be reordered, when, how sure?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from dashboard.queries.stock_state import StockState, stock_state
from dashboard.queries.words import Badge
from pipelines.lifecycle.releases.standing import Standing, standing_of
from pipelines.models import (
    Forecast,
    ForecastOverride,
    Location,
    ModelVersion,
    Product,
    Release,
    Shop,
    StockAdvice,
    Variant,
)

USE_CASE = "demand_forecast"  # whose advice these pages show
PAGE_SIZE = 50
THUMB = 80  # pixels of a picture that is drawn at 40, for dense screens
MONTH = 28
TOTAL = 0  # the row of all locations together
HEAVY = tuple(f"version__{name}" for name in ("recipe", "metrics", "replay", "gates", "page", "lineage"))
STATUSES = {
    "out_of_stock": Badge("Out of stock", "critical"),
    "order_today": Badge("Order today", "warning"),
    "order_this_week": Badge("Order this week"),
    "too_much": Badge("Too much stock"),
    "lies_elsewhere": Badge("At another place", "info"),
    "on_its_way": Badge("On its way, too late", "warning"),
    "few_sales": Badge("Few sales yet"),
    "not_wanted": Badge("No sales expected"),
    "ok": Badge("Enough stock", "success"),
}
FILTERS = ("out_of_stock", "order_today", "order_this_week", "on_its_way", "lies_elsewhere", "too_much", "few_sales")
RARE = ("lies_elsewhere",)  # a filter only where there is something to see
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
    """One variant of the list, with its badge, and what the version that waits would say."""

    row: StockAdvice
    preview: float | None = None  # units in the next 28 days
    picture: str = ""

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
    stock: StockState
    version: ModelVersion | None
    origin: date | None
    waiting: Release | None
    standing: Standing | None  # of what waits

    @property
    def has_preview(self) -> bool:
        """Tell whether what the version that waits would say stands in the list."""
        return any(line.preview is not None for line in self.lines)

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
    waiting = under_way(shop)
    ids, found = page_ids(place, wish, counts.get(wish.show, 0) if wish.show else total)
    said = previews(shop, waiting, ids) if wish.location == TOTAL else {}
    lines = lines_of(place, ids, said, pictures(shop, ids))
    return ForecastsPage(
        wish=wish,
        today=today,
        lines=lines,
        found=found,
        total=total,
        chips=chips(wish, counts, total),
        places=places(shop, wish),
        stock=stock_state(place),
        version=lines[0].row.version if lines else None,
        origin=lines[0].row.origin if lines else None,
        waiting=waiting,
        standing=standing_of(waiting, timezone.now()) if waiting else None,
    )


def under_way(shop: Shop) -> Release | None:
    """Return the release of what speaks here that is on its way to be live, if any."""
    mine = Release.objects.for_shop(shop).filter(use_case=USE_CASE, phase__in=Release.OPEN)
    return mine.select_related("version", "shop").first()


def previews(shop: Shop, waiting: Release | None, ids: list[int]) -> dict[int, float]:
    """Give what the version that waits says of the next 28 days, by variant, from its newest answer."""
    if waiting is None:
        return {}
    said = Forecast.objects.for_shop(shop).filter(version=waiting.version_id, variant_id__in=ids)
    newest = said.order_by("variant_id", "-origin").distinct("variant_id")
    return {variant_id: sum(mean[:MONTH]) for variant_id, mean in newest.values_list("variant_id", "mean")}


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


def lines_of(place: QuerySet, ids: list[int], said: dict[int, float], shown: dict[int, str]) -> list[Line]:
    """Read the rows of one page, in the order of their ids."""
    found = place.filter(variant_id__in=ids).select_related("version").defer("search", "rule", *HEAVY)
    by_id = {row.variant_id: row for row in found}
    return [Line(by_id[one], said.get(one), shown.get(one, "")) for one in ids if one in by_id]


def pictures(shop: Shop, ids: list[int]) -> dict[int, str]:
    """Return where small pictures of variants' products lie; a product without one is left out."""
    product = Product.objects.for_shop(shop).filter(shopify_id=OuterRef("product_id"))
    variants = Variant.objects.for_shop(shop).filter(shopify_id__in=ids)
    found = variants.annotate(picture=Subquery(product.values("image_url")[:1])).values_list("shopify_id", "picture")
    return {one: f"{url}{'&' if '?' in url else '?'}width={THUMB}" for one, url in found if url}


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


def chips(wish: Wish, counts: dict[str, int], total: int) -> list[Chip]:
    """Return the filters; they keep the search and the order of the list."""
    first = Chip("All", total, wish.query(show=""), not wish.show)
    shown = [slug for slug in FILTERS if slug not in RARE or counts.get(slug) or wish.show == slug]
    return [first] + [
        Chip(STATUSES[slug].words, counts.get(slug, 0), wish.query(show=slug), wish.show == slug) for slug in shown
    ]


def export_rows(shop: Shop, wish: Wish) -> Iterator[StockAdvice]:
    """Walk through every row of the wish, for a file."""
    place = StockAdvice.objects.for_shop(shop).filter(location_id=wish.location)
    rows = matching(place, wish).order_by(*SORTS[wish.sort][1])
    return rows.defer("search", "spark").in_pieces()


def order_list(shop: Shop, location: int = TOTAL) -> Iterator[StockAdvice]:
    """Walk through what should be ordered today, vendor by vendor."""
    place = StockAdvice.objects.for_shop(shop).filter(location_id=location)
    return place.to_order().order_by("vendor", "title", "subtitle").defer("search", "spark").in_pieces()


@dataclass(frozen=True)
class Besides:
    """What files tell of a variant besides its advice."""

    barcodes: dict[int, str]
    notes: dict[int, str]

    def barcode(self, row: StockAdvice) -> str:
        return self.barcodes.get(row.variant_id, "")

    def note(self, row: StockAdvice) -> str:
        return self.notes.get(row.variant_id, "")


def told_besides(shop: Shop) -> Besides:
    """Read the barcodes of the shop's variants, and the notes of the merchant's own numbers."""
    variants = Variant.objects.for_shop(shop).exclude(barcode="").values_list("shopify_id", "barcode")
    own = ForecastOverride.objects.for_shop(shop).filter(ended_at=None).order_by("pk").values_list("variant_id", "note")
    return Besides(dict(variants), dict(own))
