"""Products as the page shows them: found by a search, the busiest first, with picture and price."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Min

from pipelines.lifecycle.storefront import closed
from pipelines.models import Product, Shop, Variant

THUMB = 80  # pixels of a picture that is drawn at 40, for dense screens
BUSY = timedelta(days=28)
FOUND = 8
# Of the products whose title or a SKU holds every word: those with most order lines of late.
SEARCH = """
    SELECT p.shopify_id FROM pipelines_product p
    LEFT JOIN LATERAL (
        SELECT count(*) AS times FROM pipelines_variant v
        JOIN pipelines_orderline l ON l.shop_id = v.shop_id AND l.variant_id = v.shopify_id
        WHERE v.shop_id = p.shop_id AND v.product_id = p.shopify_id AND l.processed_at > %(since)s) AS sold ON true
    WHERE p.shop_id = %(shop)s AND p.deleted_at IS NULL AND NOT EXISTS (
        SELECT FROM unnest(%(words)s::text[]) AS each(word)
        WHERE p.title NOT ILIKE each.word AND NOT EXISTS (
            SELECT FROM pipelines_variant v WHERE v.shop_id = p.shop_id AND v.product_id = p.shopify_id
                AND v.deleted_at IS NULL AND v.sku ILIKE each.word))
    ORDER BY sold.times DESC, p.title, p.shopify_id LIMIT %(most)s
"""


@dataclass(frozen=True)
class Thing:
    """One product."""

    product_id: int
    title: str
    picture: str = ""
    least: int | None = None  # prices of its variants, in minor units
    most: int | None = None
    is_gone: bool = False  # no longer in the shop
    is_closed: bool = False  # cannot be bought now

    @property
    def has_prices(self) -> bool:
        """Tell whether its variants cost differently."""
        return self.least != self.most


class Things(dict[int, Thing]):
    """Products by their number; one that we do not know is gone."""

    def __missing__(self, product_id: int) -> Thing:
        return Thing(product_id, f"Product {product_id}", is_gone=True)

    @property
    def closed(self) -> frozenset[int]:
        """Name those that cannot be bought now."""
        return frozenset(number for number, thing in self.items() if thing.is_gone or thing.is_closed)


def things(shop: Shop, ids: Collection[int]) -> Things:
    """Read some products."""
    some = sorted(set(ids))
    rows = Product.objects.for_shop(shop).filter(shopify_id__in=some)
    priced = Variant.objects.for_shop(shop).filter(product_id__in=some, deleted_at=None).values_list("product_id")
    prices = {number: (least, most) for number, least, most in priced.annotate(Min("price_minor"), Max("price_minor"))}
    cannot = closed.products(shop.pk, some)
    return Things(
        {
            number: Thing(
                number, title, picture(url), *prices.get(number, (None, None)), gone is not None, number in cannot
            )
            for number, title, url, gone in rows.values_list("shopify_id", "title", "image_url", "deleted_at")
        }
    )


def picture(url: str) -> str:
    """Return where a small picture lies."""
    return f"{url}{'&' if '?' in url else '?'}width={THUMB}" if url else ""


def search(shop: Shop, text: str, now: datetime) -> list[int]:
    """Find products by title or SKU, the busiest first."""
    asked: dict[str, Any] = {
        "shop": shop.pk,
        "since": now - BUSY,
        "most": FOUND,
        "words": [holding(word) for word in text.split()],
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, asked)
        return [number for (number,) in cursor.fetchall()]


def holding(word: str) -> str:
    """Write a pattern that matches what holds a word.

    >>> holding("50%")
    '%50\\\\%%'
    """
    plain = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{plain}%"
