"""What was ordered in Shopify itself is read where we may and where Shopify tells it, over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.jobs import ingest
from pipelines.jobs.queue import Job
from pipelines.lifecycle.buying import in_shopify
from pipelines.lifecycle.ingest import install
from pipelines.models import Shop, ShopifyPurchase
from pipelines.shopify import purchase_orders
from pipelines.shopify.id_tokens import verify
from pipelines.shopify.purchase_orders import AT_ONCE, SCOPE, OpenLine
from tests import factories
from tests.devstore.conftest import CLIENT_ID, SECRET, World, app, world

__all__ = ["app", "world"]
pytestmark = pytest.mark.django_db
CONFIG = f"""
[access_scopes]
scopes = "read_orders,read_all_orders,read_products,read_inventory,read_locations"
optional_scopes = ["{SCOPE}"]
"""
GOODS = """{ productVariants(first: 60) { nodes { id inventoryItem { id inventoryLevels(first: 1) {
    nodes { location { id } quantities(names: ["incoming"]) { quantity } } } } } } }"""


@pytest.fixture
def shop(world: World, settings: Any) -> Iterator[Shop]:
    """Give the shop of a store that lets us read its purchase orders, for a while."""
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    settings.SHOPIFY_PURCHASE_ORDERS_VERSION = "unstable"
    before = (world.folder / "shopify.app.toml").read_text()
    (world.folder / "shopify.app.toml").write_text(CONFIG)
    world.control("scopes", grant=[SCOPE])
    token = world.id_token()
    yield install.arrive(verify(token), token).shop
    for number in ShopifyPurchase.objects.values_list("line_id", flat=True):
        world.control("purchase-order", id=number // 1000)
    world.control("scopes", revoke=[SCOPE])
    (world.folder / "shopify.app.toml").write_text(before)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note who is to answer anew, instead of answering."""
    seen: list[int] = []
    monkeypatch.setattr("pipelines.jobs.releases.answer_anew", seen.append)
    return seen


def goods(world: World) -> list[tuple[int, int, int, int]]:
    """Give some variants of the store: variant, item, where it lies first, and what is incoming there."""
    found = []
    for node in world.graphql(GOODS)["data"]["productVariants"]["nodes"]:
        item = node["inventoryItem"]
        level = item["inventoryLevels"]["nodes"][0]
        ids = (int(each["id"].rpartition("/")[2]) for each in (node, item, level["location"]))
        found.append((*ids, level["quantities"][0]["quantity"]))
    return found


def order(world: World, *lines: tuple[int, int], **said: Any) -> int:
    asked = [{"variant_id": variant, "quantity": units} for variant, units in lines]
    answer = world.control("purchase-order", lines=asked, **said)
    assert answer["status"] == 200
    return int(answer["id"])


def test_open_orders_are_kept_changed_and_forgotten(world: World, shop: Shop, answered: list[int]) -> None:
    variant, item, place, before = goods(world)[0]
    number = order(world, (variant, 40), location_id=place, ordered_at="2026-11-20T23:30:00Z")
    order(world, (variant, 7), location_id=place)  # a draft counts for nothing
    assert goods(world)[0][3] == before + 40
    ingest.read_purchase_orders(shop.pk)
    assert list(ShopifyPurchase.objects.values_list(*in_shopify.FIELDS[1:])) == [(item, place, 40, date(2026, 11, 20))]
    ingest.read_purchase_orders(shop.pk)
    assert answered == [shop.pk]
    Shop.objects.update(timezone="Europe/Berlin")  # where it was the day after
    ingest.read_purchase_orders(shop.pk)
    assert ShopifyPurchase.objects.get().ordered_on == date(2026, 11, 21)
    world.control("purchase-order", id=number)
    ingest.read_purchase_orders(shop.pk)
    assert not ShopifyPurchase.objects.exists() and answered == [shop.pk] * 3


def test_every_order_and_every_line_is_read_however_many(world: World, shop: Shop) -> None:
    many = [(variant, 2) for variant, *_ in goods(world)]
    long = [many[index % len(many)] for index in range(160)]
    order(world, *long, ordered_at="2026-11-20T12:00:00Z")
    for _ in range(AT_ONCE + 1):
        order(world, many[0], ordered_at="2026-11-21T12:00:00Z")
    assert in_shopify.read(shop)
    assert ShopifyPurchase.objects.filter(location_id=None).count() == 160 + AT_ONCE + 1


@pytest.mark.parametrize("why", ["scope", "taken back", "version"])
def test_where_it_is_not_told_that_is_said_and_nothing_changes(
    world: World, shop: Shop, settings: Any, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    kept = {"inventory_item_id": 1, "units": 9, "ordered_on": date(2026, 11, 20) - timedelta(days=1)}
    ShopifyPurchase.objects.create(shop=shop, line_id=1, **kept)
    if why == "scope":
        shop.scopes = [each for each in shop.scopes if each != SCOPE]
    elif why == "taken back":
        world.control("scopes", revoke=[SCOPE])
    else:
        settings.SHOPIFY_PURCHASE_ORDERS_VERSION = "2026-10"
    with caplog.at_level(logging.WARNING):
        assert not in_shopify.read(shop)
    assert (SCOPE if why != "version" else "inventoryPurchaseOrders") in caplog.text
    assert ShopifyPurchase.objects.get().units == 9


@pytest.mark.parametrize(("version", "times"), [("", 0), ("unstable", 1)])
def test_it_is_read_with_the_daily_pull_where_it_is_set(
    settings: Any, monkeypatch: pytest.MonkeyPatch, version: str, times: int
) -> None:
    settings.SHOPIFY_PURCHASE_ORDERS_VERSION = version
    shop = Shop.objects.create(domain="a.myshopify.com")
    seen: list[str] = []
    monkeypatch.setattr(ingest, "ask", lambda shop, trigger: None)
    monkeypatch.setattr(Job, "enqueue", lambda self, *args: seen.append(self.path.rpartition(".")[2]))
    ingest.import_everything(shop.pk, "install")
    assert seen.count("read_purchase_orders") == times


def test_a_line_that_changes_while_pages_are_read_is_kept_as_it_was_told_last(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = factories.a_shop(scopes=[SCOPE])
    first = OpenLine(
        line_id=1, inventory_item_id=2, location_id=3, units=4, ordered_at=datetime(2026, 11, 2, tzinfo=UTC)
    )
    monkeypatch.setattr(purchase_orders, "open_lines", lambda _: [first, replace(first, units=9)])
    assert in_shopify.read(shop) and ShopifyPurchase.objects.get().units == 9
    assert not in_shopify.read(shop)
