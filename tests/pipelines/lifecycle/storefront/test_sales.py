"""Sales that are planned at Shopify are read where we may, and forecast."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from django.utils import timezone

from pipelines.jobs import storefront
from pipelines.jobs.queue import Job
from pipelines.lifecycle.storefront import sales
from pipelines.models import Deployment, PlannedDiscount, Shop
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.reading.shapes import gid
from tests.devstore.conftest import World, app, world
from tests.pipelines.lifecycle.storefront.test_codes import that_lets_us_read

__all__ = ["app", "world"]
pytestmark = pytest.mark.django_db
DAYS = {"starts_at": "2100-01-01T00:00:00Z", "ends_at": "2100-01-04T00:00:00Z"}
NODE: dict[str, Any] = {
    "id": "gid://shopify/DiscountAutomaticNode/7",
    "discount": {
        "__typename": "DiscountAutomaticBasic",
        "createdAt": "2026-11-01T09:00:00Z",
        "startsAt": "2026-12-03T00:00:00Z",
        "endsAt": None,
        "context": {"__typename": "DiscountBuyerSelectionAll"},
        "minimumRequirement": None,
        "customerGets": {
            "value": {"__typename": "DiscountPercentage", "percentage": 0.2},
            "items": {"__typename": "AllDiscountItems"},
        },
    },
}


def changed(**said: Any) -> dict[str, Any]:
    return NODE | {"discount": NODE["discount"] | said}


@pytest.fixture
def shop(world: World, settings: Any) -> Iterator[Shop]:
    with that_lets_us_read(world, settings) as shop:
        yield shop


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """Note what is put on the queue, instead of doing it."""
    seen: list[tuple[str, tuple[Any, ...]]] = []
    monkeypatch.setattr(Job, "enqueue", lambda self, *args: seen.append((self.path.rpartition(".")[2], args)))
    return seen


def test_what_the_store_plans_is_kept_changed_and_forgotten(world: World, shop: Shop, queued: list[Any]) -> None:
    Deployment.of(shop, "demand_forecast")
    all_of_it = world.control("automatic-discount", percent=20, **DAYS)["id"]
    some = world.control("automatic-discount", percent=30, products=[5, 4], **DAYS)["id"]
    storefront.read_sales(shop.pk)
    kept = {row.shopify_id: row for row in PlannedDiscount.objects.for_shop(shop)}
    assert (kept[all_of_it].share_off, kept[all_of_it].product_ids) == (0.2, None)
    assert (kept[some].share_off, kept[some].product_ids) == (0.3, [4, 5])
    assert kept[some].starts_at == datetime(2100, 1, 1, tzinfo=UTC)
    assert ("refresh", (shop.pk, "demand_forecast")) in queued
    assert not sales.read(shop, timezone.now())
    for number in (all_of_it, some):
        world.control("automatic-discount", id=number, percent=0)
    assert sales.read(shop, timezone.now()) and not PlannedDiscount.objects.exists()


def test_a_sale_that_is_over_is_remembered(world: World, shop: Shop) -> None:
    number = world.control("automatic-discount", percent=20, **DAYS)["id"]
    sales.read(shop, timezone.now())
    PlannedDiscount.objects.update(ends_at=timezone.now())
    world.control("automatic-discount", id=number, percent=0)
    assert not sales.read(shop, timezone.now()) and PlannedDiscount.objects.exists()


def test_a_sale_of_collections_is_of_their_products_each_once(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sales, "A_PAGE", 2)
    asked = {"query": "", "first": 6}
    sold = AdminApi(shop).pages("products_of_collection", asked, "products")
    products = [gid(each["id"]) for each in islice(sold, 6)]
    of_two = {"71": products[:-1], "72": products[-2:]}
    number = world.control("automatic-discount", percent=20, collections=of_two, **DAYS)["id"]
    sales.read(shop, timezone.now())
    kept = PlannedDiscount.objects.get(shopify_id=number)
    assert (kept.share_off, kept.product_ids) == (0.2, sorted(products))
    monkeypatch.setattr(sales, "MOST_PRODUCTS", len(products) - 1)
    assert sales.read(shop, timezone.now()) and not PlannedDiscount.objects.exists(), "half of it would be another sale"
    world.control("automatic-discount", id=number, percent=0)


def test_of_collections_of_a_sale_that_is_over_nothing_is_asked(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sales, "products_of", lambda *_: pytest.fail("asked"))
    number = world.control("automatic-discount", percent=20, collections={"71": [1]}, **DAYS)["id"]
    assert not sales.read(shop, datetime(2100, 2, 1, tzinfo=UTC))
    world.control("automatic-discount", id=number, percent=0)


def test_without_leave_nothing_is_asked(world: World, shop: Shop) -> None:
    world.control("automatic-discount", percent=20, **DAYS)
    assert list(sales.asked()) == [shop.pk]
    world.control("scopes", revoke=[sales.SCOPE])
    assert not sales.read(shop, timezone.now())
    Shop.objects.update(scopes=[])
    shop.refresh_from_db()
    assert not sales.read(shop, timezone.now()) and not list(sales.asked())


def test_a_share_off_everything_for_anybody_is_a_planned_sale() -> None:
    found = sales.planned(NODE)
    assert found is not None and (found["shopify_id"], found["share_off"], found["ends_at"]) == (7, 0.2, None)


@pytest.mark.parametrize(
    "said",
    [
        {"context": {"__typename": "DiscountCustomers"}},
        {"minimumRequirement": {"__typename": "DiscountMinimumSubtotal"}},
        {"customerGets": None},
        {"customerGets": NODE["discount"]["customerGets"] | {"value": {"__typename": "DiscountAmount"}}},
        {"customerGets": NODE["discount"]["customerGets"] | {"items": {"__typename": "SomethingNew"}}},
    ],
)
def test_what_lowers_no_price_for_everybody_is_none(said: dict[str, Any]) -> None:
    assert sales.planned(changed(**said)) is None
