"""Read nodes of the Admin API, from pages and from exports, as facts.

An export tells of a line only its quantity and what is left of it. Until the order is read by id, what is
missing counts as returned, so that demand stands; orders read by id carry their refunds and are exact.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from pipelines.shopify.reading.payloads import CAME_BACK, bytea, tags
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
    Part,
    Product,
    ProductWithVariants,
    Refund,
    Stock,
    Variant,
    checkout_key,
    currency,
    fitting,
    gid,
    maybe_moment,
    maybe_money,
    minor,
    moment,
    shown,
    whole,
    words,
)
from pipelines.shopify.reading.topics import token_digest, unit_of

Node = dict[str, Any]
TOKEN = re.compile(r"/checkouts/(?:[a-z]{2}/)?([A-Za-z0-9_-]+)")  # newer addresses name the kind of checkout first


class Source(NamedTuple):
    """Whose data it is, and which read brought it."""

    shop_id: int
    currency: str
    source_id: str  # "export:<run>" or "fetch:<when>"
    read_at: str  # nothing in it is older than this moment


def order(node: Node, source: Source) -> Order:
    """Read an order without its lines."""
    code = currency(node.get("currencyCode") or source.currency)
    created_at = moment(node.get("createdAt") or node.get("processedAt"), "createdAt")
    return Order(
        shop_id=source.shop_id,
        shopify_id=gid(node.get("id")),
        updated_at=moment(node.get("updatedAt"), "updatedAt"),
        source_id=source.source_id,
        name=words(node.get("name"), 40),
        created_at=created_at,
        processed_at=moment(node.get("processedAt") or created_at, "processedAt"),
        cancelled_at=maybe_moment(node.get("cancelledAt"), "cancelledAt"),
        is_test=node.get("test") is True,
        financial_status=words(node.get("displayFinancialStatus"), 30).lower(),
        fulfillment_status=FULFILLMENT.get(words(node.get("displayFulfillmentStatus"), 30), "other"),
        source_name=words(node.get("sourceName"), 60),
        currency=code,
        subtotal_minor=amount(node.get("subtotalPriceSet"), code, "subtotalPrice") or 0,
        total_minor=amount(node.get("totalPriceSet"), code, "totalPrice") or 0,
        discounts_minor=amount(node.get("totalDiscountsSet"), code, "totalDiscounts") or 0,
        refunded_minor=amount(node.get("totalRefundedSet"), code, "totalRefunded") or 0,
        customer_ref=None,
        unit=bytea(unit_of(node.get("customAttributes"), "key")),
        checkout_key=checkout_key(digest) if (digest := token_digest(node.get("checkoutToken"))) else None,
        content_hash=None,
    )


# What webhooks call it.
FULFILLMENT = {
    "": "",
    "UNFULFILLED": "",
    "FULFILLED": "fulfilled",
    "PARTIALLY_FULFILLED": "partial",
    "RESTOCKED": "restocked",
}


def line(node: Node, order_id: int, source: Source, fact: Order | None = None, came_back: int | None = None) -> Line:
    """Read a line; where its order is not at hand, what depends on it is filled in when the two are joined.

    Of the missing units, `came_back` were refunded after the sale; unless that is told, all count as returned.
    """
    line_id = gid(node.get("id"))
    try:
        quantity = whole(node.get("quantity"), "quantity")
        current = whole(node.get("currentQuantity", quantity), "currentQuantity")
        code = fact.currency if fact else source.currency
        price = amount(node.get("originalUnitPriceSet"), code, "price")
        paid = amount(node.get("discountedUnitPriceAfterAllDiscountsSet"), code, "price paid")
        discount = fitting((price - paid) * quantity, "discount") if price and paid is not None and paid < price else 0
        variant_id, product_id = reference(node.get("variant")), reference(node.get("product"))
        sold_as = group(node.get("lineItemGroup"))
    except Malformed as malformed:
        raise Malformed(f"line {line_id}: {malformed}") from None
    if price is None:
        raise Malformed(f"line {line_id}: the price is missing")
    is_product = product_id is not None or variant_id is not None
    removed, returned = fate(quantity, quantity - current, fact, came_back)
    return Line(
        source.shop_id,
        line_id,
        order_id,
        variant_id,
        product_id,
        words(node.get("sku")) if is_product else "",
        words(node.get("title")) if is_product else "",
        quantity,
        current,
        removed,
        returned,
        price,
        discount,
        node.get("isGiftCard") is True,
        node.get("requiresShipping") is not False,
        fact.processed_at if fact else EPOCH,
        *sold_as,
    )


def group(held: Node | None) -> Group | tuple[()]:
    """Read the bundle that a line was sold in."""
    if not held:
        return ()
    return Group(
        gid(held.get("id"), "the group's id"),
        gid(held["variantId"], "the group's variant") if held.get("variantId") else None,
        gid(held["productId"], "the group's product") if held.get("productId") else None,
        whole(held.get("quantity"), "the group's quantity"),
    )


def fate(quantity: int, gone: int, fact: Order | None, came_back: int | None) -> tuple[int, int]:
    """Return the units of a line that were never sold, and those that were returned."""
    if fact and fact.cancelled_at:
        return quantity, 0
    if gone <= 0:
        return 0, 0
    returned = gone if came_back is None else min(gone, came_back)
    return gone - returned, returned


def order_with_lines(node: Node, source: Source) -> OrderWithLines:
    """Read an order by id, with all of its lines and refunds."""
    fact = order(node, source)
    returns = units_returned(node)
    listed = nodes(node.get("lineItems"))
    return OrderWithLines(
        fact, [line(item, fact.shopify_id, source, fact, returns.get(gid(item.get("id")), 0)) for item in listed]
    )


def units_returned(node: Node) -> dict[int, int]:
    """Return the units of each line that were refunded after they had been sold."""
    units: dict[int, int] = {}
    for refund in node.get("refunds") or []:
        for item in nodes(refund.get("refundLineItems")):
            if words(item.get("restockType")).lower() in CAME_BACK:
                line_id = gid((item.get("lineItem") or {}).get("id"))
                units[line_id] = units.get(line_id, 0) + whole(item.get("quantity"), "a refund's quantity")
    return units


def refunds(node: Node, source: Source) -> list[Refund]:
    """Read when an order was refunded."""
    return [
        Refund(source.shop_id, gid(refund.get("id")), gid(node.get("id")), moment(refund.get("createdAt"), "createdAt"))
        for refund in node.get("refunds") or []
    ]


def product(node: Node, source: Source) -> Product:
    """Read a product without its variants."""
    return Product(
        shop_id=source.shop_id,
        shopify_id=gid(node.get("id")),
        updated_at=moment(node.get("updatedAt"), "updatedAt"),
        source_id=source.source_id,
        title=words(node.get("title")),
        product_type=words(node.get("productType")),
        vendor=words(node.get("vendor")),
        status=words(node.get("status"), 12).lower() or "active",
        tags=tags(node.get("tags")),
        image_url=picture(media_url(node)),
        created_at=maybe_moment(node.get("createdAt"), "createdAt"),
        published_at=maybe_moment(node.get("publishedAt"), "publishedAt"),
        content_hash=None,
    )


def media_url(node: Node) -> Any:
    """Return where a product's first picture lies, if it has one."""
    preview = (node.get("featuredMedia") or {}).get("preview") or {}
    return (preview.get("image") or {}).get("url")


def variant(node: Node, product_id: int, source: Source) -> Variant:
    """Read a variant."""
    what = f"variant {node.get('id')}: "
    return Variant(
        shop_id=source.shop_id,
        shopify_id=gid(node.get("id")),
        updated_at=moment(node.get("updatedAt"), what + "updatedAt"),
        source_id=source.source_id,
        product_id=product_id,
        title=words(node.get("title")),
        sku=words(node.get("sku")),
        barcode=words(node.get("barcode"), 64),
        price_minor=maybe_money(node.get("price"), source.currency, what + "price"),
        compare_at_minor=maybe_money(node.get("compareAtPrice"), source.currency, what + "compareAtPrice"),
        inventory_item_id=reference(node.get("inventoryItem")),
        continues_selling=node.get("inventoryPolicy") == "CONTINUE",
        created_at=maybe_moment(node.get("createdAt"), what + "createdAt"),
        requires_components=node.get("requiresComponents"),
    )


def is_part(node: Node) -> bool:
    """Tell whether a line of an export is a part of a bundle, and no variant."""
    return str(node.get("id")).startswith("gid://shopify/ProductVariantComponent/")


def part(node: Node, bundle_id: int, source: Source) -> Part:
    """Read a part of a bundle."""
    return Part(
        shop_id=source.shop_id,
        bundle_id=bundle_id,
        part_id=gid((node.get("productVariant") or {}).get("id"), "a part's variant"),
        quantity=whole(node.get("quantity"), "a part's quantity"),
        read_at=source.read_at,
        since=source.read_at,
    )


def item(node: Node, source: Source) -> Item | None:
    """Read what a variant's node tells of its inventory item."""
    held = node.get("inventoryItem")
    if not held:
        return None
    cost = (held.get("unitCost") or {}).get("amount")
    return Item(
        shop_id=source.shop_id,
        inventory_item_id=gid(held.get("id")),
        item_updated_at=source.read_at,
        is_tracked=held.get("tracked") is not False,
        unit_cost_minor=maybe_money(cost, source.currency, "unitCost"),
    )


def product_with_variants(node: Node, source: Source) -> ProductWithVariants:
    """Read a product by id; variants are as old as the product's state they were read with."""
    fact = product(node, source)
    listed = nodes(node.get("variants"))
    variants = [variant(held, fact.shopify_id, source)._replace(updated_at=fact.updated_at) for held in listed]
    return ProductWithVariants(fact, variants, is_whole=len(listed) < MOST_VARIANTS)


MOST_VARIANTS = 250  # as many as products_by_ids.graphql lists


def stock(node: Node, item_id: int, source: Source) -> Stock:
    """Read a stock level of an inventory item."""
    held = {part.get("name"): part.get("quantity") for part in node.get("quantities") or []}
    what = f"inventory item {item_id}: "
    return Stock(
        shop_id=source.shop_id,
        inventory_item_id=item_id,
        location_id=gid((node.get("location") or {}).get("id"), what + "location"),
        available=whole(held.get("available"), what + "available", smallest=-(2**31)),
        on_hand=maybe_units(held.get("on_hand"), what + "on_hand"),
        committed=maybe_units(held.get("committed"), what + "committed"),
        incoming=maybe_units(held.get("incoming"), what + "incoming"),
        updated_at=moment(node.get("updatedAt"), what + "updatedAt"),
    )


def location(node: Node, source: Source) -> Location:
    """Read a location: its name, no address."""
    return Location(
        shop_id=source.shop_id,
        shopify_id=gid(node.get("id")),
        updated_at=moment(node.get("updatedAt") or source.read_at, "updatedAt"),
        source_id=source.source_id,
        name=words(node.get("name")),
        is_active=node.get("isActive") is not False,
    )


def checkout(node: Node, source: Source) -> Checkout:
    """Read an abandoned checkout without its lines; its token stands in the address by which it is taken up again."""
    url = node.get("abandonedCheckoutUrl")
    found = TOKEN.search(url) if type(url) is str else None
    digest = token_digest(found[1]) if found else None
    if not digest:
        raise Malformed("the checkout has no token")
    shop_money = (node.get("subtotalPriceSet") or {}).get("shopMoney") or {}
    code = currency(shop_money.get("currencyCode") or source.currency)
    return Checkout(
        shop_id=source.shop_id,
        shopify_id=checkout_key(digest),
        updated_at=moment(node.get("updatedAt"), "updatedAt"),
        source_id=source.source_id,
        token_digest=f"\\x{digest}",
        created_at=moment(node.get("createdAt"), "createdAt"),
        completed_at=maybe_moment(node.get("completedAt"), "completedAt"),
        currency=code,
        subtotal_minor=maybe_money(shop_money.get("amount"), code, "subtotalPrice") or 0,
        lines="[]",
        first_minor=None,
        first_lines=None,
        first_units=None,
        steps=None,
    )


def checkout_line(node: Node, code: str) -> Node:
    """Read a line of a checkout."""
    return {
        "variant_id": reference(node.get("variant")),
        "quantity": whole(node.get("quantity"), "quantity"),
        "price_minor": amount(node.get("originalUnitPriceSet"), code, "price") or 0,
    }


def reference(value: Any) -> int | None:
    """Return the id of an object that may be missing."""
    return known_gid(value.get("id")) if value else None


@lru_cache(maxsize=65536)
def known_gid(value: str) -> int:
    """Read an id that occurs often."""
    return gid(value)


def maybe_units(value: Any, what: str) -> int | None:
    return None if value is None else whole(value, what, smallest=-(2**31))


def amount(money_bag: Any, code: str, what: str) -> int | None:
    """Return an amount in the shop's money."""
    if not money_bag:
        return None
    try:
        units = minor(money_bag["shopMoney"]["amount"], code)
    except (KeyError, TypeError):
        units = None
    if units is None:
        raise Malformed(f"{what} is {shown(money_bag)}, not an amount of money")
    return units


def nodes(connection: Any) -> list[Node]:
    """Return the nodes of a connection that may be missing."""
    return [node for node in (connection or {}).get("nodes") or [] if node]
