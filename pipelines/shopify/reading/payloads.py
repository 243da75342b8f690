"""Read webhook bodies, cut to their allow-lists, as facts.

Demand needs three numbers of a line. Gone is `quantity - current_quantity`; of that, what refunds name as
`return`, `no_restock` or `legacy_restock` came back after the sale and was demand; the rest was cancelled or
edited out before it was fulfilled and was not (METHODS 4b).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from pipelines.shopify.reading.pictures import picture
from pipelines.shopify.reading.shapes import (
    EPOCH,
    Checkout,
    Group,
    Item,
    Line,
    Location,
    Malformed,
    Order,
    OrderWithLines,
    Product,
    ProductWithVariants,
    Refund,
    Stock,
    Variant,
    checkout_key,
    currency,
    fitting,
    identifier,
    maybe_identifier,
    maybe_moment,
    maybe_money,
    moment,
    money,
    whole,
    words,
)
from pipelines.shopify.reading.texts import clean
from pipelines.shopify.reading.topics import REACHED, its_unit, number

CAME_BACK = frozenset({"return", "no_restock", "legacy_restock"})
Body = dict[str, Any]


class Sender(NamedTuple):
    """What a delivery says beside its body."""

    shop_id: int
    currency: str  # the shop's
    webhook_id: str
    triggered_at: str
    content_hash: int


def order(body: Body, sender: Sender) -> OrderWithLines:
    """Read an order with its lines."""
    order_id = identifier(body.get("id"), "the order's id")
    code = currency(body.get("currency") or sender.currency)
    created_at = moment(body.get("created_at") or body.get("processed_at"), "created_at")
    cancelled_at = maybe_moment(body.get("cancelled_at"), "cancelled_at")
    fact = Order(
        shop_id=sender.shop_id,
        shopify_id=order_id,
        updated_at=moment(body.get("updated_at") or sender.triggered_at, "updated_at"),
        source_id=sender.webhook_id,
        name=words(body.get("name"), 40),
        created_at=created_at,
        processed_at=moment(body.get("processed_at") or created_at, "processed_at"),
        cancelled_at=cancelled_at,
        is_test=body.get("test") is True,
        financial_status=words(body.get("financial_status"), 30),
        fulfillment_status=words(body.get("fulfillment_status"), 30),
        source_name=words(body.get("source_name"), 60),
        currency=code,
        subtotal_minor=money(body.get("subtotal_price") or 0, code, "subtotal_price"),
        total_minor=money(body.get("total_price") or 0, code, "total_price"),
        discounts_minor=money(body.get("total_discounts") or 0, code, "total_discounts"),
        refunded_minor=refunded(objects(body, "refunds"), code),
        customer_ref=pseudonym(body.get("customer_ref")),
        unit=bytea(its_unit(body.get("unit"))),
        checkout_key=checkout_key(digest) if (digest := digest_of_token(body)) else None,
        content_hash=sender.content_hash,
    )
    if type(body.get("line_items")) is not list:
        raise Malformed("the order has no line_items")
    returns = units_returned(objects(body, "refunds"))
    bundles = {number(group.get("id")): group for group in objects(body, "line_item_groups")}
    return OrderWithLines(fact, [line(item, fact, returns, bundles) for item in body["line_items"]])


def line(item: Body, fact: Order, returns: dict[Any, int], bundles: dict[Any, Body]) -> Line:
    """Read one line of an order."""
    line_id = identifier(item.get("id"), "a line's id")
    try:
        return line_facts(item, line_id, fact, returns.get(line_id, 0), bundles)
    except Malformed as malformed:
        raise Malformed(f"line {line_id}: {malformed}") from None


def line_facts(item: Body, line_id: int, fact: Order, came_back: int, bundles: dict[Any, Body]) -> Line:
    """Read a line, given the units of it that came back."""
    quantity = whole(item.get("quantity"), "quantity")
    current = item.get("current_quantity")
    current = max(quantity - came_back, 0) if current is None else whole(current, "current_quantity")
    gone = max(quantity - current, 0)
    returned = 0 if fact.cancelled_at else min(gone, came_back)
    return Line(
        fact.shop_id,
        line_id,
        fact.shopify_id,
        maybe_identifier(item.get("variant_id"), "variant_id"),
        maybe_identifier(item.get("product_id"), "product_id"),
        words(item.get("sku")),
        words(item.get("title")),
        quantity,
        current,
        quantity if fact.cancelled_at else gone - returned,
        returned,
        money(item.get("price"), fact.currency, "price"),
        line_discount(item, fact.currency),
        item.get("gift_card") is True,
        item.get("requires_shipping") is not False,
        fact.processed_at,
        *group(item.get("sales_line_item_group_id"), bundles),
    )


def group(named: Any, bundles: dict[Any, Body]) -> Group | tuple[()]:
    """Read the bundle that a line was sold in; the order may name groups that it does not list."""
    if named is None:
        return ()
    told = bundles.get(number(named), {})
    return Group(
        identifier(number(named), "the group's id"),
        maybe_identifier(number(told.get("variant_id")), "the group's variant"),
        maybe_identifier(number(told.get("product_id")), "the group's product"),
        whole(told["quantity"], "the group's quantity") if told.get("quantity") is not None else None,
    )


def line_discount(item: Body, code: str) -> int:
    """Return all discounts of a line: its own and its share of the order's."""
    allocations = item.get("discount_allocations")
    if type(allocations) is not list:
        return money(item.get("total_discount") or 0, code, "discount")
    if not allocations:
        return 0
    return fitting(sum([money(part.get("amount") or 0, code, "discount") for part in allocations]), "discount")


def units_returned(refunds: list[Body]) -> dict[Any, int]:
    """Return the units of each line that were refunded after they had been sold."""
    units: dict[Any, int] = {}
    for refund in refunds:
        for item in objects(refund, "refund_line_items"):
            if item.get("restock_type") in CAME_BACK:
                line_id = item.get("line_item_id")
                units[line_id] = units.get(line_id, 0) + whole(item.get("quantity") or 0, "a refund's quantity")
    return units


def refunded(refunds: list[Body], code: str) -> int:
    """Return the money that was paid back."""
    paid_back = [
        money(payment.get("amount") or 0, code, "a refund's amount")
        for refund in refunds
        for payment in objects(refund, "transactions")
        if payment.get("kind") == "refund" and payment.get("status") == "success"
    ]
    return fitting(sum(paid_back), "refunds")


def product(body: Body, sender: Sender) -> ProductWithVariants:
    """Read a product with its variants; all carry the product's time, as they were seen together."""
    product_id, image = identifier(body.get("id"), "the product's id"), body.get("image")
    fact = Product(
        shop_id=sender.shop_id,
        shopify_id=product_id,
        updated_at=moment(body.get("updated_at") or sender.triggered_at, "updated_at"),
        source_id=sender.webhook_id,
        title=words(body.get("title")),
        product_type=words(body.get("product_type")),
        vendor=words(body.get("vendor")),
        status=words(body.get("status"), 12) or "active",
        tags=tags(body.get("tags")),
        image_url=picture(image.get("src") if type(image) is dict else None),
        created_at=maybe_moment(body.get("created_at"), "created_at"),
        published_at=maybe_moment(body.get("published_at", EPOCH), "published_at"),
        content_hash=sender.content_hash,
    )
    listed = objects(body, "variants")
    is_whole = type(body.get("variants")) is list and len(objects(body, "variant_gids")) <= len(listed)
    return ProductWithVariants(fact, [variant(item, fact, sender) for item in listed], is_whole)


def variant(item: Body, fact: Product, sender: Sender) -> Variant:
    """Read one variant of a product."""
    variant_id = identifier(item.get("id"), "a variant's id")
    return Variant(
        shop_id=sender.shop_id,
        shopify_id=variant_id,
        updated_at=fact.updated_at,
        source_id=sender.webhook_id,
        product_id=fact.shopify_id,
        title=words(item.get("title")),
        sku=words(item.get("sku")),
        barcode=words(item.get("barcode"), 64),
        price_minor=maybe_money(item.get("price"), sender.currency, f"variant {variant_id}: price"),
        compare_at_minor=maybe_money(item.get("compare_at_price"), sender.currency, f"variant {variant_id}: compare"),
        inventory_item_id=maybe_identifier(item.get("inventory_item_id"), f"variant {variant_id}: inventory_item_id"),
        continues_selling=item.get("inventory_policy") == "continue",
        created_at=maybe_moment(item.get("created_at"), "created_at"),
    )


def tags(value: Any) -> str:
    """Return a product's tags as JSON; webhooks join them with commas."""
    names = value.split(",") if type(value) is str else value if type(value) is list else []
    told = [clean(name).strip() for name in names if type(name) is str]
    return orjson.dumps([name for name in told if name]).decode()


def stock(body: Body, sender: Sender) -> Stock | None:
    """Read a stock level; without a number the item is not kept in stock there."""
    if body.get("available") is None:
        return None
    return Stock(
        shop_id=sender.shop_id,
        inventory_item_id=identifier(body.get("inventory_item_id"), "inventory_item_id"),
        location_id=identifier(body.get("location_id"), "location_id"),
        available=whole(body["available"], "available", smallest=-(2**31)),
        on_hand=None,
        committed=None,
        incoming=None,
        updated_at=moment(body.get("updated_at") or sender.triggered_at, "updated_at"),
    )


def item(body: Body, sender: Sender) -> Item:
    """Read what an inventory item tells of its variant."""
    return Item(
        shop_id=sender.shop_id,
        inventory_item_id=identifier(body.get("id"), "the inventory item's id"),
        item_updated_at=moment(body.get("updated_at") or sender.triggered_at, "updated_at"),
        is_tracked=body.get("tracked") is not False,
        unit_cost_minor=maybe_money(body.get("cost"), sender.currency, "cost"),
    )


def location(body: Body, sender: Sender) -> Location:
    """Read a location: its name, no address."""
    return Location(
        shop_id=sender.shop_id,
        shopify_id=identifier(body.get("id"), "the location's id"),
        updated_at=moment(body.get("updated_at") or sender.triggered_at, "updated_at"),
        source_id=sender.webhook_id,
        name=words(body.get("name")),
        is_active=body.get("active") is not False,
    )


def checkout(body: Body, sender: Sender) -> Checkout:
    """Read a checkout: value and lines."""
    code = currency(body.get("currency") or sender.currency)
    digest = digest_of_token(body)
    if not digest:
        raise Malformed("the checkout has no token")
    lines = [
        {
            "variant_id": maybe_identifier(item.get("variant_id"), "variant_id"),
            "quantity": whole(item.get("quantity"), "quantity"),
            "price_minor": money(item.get("price") or 0, code, "price"),
        }
        for item in objects(body, "line_items")
    ]
    subtotal = money(body.get("subtotal_price") or 0, code, "subtotal_price")
    updated_at = moment(body.get("updated_at") or sender.triggered_at, "updated_at")
    completed_at = maybe_moment(body.get("completed_at"), "completed_at")
    units = fitting(sum(line["quantity"] or 0 for line in lines), "the units")
    goes_on = completed_at is None  # of one that is over, nothing is known of how it was before
    return Checkout(
        shop_id=sender.shop_id,
        shopify_id=checkout_key(digest),
        updated_at=updated_at,
        source_id=sender.webhook_id,
        token_digest=f"\\x{digest}",
        created_at=moment(body.get("created_at"), "created_at"),
        completed_at=completed_at,
        currency=code,
        subtotal_minor=subtotal,
        lines=orjson.dumps(lines).decode(),
        first_minor=subtotal if goes_on else None,
        first_lines=len(lines) if goes_on else None,
        first_units=units if goes_on else None,
        steps=orjson.dumps([step(body, updated_at, subtotal, len(lines), units)]).decode() if goes_on else None,
    )


def step(body: Body, updated_at: str, subtotal: int, lines: int, units: int) -> dict[str, Any]:
    """Give what was known of a checkout at a moment; what no delivery told is left out."""
    size = {"minor": subtotal, "lines": lines, "units": units}
    at = datetime.fromisoformat(updated_at).astimezone(UTC).isoformat(timespec="seconds")
    return {"at": at} | size | {name: body[name] for name in REACHED if type(body.get(name)) is bool}


def digest_of_token(body: Body) -> str | None:
    """Return the digest that the door made of a checkout's token."""
    digest = body.get("token_digest")
    return digest if type(digest) is str and its_unit(digest) else None


def refund(body: Body, sender: Sender) -> Refund:
    """Read that an order was refunded."""
    return Refund(
        shop_id=sender.shop_id,
        shopify_id=identifier(body.get("id"), "the refund's id"),
        order_id=identifier(body.get("order_id"), "the refund's order_id"),
        created_at=moment(body.get("created_at") or sender.triggered_at, "created_at"),
    )


def pseudonym(value: Any) -> str | None:
    """Return a pseudonym as the database reads bytes."""
    return bytea(value) if type(value) is str and len(value) == 32 else None


def bytea(value: str | None) -> str | None:
    """Return hex digits as the database reads bytes."""
    return f"\\x{value}" if value else None


def objects(body: Body, name: str) -> list[Body]:
    """Return a list of objects that may be missing."""
    value = body.get(name)
    return value if type(value) is list else []
