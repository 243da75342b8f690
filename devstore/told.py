"""What Shopify tells web pixels of a storefront's page: what happened on it, and the cart with which it came."""

from datetime import UTC, datetime
from sqlite3 import Row
from typing import Any

from starlette.requests import Request

from devstore.fields import checkout_lines, checkout_total
from devstore.platform import Platform

Events = list[dict[str, Any]]
STEPS = {  # what pixels hear of each
    "address": ("checkout_contact_info_submitted", "checkout_address_info_submitted"),
    "delivery": ("checkout_shipping_info_submitted",),
    "payment": ("payment_info_submitted",),
}


def events_of(platform: Platform, shop: Row, request: Request, cart: dict[str, int]) -> Events:
    """Return what happened on a page."""
    events: Events = [{"name": "page_viewed", "data": {}}]
    path, number = request.url.path, request.path_params.get("number")
    if handle := request.path_params.get("handle"):
        sql = "SELECT v.id FROM variants v JOIN products p ON p.id = v.product_id WHERE p.shop = ? AND p.handle = ?"
        row = platform.store.one(f"{sql} ORDER BY v.position LIMIT 1", shop["domain"], handle)
        events += (
            [{"name": "product_viewed", "data": {"productVariant": variant_of(platform, row["id"])}}] if row else []
        )
    added = request.query_params.get("added", "")
    if path.endswith("/cart"):
        if added.isdigit():
            line = line_of(platform, shop, int(added), 1)
            events.append({"name": "product_added_to_cart", "data": {"cartLine": line}})
        events.append({"name": "cart_viewed", "data": {"cart": cart_of(platform, shop, cart)}})
    if number and "/checkout/" in path:
        events += events_of_checkout(platform, shop, request, number, "checkout_started")
    if number and "/thanks/" in path:
        events += events_of_checkout(platform, shop, request, number, "checkout_completed")
    return events


def events_of_checkout(platform: Platform, shop: Row, request: Request, number: int, name: str) -> Events:
    """Return what happened in a checkout, or at its end: the steps that were just taken, each told once."""
    is_order = name == "checkout_completed"
    about: dict[str, Any] = {"data": {"checkout": checkout_of(platform, shop, number, is_order=is_order)}}
    did = [step for step in request.query_params.get("did", "").split(".") if step in STEPS]
    found = [{"id": f"{each}-{number}", "name": each, **about} for step in did for each in STEPS[step]]
    if is_order:  # who pays said so before the order came of it
        at = platform.store.number("SELECT created_at FROM orders WHERE id = ? AND shop = ?", number, shop["domain"])
        found = [event | {"timestamp": datetime.fromtimestamp(at, UTC).isoformat()} for event in found]
    return found if did and not is_order else [*found, {"id": f"{name}-{number}", "name": name, **about}]


def variant_of(platform: Platform, number: int) -> dict[str, Any]:
    """Return a variant as web pixels are told of it."""
    row = platform.store.one("SELECT id, product_id FROM variants WHERE id = ?", number)
    return {"id": str(row["id"]), "product": {"id": str(row["product_id"])}} if row else {}


def line_of(platform: Platform, shop: Row, variant: int, units: int) -> dict[str, Any]:
    """Return a line of a cart as web pixels are told of it."""
    price = platform.store.number("SELECT price FROM variants WHERE id = ? AND shop = ?", variant, shop["domain"])
    cost = {"totalAmount": money(price * units, shop["currency"])}
    return {"merchandise": variant_of(platform, variant), "quantity": units, "cost": cost}


def cart_of(platform: Platform, shop: Row, cart: dict[str, int]) -> dict[str, Any] | None:
    """Return a cart as web pixels are told of it; nothing where it is empty."""
    lines = [line_of(platform, shop, int(variant), units) for variant, units in cart.items()]
    if not lines:
        return None
    total = sum(line["cost"]["totalAmount"]["amount"] for line in lines)
    cost = {"totalAmount": {"amount": round(total, 2), "currencyCode": shop["currency"]}}
    return {"lines": lines, "totalQuantity": sum(cart.values()), "cost": cost}


def cart_before(platform: Platform, shop: Row, request: Request, cart: dict[str, int]) -> dict[str, Any] | None:
    """Return the cart with which a page came: what was just added is told as an event of its own."""
    added = request.query_params.get("added", "")
    return cart_of(
        platform, shop, {each: left for each, units in cart.items() if (left := units - (each == added)) > 0}
    )


def checkout_of(platform: Platform, shop: Row, number: int, *, is_order: bool) -> dict[str, Any]:
    """Return a checkout as web pixels are told of it, by its own number or by that of the order that it became."""
    if is_order:
        number = platform.store.number("SELECT checkout_id FROM order_checkouts WHERE order_id = ?", number)
    row = platform.store.one("SELECT * FROM checkouts WHERE id = ? AND shop = ?", number, shop["domain"])
    if row is None:
        return {}
    lines = checkout_lines(row)
    return {
        "token": row["token"],
        "currencyCode": shop["currency"],
        "subtotalPrice": money(checkout_total(row), shop["currency"]),
        "lineItems": [{"quantity": line["quantity"]} for line in lines],
        "discountApplications": [{}] if platform.store.discount_of(shop["domain"], number) else [],
    }


def money(minor: int, currency: str) -> dict[str, Any]:
    """Return an amount as web pixels are told of it."""
    return {"amount": minor / 100, "currencyCode": currency}
