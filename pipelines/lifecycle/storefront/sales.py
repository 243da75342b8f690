"""The sales that a merchant has planned at Shopify: automatic discounts, read a few times a day where we may.

A discount counts where it takes a share off the price of all products, of some that it names or of collections, for
anybody, whatever else is bought. Of collections it names at most so many products; one of more is left out, as half of
it would be. A code is left out: how many will use one cannot be known, and what it did stands in the orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q

from pipelines.models import PlannedDiscount, Shop
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import AccessForbidden
from pipelines.shopify.reading.shapes import gid

SCOPE = "read_discounts"
AT_ONCE = 10  # discounts of one answer
ANYBODY, SHARE = "DiscountBuyerSelectionAll", "DiscountPercentage"
ALL, SOME, COLLECTIONS = "AllDiscountItems", "DiscountProducts", "DiscountCollections"
MOST_PRODUCTS, A_PAGE = 2_000, 250  # of the collections of a sale


def asked() -> Iterable[int]:
    """Name the shops whose discounts we may read."""
    return Shop.objects.reachable().filter(scopes__contains=[SCOPE]).values_list("pk", flat=True)


def read(shop: Shop, now: datetime) -> bool:
    """Keep what Shopify lists now, forget what was deleted before it was over, and say whether anything changed."""
    if not shop.has_scope(SCOPE):
        return False
    api = AdminApi(shop)
    try:
        nodes = list(api.pages("discounts_automatic", {"first": AT_ONCE}, "discountNodes"))
        read_now = [whole(api, node, found, now) for node in nodes if (found := planned(node))]
    except AccessForbidden:
        return False
    listed = {found["shopify_id"]: found for found in read_now if found}
    rows = PlannedDiscount.objects.for_shop(shop)
    with transaction.atomic():
        known = {row["shopify_id"]: row for row in rows.values(*PlannedDiscount.FIELDS)}
        gone = rows.filter(Q(ends_at=None) | Q(ends_at__gt=now)).exclude(shopify_id__in=listed).delete()[0]
        changed = [found for found in listed.values() if known.get(found["shopify_id"]) != found]
        PlannedDiscount.objects.bulk_create(
            [PlannedDiscount(shop=shop, **found) for found in changed],
            update_conflicts=True,
            unique_fields=["shop", "shopify_id"],
            update_fields=PlannedDiscount.FIELDS[1:],
        )
    return bool(gone or changed)


def planned(node: dict[str, Any]) -> dict[str, Any] | None:
    """Read one discount; nothing where it is none that lowers a price for anybody."""
    said = node["discount"]
    gets = said.get("customerGets")
    if not gets or said["context"]["__typename"] != ANYBODY or said["minimumRequirement"]:
        return None
    value, items = gets["value"], gets["items"]
    if value["__typename"] != SHARE or items["__typename"] not in (ALL, SOME, COLLECTIONS):
        return None
    named = items["__typename"] == SOME
    return {
        "shopify_id": gid(node["id"]),
        "share_off": float(value["percentage"]),
        "starts_at": datetime.fromisoformat(said["startsAt"]),
        "ends_at": datetime.fromisoformat(said["endsAt"]) if said["endsAt"] else None,
        "made_at": datetime.fromisoformat(said["createdAt"]),
        "product_ids": sorted(gid(each["id"]) for each in items["products"]["nodes"]) if named else None,
    }


def whole(api: AdminApi, node: dict[str, Any], found: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    """Return a discount with the products of its collections; nothing of one that has too many, or is over."""
    items = node["discount"]["customerGets"]["items"]
    if items["__typename"] != COLLECTIONS:
        return found
    collections = items["collections"]
    if collections["pageInfo"]["hasNextPage"] or (found["ends_at"] and found["ends_at"] <= now):
        return None
    products = {gid(each["id"]) for named in collections["nodes"] for each in products_of(api, gid(named["id"]))}
    return found | {"product_ids": sorted(products)} if len(products) <= MOST_PRODUCTS else None


def products_of(api: AdminApi, collection: int) -> Iterator[dict[str, Any]]:
    """Yield the products of a collection, at most one more than a sale may have."""
    asked_for = {"query": f"collection_id:{collection}", "first": A_PAGE}
    return islice(api.pages("products_of_collection", asked_for, "products"), MOST_PRODUCTS + 1)
