"""Our client against the development store, over HTTP: what either side learned alone must fit together."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.utils import timezone

from pipelines.lifecycle.ingest import install
from pipelines.models import ShopToken
from pipelines.shopify import bulk, orders, tokens
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import AccessEnded, AppRefused, ShopFrozen, ShopGone
from pipelines.shopify.id_tokens import verify
from pipelines.shopify.reading import nodes, payloads, pictures
from pipelines.shopify.reading.topics import TOPICS, minimise
from tests import waiting
from tests.devstore.conftest import CLIENT_ID, SECRET, World, app, heard, world

__all__ = ["app", "heard", "world"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def store(world: World, settings) -> World:
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    settings.SHOPIFY_BULK_HOSTS = [f"127.0.0.1:{world.port}"]
    return world


def visit(store: World, user: str = "owner") -> install.Arrival:
    token = store.id_token(user)
    return install.arrive(verify(token), token)


@pytest.fixture
def api(store) -> AdminApi:
    return AdminApi(visit(store).shop)


def export(api: AdminApi, name: str, since: datetime | None = None) -> list[dict]:
    gid = bulk.start(api, name, since)
    while not (status := bulk.status(api, gid)).is_over:
        time.sleep(0.05)
    assert status.state == "COMPLETED"
    return list(bulk.lines(status.url, expected=status.objects)) if status.url else []


@pytest.mark.parametrize(
    ("user", "is_owner", "is_collaborator"),
    [("owner", True, False), ("staff", False, False), ("collaborator", False, True)],
)
def test_it_installs_and_knows_its_people(store, user, is_owner, is_collaborator):
    arrival = visit(store, user)
    assert arrival.is_new
    assert (arrival.shop.timezone, arrival.shop.currency) == ("Europe/London", "GBP")
    assert arrival.shop.sees_all_orders
    assert (arrival.staff.is_owner, arrival.staff.is_collaborator) == (is_owner, is_collaborator)


def test_orders_come_whole_by_export_and_by_page(api):
    rows = export(api, "bulk_orders")
    whole = {row["id"]: row for row in rows if "__parentId" not in row}
    lines = [row for row in rows if "__parentId" in row]
    assert len(whole) > 100
    assert all(line["__parentId"] in whole for line in lines)
    paged = list(orders.updated(api, datetime.now(UTC) - timedelta(days=3)))
    assert 0 < len(paged) < len(whole)
    for order in paged:
        assert order["updatedAt"] == whole[order["id"]]["updatedAt"]
        exported = sorted(line["id"] for line in lines if line["__parentId"] == order["id"])
        assert sorted(line["id"] for line in order["lineItems"]["nodes"]) == exported
    recent = export(api, "bulk_orders", datetime.now(UTC) - timedelta(days=3))
    assert {row["id"] for row in recent if "__parentId" not in row} == {order["id"] for order in paged}


def test_a_bundle_is_told_alike_by_export_by_page_and_by_webhook(api, store):
    bundle, part = (store.control("add-product", title=name, price=900)["variant_id"] for name in ("Set", "Lamp"))
    store.control("bundle", variant_id=bundle, parts={part: 2})
    number = store.control("place-order", lines=[{"variant_id": bundle, "quantity": 3}])["order_id"]
    store.control("bundle", variant_id=bundle, parts={})
    source = nodes.Source(1, "GBP", "fetch:1", "2026-11-01T00:00:00Z")
    gid = f"gid://shopify/Order/{number}"
    exported = [row for row in export(api, "bulk_orders") if row.get("__parentId") == gid]
    paged = next(order for order in orders.updated(api, datetime.now(UTC) - timedelta(days=1)) if order["id"] == gid)
    (told,) = {nodes.line(row, number, source)[-4:] for row in (*exported, *paged["lineItems"]["nodes"])}
    delivery = waiting.until(
        lambda: next((d for d in store.app.heard("orders/create") if d.body["id"] == number), None)
    )
    sender = payloads.Sender(1, "GBP", "webhook-1", "2026-11-22T10:00:00+00:00", 42)
    (line,) = payloads.order(minimise(TOPICS["orders/create"], delivery.body).payload, sender).lines
    assert (line.variant_id, line.quantity, told) == (part, 6, line[-4:])
    assert (line.group_variant_id, line.group_quantity) == (bundle, 3)


def test_products_stock_locations_and_checkouts_are_exported(api):
    kinds = {row["id"].split("/")[3] for row in export(api, "bulk_products")}
    assert kinds == {"Product", "ProductVariant"}
    stock = [row for row in export(api, "bulk_stock") if "__parentId" in row]
    assert {quantity["name"] for quantity in stock[0]["quantities"]} == {
        "available",
        "on_hand",
        "committed",
        "incoming",
    }
    places = {place["id"] for place in api.pages("locations", {"first": 1}, "locations")}
    assert {row["location"]["id"] for row in stock} <= places
    assert isinstance(export(api, "bulk_checkouts"), list)


def test_pictures_come_by_export_and_lie_where_pages_may_show_them(api, store, settings):
    settings.APP_BRIDGE_URL = f"http://localhost:{store.port}/cdn/app-bridge.js"
    products = [row for row in export(api, "bulk_products") if "__parentId" not in row]
    found = [pictures.picture(nodes.media_url(product)) for product in products]
    assert "" in found and any(found), "some products have a picture, and some have none"
    drawn = requests.get(next(filter(None, found)), timeout=10)
    assert drawn.headers["content-type"] == "image/svg+xml" and "<svg" in drawn.text


def test_what_the_online_store_does_not_show_is_told_by_export_by_page_and_by_webhook(api, store, heard):
    source = nodes.Source(api.shop.pk, "GBP", "export:1", "2026-11-22T10:00:00+00:00")
    shown = {row["id"]: row for row in export(api, "bulk_products") if "__parentId" not in row}
    gone = next(iter(shown))
    store.control("publish-product", product_id=gone, published=False)
    exported = {row["id"]: nodes.product(row, source) for row in export(api, "bulk_products") if row["id"] in shown}
    assert [gid for gid, product in exported.items() if product.published_at is None] == [gone]
    (read,) = api.execute("products_by_ids", {"ids": [gone]}).data["nodes"]
    assert nodes.product(read, source).published_at is None
    store.control("publish-product", product_id=gone, published=True)
    first, second = waiting.until(lambda: len(told := heard.heard("products/update")) == 2 and told)
    assert first.body["published_at"] is None
    since = datetime.fromisoformat(shown[gone]["publishedAt"])
    assert datetime.fromisoformat(second.body["published_at"]) == since


def test_tokens_are_renewed_by_expiry_by_refusal_and_by_a_visit(api, store):
    first = tokens.access_token(api.shop)
    ShopToken.objects.update(access_expires_at=timezone.now())
    second = tokens.access_token(api.shop)
    store.control("revoke-token", how="expired")
    api.execute("shop")
    third = tokens.access_token(api.shop)
    assert len({first, second, third}) == 3
    store.control("revoke-token")
    with pytest.raises(AccessEnded):
        api.execute("shop")
    again = visit(store)
    assert not again.is_new
    assert AdminApi(again.shop).execute("shop").data["shop"]["name"]


def test_a_wrong_secret_is_our_own_fault(store, settings):
    settings.SHOPIFY_API_SECRET_OLD, settings.SHOPIFY_API_SECRET = SECRET, "y" * 40
    with pytest.raises(AppRefused):
        visit(store)


@pytest.mark.parametrize(("mode", "error"), [("402", ShopFrozen), ("404", ShopGone)])
def test_a_closed_shop_is_named(api, store, mode, error):
    store.control("fail-api", mode=mode, times=1)
    with pytest.raises(error):
        api.execute("shop")


@pytest.mark.parametrize(("mode", "times"), [("429", 2), ("5xx", 2)])
def test_a_short_trouble_is_sat_out(api, store, mode, times):
    store.control("fail-api", mode=mode, times=times)
    assert api.execute("shop").data["shop"]


@pytest.mark.parametrize(
    ("mode", "error"),
    [("half_file", bulk.TruncatedFile), ("expired_url", bulk.ExpiredUrl), ("malformed_jsonl", bulk.MalformedLine)],
)
def test_a_bad_file_is_named(api, store, mode, error):
    store.control("fail-api", mode=mode, times=1)
    with pytest.raises(error):
        export(api, "bulk_orders")


def test_metafields_go_up_as_one_file(api, store):
    variant = next(row["id"] for row in export(api, "bulk_products") if "__parentId" in row)
    field = {"ownerId": variant, "namespace": "$app", "key": "forecast_28", "type": "number_decimal", "value": "1.5"}
    gid = bulk.run_mutation(api, "metafields_set", [{"metafields": [field]}])
    while not (status := bulk.status(api, gid)).is_over:
        time.sleep(0.05)
    (answer,) = bulk.lines(status.url)
    assert "metafieldsSet" in str(answer) or "ACCESS_DENIED" in str(answer)
