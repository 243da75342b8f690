"""Webhook bodies, read as facts."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.shopify.reading import nodes, payloads, shapes
from pipelines.shopify.reading.payloads import Sender
from pipelines.shopify.reading.pictures import picture
from pipelines.shopify.reading.shapes import Malformed
from pipelines.shopify.reading.topics import TOPICS, minimise
from tests import factories

SENDER = Sender(1, "GBP", "webhook-1", "2026-11-22T10:00:00+00:00", 42)


def read(**changes: Any) -> shapes.OrderWithLines:
    return payloads.order(factories.order_body(**changes), SENDER)


def fate(order: shapes.OrderWithLines) -> list[tuple[int, int]]:
    """Return what was removed and what was returned, line by line."""
    return [(line.removed, line.returned) for line in order.lines]


@pytest.mark.parametrize("topic", [name for name, topic in TOPICS.items() if topic.kind == "order"])
def test_shopifys_own_orders_are_read(topic: str, shared: Path) -> None:
    path = shared / "shopify" / "webhooks" / f"{topic.replace('/', '__')}.json"
    if not path.exists():
        pytest.skip(f"Shopify publishes no sample of {topic}")
    order = payloads.order(minimise(TOPICS[topic], json.loads(path.read_text())).payload, SENDER)
    assert order.order.shopify_id > 0
    assert order.order.is_test
    assert order.lines


def test_an_order_is_read_with_money_in_minor_units() -> None:
    order, lines = read()
    assert (order.total_minor, order.subtotal_minor, order.currency) == (3000, 2500, "GBP")
    assert [(line.variant_id, line.quantity, line.price_minor) for line in lines] == [(501, 2, 1000), (502, 1, 1000)]


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 30), ("GBP", 3000), ("KWD", 30000), ("XQZ", 3000)])
def test_each_currency_has_its_own_decimals(currency: str, minor: int) -> None:
    assert read(currency=currency).order.total_minor == minor


def test_nothing_is_missing_from_an_order_that_was_left_alone() -> None:
    assert fate(read()) == [(0, 0), (0, 0)]


def test_a_cancelled_order_was_never_sold() -> None:
    assert fate(read(cancelled_at=factories.at(5))) == [(2, 0), (1, 0)]


@pytest.mark.parametrize("restock_type", ["return", "no_restock", "legacy_restock"])
def test_what_was_refunded_after_the_sale_is_a_return(restock_type: str) -> None:
    lines = [factories.line_body(11, quantity=2, current_quantity=1)]
    assert fate(read(line_items=lines, refunds=[factories.refund_body(11, 1, restock_type)])) == [(0, 1)]


def test_what_was_cancelled_before_it_was_sent_was_never_sold() -> None:
    lines = [factories.line_body(11, quantity=2, current_quantity=1)]
    assert fate(read(line_items=lines, refunds=[factories.refund_body(11, 1, "cancel")])) == [(1, 0)]


def test_what_was_edited_out_was_never_sold() -> None:
    assert fate(read(line_items=[factories.line_body(11, quantity=3, current_quantity=1)])) == [(2, 0)]


def test_an_edit_and_a_return_on_one_line_are_told_apart() -> None:
    lines = [factories.line_body(11, quantity=5, current_quantity=1)]
    assert fate(read(line_items=lines, refunds=[factories.refund_body(11, 1, "return")])) == [(3, 1)]


def test_money_paid_back_is_summed_from_successful_refunds() -> None:
    failed = factories.refund_body(11, 1, "return")
    failed["transactions"][0]["status"] = "failure"
    assert read(refunds=[failed, factories.refund_body(12, 1, "return")]).order.refunded_minor == 1000


def test_a_lines_discount_is_all_its_allocations() -> None:
    allocations = [{"amount": "1.50"}, {"amount": "0.25"}]
    lines = [factories.line_body(11, discount_allocations=allocations)]
    assert read(line_items=lines).lines[0].discount_minor == 175


def test_a_line_without_product_is_read() -> None:
    line = read(line_items=[factories.line_body(11, variant_id=None, product_id=None, sku=None, title=None)]).lines[0]
    assert (line.variant_id, line.product_id, line.sku, line.title) == (None, None, "", "")


def test_an_order_without_update_time_is_as_old_as_its_delivery() -> None:
    assert read(updated_at=None).order.updated_at == SENDER.triggered_at


MALFORMED = {
    "no id": {"id": None},
    "an id that is a text": {"id": "one"},
    "an id beyond 64 bits": {"id": 2**63},
    "no lines at all": {"line_items": None},
    "a time that is none": {"updated_at": "yesterday"},
    "a time without offset": {"created_at": "2026-11-20T12:00:00"},
    "a currency that is none": {"currency": "pounds"},
    "a negative total": {"total_price": "-1.00"},
    "a total that is no number": {"total_price": "a lot"},
    "a total that is not finite": {"total_price": "NaN"},
    "a huge total": {"total_price": "1e40"},
    "a line without id": {"line_items": [factories.line_body(11) | {"id": None}]},
    "a line without quantity": {"line_items": [factories.line_body(11, quantity=None)]},  # type: ignore[arg-type]
    "a negative quantity": {"line_items": [factories.line_body(11, quantity=-1)]},
    "a huge quantity": {"line_items": [factories.line_body(11, quantity=2**31)]},
    "half a unit": {"line_items": [factories.line_body(11, quantity=0.5)]},  # type: ignore[arg-type]
    "a negative price": {"line_items": [factories.line_body(11, price="-0.01")]},
    "no price": {"line_items": [factories.line_body(11, price=None)]},
}


@pytest.mark.parametrize("changes", MALFORMED.values(), ids=MALFORMED)
def test_an_order_that_makes_no_sense_says_what_is_wrong(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match=r"\w+ \w+"):
        read(**changes)


def test_the_malformed_line_is_named() -> None:
    with pytest.raises(Malformed, match=r"line 11: price is '-0\.01', not an amount of money"):
        read(line_items=[factories.line_body(11, price="-0.01")])


def test_a_product_is_read_with_its_variants_at_its_own_time() -> None:
    product, variants, is_whole = payloads.product(factories.product_body(minutes=3), SENDER)
    assert json.loads(product.tags) == ["warm", "wool"]
    assert {variant.updated_at for variant in variants} == {factories.at(3)}
    assert is_whole


CDN = "https://cdn.shopify.com/s/files/1/0001/products/jacket.jpg?v=1"


@pytest.mark.parametrize(
    ("image", "kept"),
    [
        ({"src": CDN, "alt": "A jacket"}, CDN),
        (None, ""),
        ({}, ""),
        ([{"src": CDN}], ""),
        ("jacket.jpg", ""),
        ({"src": None}, ""),
        ({"src": CDN.replace("https", "http")}, ""),
        ({"src": CDN.replace("cdn.shopify.com", "evil.example")}, ""),
        ({"src": CDN.replace("cdn.shopify.com", "cdn.shopify.com.evil.example")}, ""),
        ({"src": CDN.replace("cdn.shopify.com", "cdn.shopify.com@evil.example")}, ""),
        ({"src": "javascript:alert(1)"}, ""),
        ({"src": "https://[cdn.shopify.com/x.jpg"}, ""),
        ({"src": CDN + " onerror"}, ""),
        ({"src": CDN + "\n"}, ""),
        ({"src": CDN + "x" * 500}, ""),
    ],
)
def test_a_picture_comes_from_shopifys_own_files_or_not_at_all(image: Any, kept: str) -> None:
    body = minimise(TOPICS["products/update"], factories.product_body(image=image)).payload
    assert payloads.product(body, SENDER).product.image_url == kept
    media = {"preview": {"image": {"url": image["src"]}}} if isinstance(image, dict) and "src" in image else None
    for known in (media, {"preview": None}, {"preview": {"image": None}}):
        found = nodes.media_url({"featuredMedia": known})
        assert picture(found) == (kept if known is media else "")


@pytest.mark.parametrize(
    ("told", "known"),
    [({}, shapes.EPOCH), ({"published_at": None}, None), ({"published_at": factories.at(1)}, factories.at(1))],
)
def test_a_product_says_whether_the_online_store_shows_it(told: dict[str, Any], known: str | None) -> None:
    body = minimise(TOPICS["products/update"], factories.product_body() | told).payload
    assert payloads.product(body, SENDER).product.published_at == known


def test_a_product_with_more_variants_than_it_lists_is_not_whole() -> None:
    gids = [{"admin_graphql_api_id": f"gid://shopify/ProductVariant/{number}"} for number in range(5)]
    assert not payloads.product(factories.product_body(variant_gids=gids), SENDER).is_whole


def test_a_level_without_number_is_no_level() -> None:
    assert payloads.stock(factories.stock_body(None), SENDER) is None


def test_a_checkout_without_id_is_known_by_its_token() -> None:
    body = minimise(TOPICS["checkouts/create"], {"token": "t-1", "created_at": factories.at(0), "line_items": []})
    again = minimise(TOPICS["checkouts/update"], {"token": "t-1", "created_at": factories.at(0), "line_items": []})
    one, two = payloads.checkout(body.payload, SENDER), payloads.checkout(again.payload, SENDER)
    assert one.shopify_id == two.shopify_id


def groups(**changes: Any) -> list[tuple[int | None, ...]]:
    order = factories.order_body(**changes)
    told = payloads.order(minimise(TOPICS["orders/create"], order).payload, SENDER)
    return [(line.group_id, line.group_variant_id, line.group_product_id, line.group_quantity) for line in told.lines]


def test_lines_that_were_sold_as_a_bundle_say_of_which_and_how_many() -> None:
    lines = [factories.line_body(11, sales_line_item_group_id=9), factories.line_body(12)]
    group = {"id": 9, "title": "Set", "quantity": 2, "variant_id": 700, "product_id": 70, "properties": []}
    assert groups(line_items=lines, line_item_groups=[group]) == [(9, 700, 70, 2), (None,) * 4]
    as_texts = group | {"id": "gid://shopify/LineItemGroup/9", "variant_id": "gid://shopify/ProductVariant/700"}
    assert groups(line_items=lines, line_item_groups=[as_texts]) == [(9, 700, 70, 2), (None,) * 4]


def test_a_group_that_the_order_does_not_list_is_one_all_the_same() -> None:
    lines = [factories.line_body(11, sales_line_item_group_id=9)]
    assert groups(line_items=lines) == [(9, None, None, None)]


@pytest.mark.parametrize("group", [{"quantity": -1}, {"quantity": "two"}, {"variant_id": 2**70}, {"product_id": -4}])
def test_a_group_that_makes_no_sense_is_named(group: dict[str, Any]) -> None:
    lines = [factories.line_body(11, sales_line_item_group_id=9)]
    with pytest.raises(Malformed, match="line 11: the group"):
        groups(line_items=lines, line_item_groups=[{"id": 9} | group])
