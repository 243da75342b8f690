"""Forecasts: what will sell, what must be reordered, when, how sure?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Window
from django.utils import timezone

from dashboard.queries.words import Badge, Chip
from dashboard.usecases.demand_forecast.queries.stock_state import as_new_as, stock_totals
from dashboard.usecases.demand_forecast.wish import FILTERS, RARE, SORTS, TOTAL, Wish
from pipelines.lifecycle.releases.standing import Standing, standing_of
from pipelines.models import Location, ModelVersion, Product, Release, Shop, Variant
from pipelines.models.prepared import AnyOf, prepared
from pipelines.models.usecases.demand_forecast import (
    Forecast,
    ForecastOverride,
    StockAdvice,
    StockAdviceQuerySet,
    StockTotals,
)

USE_CASE = "demand_forecast"  # whose advice these pages show
THUMB = 80  # pixels of a picture that is drawn at 40, for dense screens
MONTH = 28
SAYS = (  # what the list says of a variant: the other columns of its row are not read
    "variant_id", "version__number", "origin", "title", "subtitle", "sku", "status", "spark", "sold_28", "forecast_28",
    "low_28", "high_28", "is_overridden", "is_new", "stock", "incoming", "runs_out", "at_risk_minor", "order_quantity",
    "order_cost_minor", "from_elsewhere", "overstock_minor", "updated_at",
)  # fmt: skip
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


@dataclass(frozen=True)
class Line:
    """One variant of the list, and what the version that waits would say."""

    row: Any  # of SAYS
    preview: float | None = None  # units in the next 28 days
    picture: str = ""


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
    stock: StockTotals
    version: int | None  # the number of the one that speaks here; none: the simple rule
    origin: date | None
    waiting: Release | None
    standing: Standing | None  # of what waits

    @property
    def has_preview(self) -> bool:
        """Tell whether what the version that waits would say stands in the list."""
        return any(line.preview is not None for line in self.lines)

    @property
    def last(self) -> int:
        return self.wish.first + len(self.lines) - 1

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
    """Read one page of the list: the page's ids first, then their rows."""
    place = StockAdvice.objects.for_shop(shop).filter(location_id=wish.location)
    known = stock_totals(shop, wish.location)
    ids, found = searched_ids(place, wish) if wish.q else (page_ids(place, wish, counted(known, wish)), None)
    waiting = under_way(shop)
    said = previews(shop, waiting, ids) if wish.location == TOTAL else {}
    lines = lines_of(shop, wish.location, ids, said, pictures(shop, ids))
    stock = as_new_as([line.row for line in lines], known)
    return ForecastsPage(
        wish=wish,
        today=today,
        lines=lines,
        found=counted(stock, wish) if found is None else found,
        total=sum(stock.variants.values()),
        chips=chips(wish, stock.variants),
        places=places(shop, wish),
        stock=stock,
        version=lines[0].row.version__number if lines else None,
        origin=lines[0].row.origin if lines else None,
        waiting=waiting,
        standing=standing_of(waiting, timezone.now()) if waiting else None,
    )


def under_way(shop: Shop) -> Release | None:
    """Return the release of what speaks here that is on its way to be live, if any."""
    for release in open_releases(shop):
        release.shop = shop
        release.version = ModelVersion.objects.for_shop(shop).only("number").get(pk=release.version_id)
        return release
    return None


@prepared
def open_releases(shop: Shop) -> QuerySet[Release]:
    """Read what is under way, without its card."""
    mine = Release.objects.for_shop(shop).filter(use_case=USE_CASE, phase__in=Release.OPEN)
    return mine.defer("evidence", "analysis")


def previews(shop: Shop, waiting: Release | None, ids: list[int]) -> dict[int, float]:
    """Give what the version that waits says of the next 28 days, by variant, from its newest answer."""
    if waiting is None:
        return {}
    said = Forecast.objects.for_shop(shop).filter(version=waiting.version_id, variant_id__in=ids)
    newest = said.order_by("variant_id", "-origin").distinct("variant_id")
    return {variant_id: sum(mean[:MONTH]) for variant_id, mean in newest.values_list("variant_id", "mean")}


def counted(stock: StockTotals, wish: Wish) -> int:
    """Return how many variants a wish without a search finds."""
    return stock.variants.get(wish.show, 0) if wish.show else sum(stock.variants.values())


def page_ids(place: StockAdviceQuerySet, wish: Wish, count: int) -> list[int]:
    """Return the variants of one page out of an index alone; what lies past the middle is read from the end."""
    ids = matching(place, wish).order_by(*SORTS[wish.sort][1]).values_list("variant_id", flat=True)
    start, end = wish.span
    if not count // 2 < start < count:
        return list(ids[start:end])
    return list(ids.reverse()[max(0, count - end) : count - start])[::-1]


def searched_ids(place: StockAdviceQuerySet, wish: Wish) -> tuple[list[int], int]:
    """Return the variants of one page of a search, and how many it finds: one pass over the entries of an index."""
    ids = matching(place, wish).order_by(*SORTS[wish.sort][1]).values_list("variant_id", Window(Count("*")))
    found = list(ids[slice(*wish.span)])
    return [variant_id for variant_id, _ in found], found[0][1] if found else 0


@prepared
def rows_of(shop: Shop, location_id: int, ids: list[int]) -> QuerySet[StockAdvice, Any]:
    """Read what the list says of some variants on one place."""
    place = StockAdvice.objects.for_shop(shop).filter(location_id=location_id)
    return place.filter(AnyOf("variant_id", ids)).values_list(*SAYS)


def lines_of(shop: Shop, location: int, ids: list[int], said: dict[int, float], shown: dict[int, str]) -> list[Line]:
    """Read the rows of one page, in the order of their ids."""
    by_id = {row.variant_id: row for row in rows_of(shop, location, ids)}
    return [Line(by_id[one], said.get(one), shown.get(one, "")) for one in ids if one in by_id]


def pictures(shop: Shop, ids: list[int]) -> dict[int, str]:
    """Return where small pictures of variants' products lie; a product without one is left out."""
    return {one: f"{url}{'&' if '?' in url else '?'}width={THUMB}" for one, url in picture_urls(shop, ids) if url}


@prepared
def picture_urls(shop: Shop, ids: list[int]) -> QuerySet[Variant, Any]:
    """Read the addresses of the pictures of variants' products."""
    product = Product.objects.for_shop(shop).filter(shopify_id=OuterRef("product_id"))
    variants = Variant.objects.for_shop(shop).filter(AnyOf("shopify_id", ids))
    return variants.annotate(picture=Subquery(product.values("image_url")[:1])).values_list("shopify_id", "picture")


def places(shop: Shop, wish: Wish) -> list[Place]:
    """Return the locations to choose from; a shop with one sees none."""
    named = [(TOTAL, "All locations"), *open_locations(shop)]
    return [Place(words, wish.query(location=pk), wish.location == pk) for pk, words in named] if len(named) > 2 else []


@prepared
def open_locations(shop: Shop) -> QuerySet[Location, Any]:
    """Read the shop's locations by name."""
    known = Location.objects.for_shop(shop).filter(is_active=True, deleted_at=None)
    return known.order_by("name").values_list("shopify_id", "name")


def matching(place: StockAdviceQuerySet, wish: Wish) -> StockAdviceQuerySet:
    """Keep the rows of the wished status that contain every searched word."""
    if wish.show:
        place = place.filter(status=wish.show)
    for word in wish.q.lower().split():
        place = place.filter(search__contains=word)
    return place


def chips(wish: Wish, counts: dict[str, int]) -> list[Chip]:
    """Return the filters; they keep the search and the order of the list."""
    first = Chip("All", sum(counts.values()), wish.query(show=""), not wish.show)
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
