"""Bundles in the development store: listed by their parts or alone, with the stock of their parts."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.devstore.conftest import World, until

ORDER = """query ($id: ID!) { order(id: $id) { subtotalPriceSet { shopMoney { amount } } lineItems(first: 9) { nodes {
  quantity variant { id } discountedTotalSet { shopMoney { amount } }
  lineItemGroup { id quantity variantId productId } } } } }"""
STOCK = "query ($id: ID!) { productVariant(id: $id) { price inventoryQuantity requiresComponents } }"


Three = tuple[int, int, int]


@pytest.fixture
def three(world: World) -> Iterator[Three]:
    """Give a variant that is sold with one of a second and two of a third."""
    goods = (("Set", 2500), ("Lamp", 1999), ("Bulb", 700))
    bundle, one, other = (world.control("add-product", title=name, price=price)["variant_id"] for name, price in goods)
    yield bundle, one, other
    world.control("bundle", variant_id=bundle, parts={})


def make(world: World, three: Three, listed: str = "parts") -> None:
    bundle, one, other = three
    world.control("bundle", variant_id=bundle, parts={one: 1, other: 2}, listed=listed)


def order(world: World, bundle: int, quantity: int = 1) -> tuple[int, dict[str, Any]]:
    lines = [{"variant_id": bundle, "quantity": quantity}]
    number = world.control("place-order", lines=lines)["order_id"]
    return number, world.graphql(ORDER, id=f"gid://shopify/Order/{number}")["data"]["order"]


def units_left(world: World, *variants: int) -> list[int]:
    asked = (world.graphql(STOCK, id=f"gid://shopify/ProductVariant/{number}") for number in variants)
    return [answer["data"]["productVariant"]["inventoryQuantity"] for answer in asked]


def test_an_order_lists_the_parts_with_their_group_and_what_was_paid(world: World, three: Three) -> None:
    make(world, three)
    _, told = order(world, three[0], quantity=2)
    lines = told["lineItems"]["nodes"]
    assert [int(line["variant"]["id"].rpartition("/")[2]) for line in lines] == list(three[1:])
    assert [line["quantity"] for line in lines] == [2, 4]
    (group,) = {tuple(line["lineItemGroup"].items()) for line in lines}
    assert dict(group)["quantity"] == 2
    assert dict(group)["variantId"] == f"gid://shopify/ProductVariant/{three[0]}"
    paid = sum(float(line["discountedTotalSet"]["shopMoney"]["amount"]) for line in lines)
    assert paid == float(told["subtotalPriceSet"]["shopMoney"]["amount"]) == 50.0


def test_the_webhook_names_groups_as_shopify_does(world: World, three: Three) -> None:
    make(world, three)
    number, _ = order(world, three[0])
    heard = until(lambda: next((d for d in world.app.heard("orders/create") if d.body["id"] == number), None))
    body = heard.body
    (group,) = body["line_item_groups"]
    assert {line["sales_line_item_group_id"] for line in body["line_items"]} == {group["id"]}
    assert (group["variant_id"], group["quantity"]) == (three[0], 1)


def test_a_bundle_of_some_apps_is_listed_alone_and_takes_the_stock_of_its_parts(world: World, three: Three) -> None:
    make(world, three, listed="alone")
    before = units_left(world, *three)
    number, told = order(world, three[0])
    (line,) = told["lineItems"]["nodes"]
    assert line["lineItemGroup"] is None and line["variant"]["id"].endswith(str(three[0]))
    assert units_left(world, *three) == [before[0], before[1] - 1, before[2] - 2]
    world.control("cancel-order", order_id=number)
    assert units_left(world, *three) == before


def test_more_than_the_parts_allow_is_not_sold(world: World, three: Three) -> None:
    make(world, three)
    answer = world.control("place-order", lines=[{"variant_id": three[0], "quantity": 6}])  # 12 of 10 bulbs
    assert answer["status"] != 200 and "left" in str(answer)
