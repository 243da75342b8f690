"""What the merchant ordered in Shopify itself, where its API tells that, and whether we may read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db.models import Count, Sum

from pipelines.models import Location, Shop, ShopifyPurchase
from pipelines.shopify.purchase_orders import SCOPE

SHOWN = 50


@dataclass(frozen=True)
class Ordered:
    """What was ordered on a day to one place."""

    day: date
    place: str  # empty: Shopify names none
    variants: int
    units: int


@dataclass(frozen=True)
class InShopify:
    """Hold what was ordered in Shopify, the newest first; without leave, which one it takes."""

    scope: str
    is_allowed: bool
    ordered: list[Ordered]


def in_shopify(shop: Shop) -> InShopify | None:
    """Read what was ordered in Shopify; nothing where no version of its API is set that tells it."""
    if not settings.SHOPIFY_PURCHASE_ORDERS_VERSION:
        return None
    return InShopify(SCOPE, shop.has_scope(SCOPE), ordered(shop))


def ordered(shop: Shop) -> list[Ordered]:
    """Sum up the open lines by day and place."""
    rows = ShopifyPurchase.objects.for_shop(shop).values_list("ordered_on", "location_id")
    sums = rows.annotate(variants=Count("inventory_item_id", distinct=True), units=Sum("units"))
    found = list(sums.order_by("-ordered_on", "location_id")[:SHOWN])
    names = dict(Location.objects.for_shop(shop).values_list("shopify_id", "name")) if found else {}
    return [Ordered(day, names.get(place, ""), variants, units) for day, place, variants, units in found]
