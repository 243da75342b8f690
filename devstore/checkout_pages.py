"""The checkout that buyers see, on one page, and what comes after it: the thank-you page and the order's status.

An app's checkout extension stands on each of them, in a frame of its own (`checkout_ui.py`).
"""

from collections.abc import Callable
from contextlib import suppress
from sqlite3 import Row
from typing import Any
from urllib.parse import parse_qs, unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from devstore import checking_out, checkout_forms, checkout_ui, redeeming, theme, tokens
from devstore.fields import checkout_lines, checkout_total, discounted
from devstore.html import money, text
from devstore.platform import Platform
from devstore.storefront import attributes_of, cart_of, page_of, page_with, with_cart
from devstore.trading import CannotTrade


def routes(platform: Platform) -> list[Route]:
    """Return the routes of the checkout."""
    base = "/store/{shop}"
    checkout = f"{base}/checkout/{{number:int}}"
    return [
        Route(f"{base}/checkout", _posted(platform, _open), methods=["POST"]),
        Route(checkout, page_of(platform, checkout_page)),
        Route(f"{checkout}/discount", _posted(platform, _discount), methods=["POST"]),
        Route(f"{checkout}/pay", _posted(platform, _pay), methods=["POST"]),
        Route(f"{checkout}/{{step}}", _posted(platform, _go_on), methods=["POST"]),
        Route(f"{base}/thanks/{{number:int}}", page_of(platform, thanks_page)),
        Route(f"{base}/orders/{{number:int}}", page_of(platform, order_page)),
        Route(f"{base}/session-token", _token(platform)),
        Route(f"{base}/offered/{{number:int}}", _product(platform)),
        Route(f"{base}/extension/{{target}}", _frame(platform)),
        Route(
            f"{base}/extension/{{target}}/module.js", lambda at: checkout_ui.module(platform, at.path_params["target"])
        ),
    ]


def _posted(platform: Platform, act: Callable[[Platform, Request, bytes], Response]) -> Callable[[Request], object]:
    async def view(request: Request) -> Response:
        return await run_in_threadpool(act, platform, request, await request.body())

    return view


def _open(platform: Platform, request: Request, body: bytes) -> Response:
    shop = request.path_params["shop"]
    lines = [{"variant_id": int(key), "quantity": units} for key, units in cart_of(request).items()]
    if not lines:
        return RedirectResponse(f"/store/{shop}/cart", 303)
    try:
        number = platform.trade(shop).checkout(lines)
    except CannotTrade as refused:
        return _sorry(platform, request, str(refused))
    if code := request.cookies.get("discount"):
        with suppress(CannotTrade):  # a link with a code that is gone leads to a checkout without it
            redeeming.use(platform.trade(shop), number, unquote(code))
    return RedirectResponse(f"/store/{shop}/checkout/{number}", 303)


def _sorry(platform: Platform, request: Request, sentence: str) -> Response:
    shop = platform.store.shop(request.path_params["shop"])
    if shop is None:
        return Response("Not found", 404)
    return page_with(platform, shop, request, f"<h1>Sorry</h1><p>{text(sentence)}</p>", 409)


def checkout_page(platform: Platform, shop: Row, request: Request) -> str:
    """Show what lies in a checkout, and ask for an address, a delivery and payment; nothing real is paid."""
    number = request.path_params["number"]
    row = _checkout(platform, shop, number)
    if row is None or row["completed_at"]:
        return "<h1>Checkout</h1><p>There is nothing to pay here.</p>"
    used = platform.store.discount_of(shop["domain"], number)
    action = f"/store/{text(shop['domain'])}/checkout/{number}"
    field = f'<input name="code" aria-label="Discount code" value="{text(used["code"] or "" if used else "")}">'
    code = f'<form method="post" action="{action}/discount" class="code">{field}<button>Apply</button></form>'
    asked = checkout_forms.forms(action, number, checking_out.reached(platform.store, number), shop["currency"])
    summary = _summary(checkout_lines(row), checkout_total(row), used, shop["currency"])
    extension = checkout_ui.place(platform, shop, "purchase.checkout.block.render", number, request)
    return f"<h1>Checkout</h1>{summary}{code}{extension}{asked}"


def _checkout(platform: Platform, shop: Row, number: int) -> Row | None:
    return platform.store.one("SELECT * FROM checkouts WHERE id = ? AND shop = ?", number, shop["domain"])


def _summary(lines: list[dict[str, Any]], goods: int, used: Row | None, currency: str) -> str:
    listed = "".join(
        f"<li><span>{text(line['title'])}</span><span>{line['quantity']}</span>"
        f"<b>{money(line['price'] * line['quantity'], currency)}</b></li>"
        for line in lines
    )
    off = discounted(goods, used)
    less = f"<p>{text(used['title'])} <b>-{money(off, currency)}</b></p>" if used else ""
    total = f'<p>Total <b id="total">{money(goods - off, currency)}</b></p>'
    return f'<section id="summary"><ul class="lines">{listed}</ul>{less}{total}</section>'


def _discount(platform: Platform, request: Request, body: bytes) -> Response:
    """Use a code; a buyer's form goes back to the checkout, a script is told what came of it."""
    shop, number = request.path_params["shop"], request.path_params["number"]
    code = parse_qs(body.decode()).get("code", [""])[0]
    try:
        redeeming.use(platform.trade(shop), number, code)
        refused = ""
    except CannotTrade as error:
        refused = str(error)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse({"type": "error", "message": refused} if refused else {"type": "success"})
    return _sorry(platform, request, refused) if refused else RedirectResponse(f"/store/{shop}/checkout/{number}", 303)


def _go_on(platform: Platform, request: Request, body: bytes) -> Response:
    """Let a checkout come one step further; what was filled in is not even looked at."""
    shop, number, step = (request.path_params[name] for name in ("shop", "number", "step"))
    there = platform.store.shop(shop)
    row = _checkout(platform, there, number) if there else None
    if row is None or row["completed_at"] or step not in checkout_forms.STEPS:
        return Response("Not found", 404)
    checking_out.go_on(platform.trade(shop), number, checkout_forms.STEPS[step])
    return RedirectResponse(f"/store/{shop}/checkout/{number}?did={step}", 303)


def _pay(platform: Platform, request: Request, body: bytes) -> Response:
    shop, number, cart = request.path_params["shop"], request.path_params["number"], cart_of(request)
    if not cart:
        return RedirectResponse(f"/store/{shop}/cart", 303)
    lines = [{"variant_id": key, "quantity": units} for key, units in cart.items()]
    before = checking_out.reached(platform.store, number)
    try:
        order = platform.trade(shop).place_order(lines, checkout=number, attributes=attributes_of(request))
    except CannotTrade as refused:
        return _sorry(platform, request, str(refused))
    just_now = [name for name, step in checkout_forms.STEPS.items() if step > before]
    return with_cart(f"/store/{shop}/thanks/{order['id']}?did={'.'.join([*just_now, 'payment'])}", {})


def thanks_page(platform: Platform, shop: Row, request: Request) -> str:
    """Confirm an order."""
    order = _order(platform, shop, request)
    if order is None:
        return ""
    extension = checkout_ui.place(platform, shop, "purchase.thank-you.block.render", order["id"], request)
    status = f'<p><a href="/store/{text(shop["domain"])}/orders/{order["id"]}">See your order</a></p>'
    return f"<h1>Thank you</h1><p>Your order is #{order['number']}.</p>{extension}{status}"


def order_page(platform: Platform, shop: Row, request: Request) -> str:
    """Show how far an order is."""
    order = _order(platform, shop, request)
    if order is None:
        return ""
    state = "on its way" if order["fulfillment_status"] else "being packed"
    extension = checkout_ui.place(platform, shop, "customer-account.order-status.block.render", order["id"], request)
    return f"<h1>Order #{order['number']}</h1><p>It is {state}.</p>{extension}<p>Thank you for buying here.</p>"


def _order(platform: Platform, shop: Row, request: Request) -> Row | None:
    sql = "SELECT * FROM orders WHERE id = ? AND shop = ?"
    return platform.store.one(sql, request.path_params["number"], shop["domain"])


def _token(platform: Platform) -> Callable[[Request], Response]:
    """Give the session token of a checkout, which names no customer: nobody is logged in here."""

    def view(request: Request) -> Response:
        shop = platform.store.shop(request.path_params["shop"])
        if shop is None or not shop["installed"]:
            return Response("Not found", 404)
        about = platform.settings
        return Response(tokens.checkout_token(shop["domain"], about.client_id, about.client_secret))

    return view


def _product(platform: Platform) -> Callable[[Request], Response]:
    """Answer what the Storefront API tells of a product."""

    def view(request: Request) -> Response:
        shop = platform.store.shop(request.path_params["shop"])
        found = theme.drop(platform.store, shop, request.path_params["number"]) if shop else None
        if shop is None or found is None:
            return JSONResponse({"data": {"product": None}})
        price = {"amount": str(found["price_min"] / 100), "currencyCode": shop["currency"]}
        product = {"title": found["title"], "onlineStoreUrl": str(request.base_url)[:-1] + found["url"]}
        return JSONResponse({"data": {"product": product | {"priceRange": {"minVariantPrice": price}}}})

    return view


def _frame(platform: Platform) -> Callable[[Request], Response]:
    """Give the page in which the app's extension runs."""

    def view(request: Request) -> Response:
        shop = platform.store.shop(request.path_params["shop"])
        number = request.query_params.get("of", "")
        if shop is None or not number.isdigit():
            return Response("Not found", 404)
        return checkout_ui.frame(platform, shop, request.path_params["target"], int(number), request)

    return view
