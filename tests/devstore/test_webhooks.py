"""Webhooks: signed, complete, prompt, and troubled on demand."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from tests.devstore.conftest import SECRET, SHOP, World, until

HEADERS = {
    "x-shopify-topic", "x-shopify-hmac-sha256", "x-shopify-shop-domain", "x-shopify-api-version",
    "x-shopify-webhook-id", "x-shopify-event-id", "x-shopify-triggered-at",
}  # fmt: skip


def signed(raw: bytes) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()


def test_an_order_is_announced_at_once_with_stock(world: World, heard: Any) -> None:
    placed = world.control("place-order")
    order = until(lambda: heard.heard("orders/create"))[0]
    level = until(lambda: heard.heard("inventory_levels/update"))[0]
    assert order.headers.keys() >= HEADERS
    assert order.headers["x-shopify-shop-domain"] == SHOP
    assert order.headers["x-shopify-hmac-sha256"] == signed(order.raw)
    assert order.headers["x-shopify-order-id"] == str(placed["order_id"])
    assert order.body["id"] == placed["order_id"]
    assert order.body["email"].endswith("@customer.example")
    assert level.headers["x-shopify-event-id"] == order.headers["x-shopify-event-id"]
    assert level.headers["x-shopify-webhook-id"] != order.headers["x-shopify-webhook-id"]


def keys(value: Any, path: str = "") -> set[str]:
    """Return the path of every key, with lists seen through their first entry."""
    if isinstance(value, dict):
        return {f"{path}.{key}" for key in value}.union(*(keys(inner, f"{path}.{key}") for key, inner in value.items()))
    return keys(value[0], f"{path}[]") if isinstance(value, list) and value else set()


LEVERS = [
    ("orders/create", "place-order", {}),
    ("refunds/create", "refund-order", {}),
    ("orders/updated", "refund-order", {}),
    ("orders/cancelled", "cancel-order", {}),
    ("orders/edited", "edit-order", {}),
    ("inventory_levels/update", "place-order", {}),
    ("products/update", "change-variant", {"price": 1999}),
    ("inventory_items/update", "change-variant", {"cost": 700}),
    ("products/create", "add-product", {}),
    ("shop/update", "change-shop", {"currency": "GBP"}),
    ("customers/redact", "compliance", {"topic": "customers/redact", "orders": [1]}),
    ("customers/data_request", "compliance", {"topic": "customers/data_request", "orders": [1]}),
    ("shop/redact", "compliance", {"topic": "shop/redact"}),
    ("checkouts/create", "checkout", {}),
    ("locations/update", "rename-location", {"name": "Depot"}),
    ("orders/delete", "delete-order", {}),
]


@pytest.mark.parametrize(("topic", "lever", "asked"), LEVERS)
def test_a_body_has_the_keys_of_the_real_one(
    world: World, heard: Any, shared: Path, topic: str, lever: str, asked: dict[str, Any]
) -> None:
    variant = until(lambda: world.graphql("{ productVariants(first: 1) { nodes { id } } }").get("data"))
    place = world.graphql("{ locations(first: 1) { nodes { id } } }")["data"]["locations"]["nodes"][0]["id"]
    chosen = variant["productVariants"]["nodes"][0]["id"]
    world.control("adjust-stock", variant_id=chosen, available=50)
    world.control("place-order", lines=[{"variant_id": chosen, "quantity": 2}])
    heard.deliveries.clear()
    lines = [{"variant_id": chosen.rpartition("/")[2], "quantity": 1}] if lever == "checkout" else None
    extra = {"lines": lines} if lines else {}
    assert world.control(lever, variant_id=chosen, location_id=place, **extra, **asked)["status"] == 200
    body = until(lambda: heard.heard(topic))[0].body
    real = json.loads((shared / "shopify" / "webhooks" / f"{topic.replace('/', '__')}.json").read_text())
    optional = {
        key
        for key in keys(real)
        if "[]" in key or ".refunds" in key or ".tax_lines" in key or ".default_address" in key
    }
    optional |= {key for key in keys(real) if key.startswith((".customer.", ".line_items.", ".staff"))}
    assert keys(real) - optional <= keys(body)
    more = ("[]", ".customer", ".image.")  # Shopify's sample of a product has no picture
    assert keys(body) - keys(real) <= {key for key in keys(body) if any(part in key for part in more)}


def test_line_items_and_refunds_have_the_keys_of_the_real_ones(world: World, heard: Any, shared: Path) -> None:
    world.control("place-order")
    world.control("refund-order")
    samples = shared / "shopify" / "webhooks"
    real_order = json.loads((samples / "orders__create.json").read_text())
    real_refund = json.loads((samples / "refunds__create.json").read_text())
    order = until(lambda: heard.heard("orders/create"))[0].body
    refund = until(lambda: heard.heard("refunds/create"))[0].body
    assert order["line_items"][0].keys() == real_order["line_items"][0].keys()
    ours, theirs = refund["refund_line_items"][0], real_refund["refund_line_items"][0]
    assert ours.keys() == theirs.keys()
    assert ours["line_item"].keys() == theirs["line_item"].keys()
    assert refund["transactions"][0].keys() == real_refund["transactions"][0].keys()


def test_a_refused_delivery_is_sent_again_with_the_same_body(world: World, heard: Any) -> None:
    heard.refuse_deliveries = 2
    world.control("adjust-stock", variant_id=any_variant(world), delta=1)
    again = until(lambda: heard.heard("inventory_levels/update"))[0]
    assert again.headers["x-shopify-hmac-sha256"] == signed(again.raw)
    assert heard.refuse_deliveries == 0


def any_variant(world: World) -> str:
    return world.graphql("{ productVariants(first: 1) { nodes { id } } }")["data"]["productVariants"]["nodes"][0]["id"]


def test_doubled_deliveries_carry_the_same_webhook_id(world: World, heard: Any) -> None:
    world.control("knobs", doubled=1)
    world.control("adjust-stock", variant_id=any_variant(world), delta=1)
    both = until(lambda: len(heard.heard("inventory_levels/update")) == 2 and heard.heard("inventory_levels/update"))
    assert both[0].headers["x-shopify-webhook-id"] == both[1].headers["x-shopify-webhook-id"]


def test_forged_deliveries_come_with_a_wrong_signature(world: World, heard: Any) -> None:
    world.control("knobs", forged=1)
    world.control("adjust-stock", variant_id=any_variant(world), delta=1)
    both = until(lambda: len(heard.heard("inventory_levels/update")) == 2 and heard.heard("inventory_levels/update"))
    assert sorted(each.headers["x-shopify-hmac-sha256"] == signed(each.raw) for each in both) == [False, True]


def test_a_forged_delivery_that_is_refused_is_not_sent_again(world: World, heard: Any) -> None:
    before = world.state()["deliveries"].get("failed", 0)
    world.control("knobs", forged=1)
    heard.refuse_deliveries = 2
    world.control("adjust-stock", variant_id=any_variant(world), delta=1)
    until(lambda: world.state()["deliveries"].get("failed", 0) == before + 1)
    until(lambda: heard.heard("inventory_levels/update"))
    assert [each.headers["x-shopify-hmac-sha256"] == signed(each.raw) for each in heard.deliveries] == [True]


def test_dropped_deliveries_never_come(world: World, heard: Any) -> None:
    world.control("knobs", dropped=1)
    variant = any_variant(world)
    world.control("adjust-stock", variant_id=variant, delta=1)
    world.control("knobs", dropped=0)
    world.control("adjust-stock", variant_id=variant, delta=1)
    until(lambda: heard.heard("inventory_levels/update"))
    assert len(heard.heard("inventory_levels/update")) == 1


def test_uninstalling_ends_the_token_before_the_app_hears_of_it(world: World, heard: Any) -> None:
    access = world.token().json()["access_token"]
    world.control("uninstall")
    until(lambda: heard.heard("app/uninstalled"))
    assert world.call(access, "{ shop { id } }").status_code == 401
    world.control("place-order")
    assert world.control("reinstall")["installed"]
    assert not heard.heard("orders/create")
    assert world.call(world.token().json()["access_token"], "{ shop { id } }").status_code == 200


def test_stock_goes_down_by_what_was_ordered(world: World, heard: Any) -> None:
    variant = any_variant(world)
    before = world.control("adjust-stock", variant_id=variant, available=20)["available"]
    number = world.control("place-order", lines=[{"variant_id": variant, "quantity": 3}])["order_id"]
    assert world.control("adjust-stock", variant_id=variant)["available"] == before - 3
    world.control("cancel-order", order_id=number)
    assert world.control("adjust-stock", variant_id=variant)["available"] == before


def test_more_than_there_is_cannot_be_ordered(world: World, heard: Any) -> None:
    variant = any_variant(world)
    world.control("adjust-stock", variant_id=variant, available=2)
    answer = world.control("place-order", lines=[{"variant_id": variant, "quantity": 3}])
    assert answer["status"] == 409
    assert "2" in answer["error"]


def test_only_the_fields_that_the_app_asked_for_are_sent(world: World, heard: Any) -> None:
    config = world.folder / "shopify.app.toml"
    before = config.read_text()
    config.write_text(
        before.replace('"orders/create", ', "")
        + '[[webhooks.subscriptions]]\ntopics = ["orders/create"]\nuri = "/webhooks/shopify"\n'
        + 'include_fields = ["id", "customer.id", "line_items.sku"]\n'
    )
    world.control("place-order")
    cut = until(lambda: heard.heard("orders/create"))[0]
    config.write_text(before)
    assert cut.body.keys() == {"id", "customer", "line_items"}
    assert all(line.keys() == {"sku"} for line in cut.body["line_items"])
    assert cut.headers["x-shopify-hmac-sha256"] == signed(cut.raw)
