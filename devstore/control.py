"""Levers for tests, smoke runs and the admin's developer bar; loopback only."""

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devstore import clock, discounts, purchase_orders
from devstore.api_pages import Json
from devstore.platform import Platform
from devstore.time_levers import begin_scenario, play, turn_clock, visit
from devstore.time_levers import shop_meant as _shop
from devstore.tokens import USERS
from devstore.trading import CHANGEABLE, CannotTrade

LOOPBACK = ("127.0.0.1", "::1", "localhost")
COUNTED = (
    "orders",
    "lines",
    "products",
    "variants",
    "customers",
    "refunds",
    "checkouts",
    "metafields",
    "tokens",
    "flow_runs",
    "annotations",
)
Lever = Callable[[Platform, dict[str, Any]], Any]


def _number(value: Any) -> int:
    """Read a number or a global id."""
    return int(str(value).rpartition("/")[2])


def _units(asked: dict[str, Any]) -> dict[int, int] | None:
    lines = asked.get("lines")
    return {_number(line["line_id"]): int(line["quantity"]) for line in lines} if lines else None


def place_order(platform: Platform, asked: dict[str, Any]) -> Any:
    """Place an order of given or random lines, or one for each of the carts whose attributes are given."""
    trade, carts = platform.trade(_shop(platform, asked)), asked.get("attributes")
    orders = [
        trade.place_order(asked.get("lines") or [], asked.get("customer"), bool(asked.get("test")), attributes=cart)
        for cart in (carts if isinstance(carts, list) else [carts] * int(asked.get("count", 1)))
    ]
    return {"order_id": orders[-1]["id"], "name": f"#{orders[-1]['number']}", "orders": [row["id"] for row in orders]}


def _last_order(platform: Platform, asked: dict[str, Any]) -> int:
    if asked.get("order_id"):
        return _number(asked["order_id"])
    shop = _shop(platform, asked)
    return platform.store.number("SELECT max(id) FROM orders WHERE shop = ?", shop)


def _with_order(act: str, *extra: str) -> Lever:
    """Return a lever that acts on the named order, or else on the latest one."""

    def lever(platform: Platform, asked: dict[str, Any]) -> Any:
        trade, number = platform.trade(_shop(platform, asked)), _last_order(platform, asked)
        more = [_units(asked)] if "lines" in extra else []
        done = getattr(trade, act)(number, *more)
        return {"order_id": number, **({} if done is None else {"financial_status": done["financial_status"]})}

    return lever


def adjust_stock(platform: Platform, asked: dict[str, Any]) -> Any:
    """Set (available) or change (delta) the stock of a variant."""
    trade = platform.trade(_shop(platform, asked))
    left = trade.adjust_stock(
        _number(asked["variant_id"]), asked.get("available"), int(asked.get("delta", 0)), asked.get("incoming")
    )
    return {"available": left}


def change_variant(platform: Platform, asked: dict[str, Any]) -> Any:
    """Change price, cost (minor units), SKU of a variant, or whether it sells on when nothing is left (1 or 0)."""
    changes = {name: asked[name] for name in CHANGEABLE if name in asked}
    platform.trade(_shop(platform, asked)).change_variant(_number(asked["variant_id"]), **changes)
    return {"variant_id": _number(asked["variant_id"])}


def bundle(platform: Platform, asked: dict[str, Any]) -> Any:
    """Make a variant a bundle of others: {"variant_id": 1, "parts": {"2": 1, "3": 2}, "listed": "parts" or "alone"}."""
    number = _number(asked["variant_id"])
    parts = {_number(part): int(quantity) for part, quantity in (asked.get("parts") or {}).items()}
    platform.trade(_shop(platform, asked)).bundle(number, parts, asked.get("listed") == "alone")
    return {"variant_id": number}


def add_product(platform: Platform, asked: dict[str, Any]) -> Any:
    """Add a product with one variant."""
    trade = platform.trade(_shop(platform, asked))
    title, price = asked.get("title", "New product"), int(asked.get("price", 2500))
    return {"variant_id": trade.add_product(title, price, asked.get("sku", "NEW-1"), int(asked.get("units", 10)))}


def delete_product(platform: Platform, asked: dict[str, Any]) -> Any:
    """Delete a product."""
    platform.trade(_shop(platform, asked)).delete_product(_number(asked["product_id"]))
    return {"product_id": _number(asked["product_id"])}


def publish_product(platform: Platform, asked: dict[str, Any]) -> Any:
    """Publish a product to the online store, or take it off (published = false)."""
    platform.trade(_shop(platform, asked)).publish_product(_number(asked["product_id"]), asked["published"] is True)
    return {"product_id": _number(asked["product_id"])}


def open_checkout(platform: Platform, asked: dict[str, Any]) -> Any:
    """Open or change a checkout."""
    trade = platform.trade(_shop(platform, asked))
    return {"checkout_id": trade.checkout(asked["lines"], asked.get("checkout_id"))}


def discount_code(platform: Platform, asked: dict[str, Any]) -> Any:
    """Make a discount code that takes `percent` off, or change it; of 0 it is deleted."""
    discounts.keep(platform.store, _shop(platform, asked), asked)
    return {"code": asked["code"]}


def automatic_discount(platform: Platform, asked: dict[str, Any]) -> Any:
    """Plan a discount that applies by itself from `starts_at` to `ends_at`, or delete it by its id with 0 percent."""
    return {"id": discounts.plan(platform.store, _shop(platform, asked), asked)}


def purchase_order(platform: Platform, asked: dict[str, Any]) -> Any:
    """Keep a purchase order in the admin, or put the one of an id away."""
    return {"id": purchase_orders.keep(platform.store, _shop(platform, asked), asked)}


def change_shop(platform: Platform, asked: dict[str, Any]) -> Any:
    """Change the shop's zone or currency."""
    platform.trade(_shop(platform, asked)).change_shop(asked.get("timezone"), asked.get("currency"))
    return {"shop": _shop(platform, asked)}


def rename_location(platform: Platform, asked: dict[str, Any]) -> Any:
    """Rename a location."""
    platform.trade(_shop(platform, asked)).rename_location(_number(asked["location_id"]), asked["name"])
    return {"location_id": _number(asked["location_id"])}


def knobs(platform: Platform, asked: dict[str, Any]) -> Any:
    """Set the share of deliveries that are late, doubled, reordered, forged or dropped."""
    if "paused" in asked:
        platform.webhooks.paused = bool(asked["paused"])
    changed = {name: value for name, value in asked.items() if isinstance(value, int | float)}
    return {**platform.webhooks.turn(changed), "paused": platform.webhooks.paused}


def uninstall(platform: Platform, asked: dict[str, Any]) -> Any:
    """Uninstall the app."""
    platform.uninstall(_shop(platform, asked))
    return {"installed": False}


def reinstall(platform: Platform, asked: dict[str, Any]) -> Any:
    """Install the app again."""
    platform.install(_shop(platform, asked))
    return {"installed": True, "scopes": platform.scopes(_shop(platform, asked))}


def revoke_token(platform: Platform, asked: dict[str, Any]) -> Any:
    """End the app's tokens: how = "revoked" (refresh too) or "expired" (access only)."""
    return {"tokens": platform.tokens.end_all(_shop(platform, asked), asked.get("how", "revoked"))}


def fail_api(platform: Platform, asked: dict[str, Any]) -> Any:
    """Let the next answers fail, or the next operation break off."""
    platform.faults.plan(str(asked["mode"]), int(asked.get("times", 1)))
    return platform.faults.left()


def scopes(platform: Platform, asked: dict[str, Any]) -> Any:
    """Grant or revoke optional scopes as the merchant would."""
    shop = _shop(platform, asked)
    if asked.get("grant"):
        platform.grant_scopes(shop, asked["grant"])
    if asked.get("revoke"):
        row = platform.store.shop(shop)
        assert row is not None
        platform.revoke_scopes(platform.context(row), asked["revoke"])
    return {"scopes": platform.scopes(shop)}


def compliance(platform: Platform, asked: dict[str, Any]) -> Any:
    """Send a compliance topic."""
    orders = [_number(order) for order in asked.get("orders", [])]
    platform.compliance(_shop(platform, asked), asked["topic"], int(asked.get("customer", 1)), orders)
    return {"sent": asked["topic"]}


def send_webhook(platform: Platform, asked: dict[str, Any]) -> Any:
    """Send any signed body on any topic."""
    platform.webhooks.send(_shop(platform, asked), asked["topic"], asked["body"])
    platform.webhooks.wake()
    return {"sent": asked["topic"]}


LEVERS: dict[str, Lever] = {
    "place-order": place_order,
    "cancel-order": _with_order("cancel"),
    "refund-order": _with_order("refund", "lines"),
    "edit-order": _with_order("edit", "lines"),
    "fulfill-order": _with_order("fulfill"),
    "delete-order": _with_order("delete_order"),
    "adjust-stock": adjust_stock,
    "change-variant": change_variant,
    "bundle": bundle,
    "add-product": add_product,
    "delete-product": delete_product,
    "publish-product": publish_product,
    "checkout": open_checkout,
    "discount-code": discount_code,
    "automatic-discount": automatic_discount,
    "purchase-order": purchase_order,
    "change-shop": change_shop,
    "rename-location": rename_location,
    "knobs": knobs,
    "clock": turn_clock,
    "scenario": begin_scenario,
    "visit": visit,
    "play": play,
    "uninstall": uninstall,
    "reinstall": reinstall,
    "revoke-token": revoke_token,
    "fail-api": fail_api,
    "scopes": scopes,
    "compliance": compliance,
    "send-webhook": send_webhook,
}


def state(platform: Platform) -> dict[str, Any]:
    """Return what the store holds and what is under way."""
    store = platform.store
    shops = {}
    for row in store.all("SELECT * FROM shops"):
        counts = {
            table: store.number(f"SELECT count(*) FROM {table} WHERE shop = ?", row["domain"]) for table in COUNTED
        }
        installed = {"installed": bool(row["installed"]), "scopes": platform.scopes(row["domain"])}
        shops[row["domain"]] = {**counts, **installed, "seeded": json.loads(row["seeded"] or "null")}
    return {
        "shops": shops,
        "deliveries": platform.webhooks.counts(),
        "knobs": {**platform.webhooks.knobs(), "paused": platform.webhooks.paused},
        "faults": platform.faults.left(),
        "now": clock.moment().isoformat(),
    }


def routes(platform: Platform) -> list[Route]:
    """Return the control routes."""

    async def pull(request: Request) -> Response:
        lever = LEVERS.get(request.path_params["lever"])
        if not _is_local(request) or lever is None:
            return Json({"error": "not found"}, 404)
        try:
            asked = json.loads(await request.body() or b"{}")
            return await _run(lever, platform, asked)
        except (ValueError, KeyError, TypeError) as error:
            return Json({"error": f"{type(error).__name__}: {error}"}, 400)

    def show(request: Request) -> Response:
        return Json(state(platform)) if _is_local(request) else Json({"error": "not found"}, 404)

    def scenario(request: Request) -> Response:
        shop = _shop(platform, dict(request.query_params))
        if not _is_local(request) or platform.store.shop(shop) is None:
            return Json({"error": "not found"}, 404)
        playing = platform.playing(shop)
        run = playing.run()
        return Json(playing.told(run) if run else {"name": None})

    def id_token(request: Request) -> Response:
        user, asked = request.query_params.get("user", "owner"), dict(request.query_params)
        shop = _shop(platform, asked)
        if not _is_local(request) or user not in USERS or platform.store.shop(shop) is None:
            return Json({"error": "not found"}, 404)
        return Json({"id_token": platform.id_token(shop, user), "shop": shop})

    return [
        Route("/control/state", show),
        Route("/control/id-token", id_token),
        Route("/control/scenario", scenario, methods=["GET"]),
        Route("/control/{lever}", pull, methods=["POST"]),
    ]


def _is_local(request: Request) -> bool:
    """Let in loopback clients that no other site's page sent."""
    host = request.client.host if request.client else ""
    site = request.headers.get("sec-fetch-site", "none")
    return host in LOOPBACK and site in ("none", "same-origin")


async def _run(lever: Lever, platform: Platform, asked: dict[str, Any]) -> Response:
    from starlette.concurrency import run_in_threadpool

    try:
        return Json(await run_in_threadpool(lever, platform, asked))
    except CannotTrade as refused:
        return Json({"error": str(refused)}, 409)
