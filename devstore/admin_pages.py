"""The admin: a frame around the app, and the few pages that a merchant needs to try it out."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from sqlite3 import Row
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from devstore.api_pages import Json
from devstore.clock import now
from devstore.fields import order_total
from devstore.html import document, money, text
from devstore.platform import Platform
from devstore.tokens import USERS
from devstore.webhooks import KNOBS

SHOWN = 50


def launch_params(platform: Platform, shop: str, user: str) -> dict[str, str]:
    """Return what the admin adds to the address of an app's document."""
    params = {
        "embedded": "1",
        "host": host_parameter(platform, shop),
        "id_token": platform.id_token(shop, user),
        "locale": "en-GB",
        "session": hashlib.sha256(f"{shop}{user}".encode()).hexdigest(),
        "shop": shop,
        "timestamp": str(now()),
    }
    message = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    secret = platform.settings.client_secret.encode()
    return {**params, "hmac": hmac.new(secret, message.encode(), hashlib.sha256).hexdigest()}


def host_parameter(platform: Platform, shop: str) -> str:
    """Return the admin's own address, as apps get it."""
    address = f"{platform.settings.admin_origin.removeprefix('http://')}/admin/{shop}"
    return base64.urlsafe_b64encode(address.encode()).decode().rstrip("=")


def routes(platform: Platform) -> list[Route]:
    """Return the routes of the admin."""
    handle = platform.settings.handle

    def home(request: Request) -> Response:
        row = platform.store.one("SELECT domain FROM shops ORDER BY created_at, domain")
        if row is None:
            return Response("No store yet: run `python -m devstore seed` first.", 404)
        return RedirectResponse(f"/admin/{request.path_params.get('shop', row['domain'])}/apps/{handle}")

    def product(request: Request) -> Response:
        row = platform.store.one("SELECT shop FROM products WHERE id = ?", request.path_params["number"])
        if row is None:
            return Response("There is no such product here.", 404)
        return RedirectResponse(f"/admin/{row['shop']}/products/{request.path_params['number']}")

    def enter(request: Request) -> Response:
        shop, path = request.path_params["shop"], request.query_params.get("path", "/")
        return RedirectResponse(f"/admin/{shop}/apps/{handle}{path if path.startswith('/') else ''}")

    def token(request: Request) -> Response:
        return _for_frame(platform, request, lambda shop, user: {"id_token": platform.id_token(shop, user)})

    def launch(request: Request) -> Response:
        return _for_frame(platform, request, lambda shop, user: {"params": launch_params(platform, shop, user)})

    async def scopes(request: Request) -> Response:
        asked = json.loads(await request.body()) if request.method == "POST" else {}
        return await run_in_threadpool(_for_frame, platform, request, lambda shop, user: _scopes(platform, shop, asked))

    shop = "/admin/{shop}"
    pages = {"orders": _orders, "analytics": _analytics, "products": _products, "products/{number:int}": _product}
    pages |= {f"apps/{handle}": _app, f"apps/{handle}/{{path:path}}": _app}
    return [
        Route("/", home),
        Route("/favicon.ico", lambda request: Response(status_code=204)),
        Route("/admin/products/{number:int}", product),
        Route(shop, home),
        Route(f"{shop}/app", enter),
        Route(f"{shop}/id-token", token),
        Route(f"{shop}/launch", launch),
        Route(f"{shop}/scopes", scopes, methods=["GET", "POST"]),
        *(Route(f"{shop}/{path}", _page(platform, show)) for path, show in pages.items()),
    ]


def _for_frame(platform: Platform, request: Request, answer: Callable[[str, str], dict[str, Any]]) -> Response:
    """Answer our own admin page, and no other site."""
    shop, user = request.path_params["shop"], request.query_params.get("user", "owner")
    own = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    if not own or user not in USERS or platform.store.shop(shop) is None:
        return Json({"error": "not found"}, 404)
    return Json(answer(shop, user))


def _page(platform: Platform, show: Callable[[Platform, Row, Request], str]) -> Callable[[Request], Response]:
    """Draw the admin around what a page shows."""

    def view(request: Request) -> Response:
        row = platform.store.shop(request.path_params["shop"])
        if row is None:
            return Response("There is no such store here.", 404)
        return _frame(platform, row, request, show(platform, row, request))

    return view


def _user(request: Request) -> str:
    user = request.cookies.get("devstore_user", "owner")
    return user if user in USERS else "owner"


def _scopes(platform: Platform, shop: str, asked: dict[str, Any]) -> dict[str, Any]:
    if asked.get("grant"):
        platform.grant_scopes(shop, asked["grant"])
    if asked.get("revoke"):
        row = platform.store.shop(shop)
        assert row is not None
        platform.revoke_scopes(platform.context(row), asked["revoke"])
    config = platform.config
    return {
        "granted": platform.scopes(shop),
        "required": list(config.required),
        "optional": list(config.optional),
    }


def _app(platform: Platform, row: Row, request: Request) -> str:
    """Return the app's frame; its name carries what App Bridge must know at once."""
    settings, shop = platform.settings, row["domain"]
    path = "/" + request.path_params.get("path", "")
    launch = urlencode({**dict(request.query_params), **launch_params(platform, shop, _user(request))})
    config = {
        "apiKey": settings.client_id,
        "host": host_parameter(platform, shop),
        "locale": "en-GB",
        "shop": shop,
    }
    return f"""<div class="app-title">{text(settings.app_name)}</div>
<iframe data-app title="{text(settings.app_name)}" name="{text(json.dumps(config))}"
  src="{text(settings.app_url + path + "?" + launch)}"></iframe>"""


def _frame(platform: Platform, row: Row, request: Request, content: str) -> Response:
    settings, shop = platform.settings, row["domain"]
    base = f"/admin/{shop}/apps/{settings.handle}"
    user = USERS[_user(request)]
    policy = (
        f"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        f"frame-src {settings.app_url}; base-uri 'none'; frame-ancestors 'none'"
    )
    attributes = f'data-shop="{text(shop)}" data-app-origin="{text(settings.app_url)}" data-base="{text(base)}"'
    body = f"""
<header class="top"><button class="menu-button" data-menu aria-label="Menu">≡</button>
<b>{text(row["name"])}</b><span>development store</span>
<span class="who">{text(user.first_name)} {text(user.last_name)}</span></header>
{_menu(platform, shop, base)}
<main class="content"><div class="progress"></div>{content}</main>
<div class="save-bar" data-save-bar hidden><span>Unsaved changes</span>
<button data-discard>Discard</button><button data-save>Save</button></div>
<div data-toasts role="status" aria-live="polite"></div>
<dialog data-scopes><form method="dialog"><h2>{text(settings.app_name)} asks for more access</h2><ul></ul>
<menu><button value="decline">Cancel</button><button class="primary" value="grant">Allow</button></menu></form></dialog>
{_developer_bar(platform, shop, user.key)}"""
    title = f"{row['name']} · {settings.app_name}"
    return document(title, body, styles="admin.css", scripts="admin.js", policy=policy, attributes=attributes)


def _menu(platform: Platform, shop: str, base: str) -> str:
    return f"""<nav aria-label="Admin">
<a href="/admin/{text(shop)}/orders">Orders</a>
<a href="/admin/{text(shop)}/products">Products</a>
<a href="/admin/{text(shop)}/analytics">Analytics</a>
<a href="/store/{text(shop)}/">Online store</a>
<h2>Apps</h2>
<a href="{text(base)}" data-app-home data-path="/">{text(platform.settings.app_name)}</a>
<div data-app-nav></div>
{_other_stores(platform, shop)}
</nav>"""


def _other_stores(platform: Platform, shop: str) -> str:
    """Lead to the admin of each of the merchant's other stores."""
    others = platform.store.all("SELECT domain, name FROM shops WHERE domain <> ? ORDER BY domain", shop)
    links = "".join(f'<a href="/admin/{text(row["domain"])}">{text(row["name"])}</a>' for row in others)
    return f"<h2>Other stores</h2>{links}" if links else ""


def _developer_bar(platform: Platform, shop: str, user: str) -> str:
    people = "".join(
        f'<option value="{key}"{" selected" if key == user else ""}>{text(key.title())}</option>' for key in USERS
    )
    values = platform.webhooks.knobs()
    knobs = "".join(
        f'<label><input type="checkbox" data-knob="{name}"{" checked" if values[name] else ""}> {name}</label>'
        for name in KNOBS
        if name not in ("late_seconds", "whole")
    )
    return f"""<footer class="developer" aria-label="Developer bar">
<label>Signed in as <select data-user aria-label="Signed in as">{people}</select></label>
<button data-lever="place-order">Place a test order</button>
<a href="/store/{text(shop)}/" target="_blank">Open the shop</a>
<span>Half of all webhooks:</span>{knobs}
<button data-lever="revoke-token">Revoke token</button>
<button data-lever="uninstall">Uninstall</button>
</footer>"""


def _orders(platform: Platform, row: Row, request: Request) -> str:
    """List the latest orders with what can be done to them."""
    sql = "SELECT * FROM orders WHERE shop = ? ORDER BY created_at DESC, id DESC LIMIT ?"
    lines = [_order_line(order, row["currency"]) for order in platform.store.all(sql, row["domain"], SHOWN)]
    return f"""<div class="page"><h1>Orders</h1><table><thead><tr><th>Order</th><th>Placed</th><th>Payment</th>
<th>Fulfilment</th><th class="num">Total</th><th><span class="hidden">Actions</span></th></tr></thead>
<tbody>{"".join(lines)}</tbody></table></div>"""


def _analytics(platform: Platform, row: Row, request: Request) -> str:
    """List the marks that apps left on the store's charts."""
    sql = "SELECT * FROM annotations WHERE shop = ? ORDER BY started_at DESC, id DESC LIMIT ?"
    marks = platform.store.all(sql, row["domain"], SHOWN)
    lines = "".join(
        f"<tr><td>{time.strftime('%a %d %b, %H:%M', time.gmtime(mark['started_at']))} UTC</td>"
        f"<td>{text(mark['title'])}</td><td>{text(mark['description'] or '')}</td><td>{text(mark['type'])}</td></tr>"
        for mark in marks
    )
    return f"""<div class="page"><h1>Marks on the charts</h1><table><thead><tr><th>When</th><th>Title</th>
<th>Description</th><th>Type</th></tr></thead><tbody>{lines}</tbody></table></div>"""


def _order_line(order: Row, currency: str) -> str:
    placed = time.strftime("%a %d %b, %H:%M", time.gmtime(order["created_at"]))
    is_open = not order["fulfillment_status"] and not order["cancelled_at"]
    acts = [("edit-order", "Edit"), ("fulfill-order", "Fulfil"), ("cancel-order", "Cancel")] if is_open else []
    acts += [] if order["financial_status"] == "refunded" else [("refund-order", "Refund one")]
    body = text(json.dumps({"order_id": order["id"]}))
    buttons = " ".join(f'<button data-act="{act}" data-body="{body}">{name}</button>' for act, name in acts)
    state = "cancelled" if order["cancelled_at"] else order["fulfillment_status"] or "unfulfilled"
    return f"""<tr><td>#{order["number"]}</td><td>{placed} UTC</td><td>{text(order["financial_status"])}</td>
<td>{state}</td><td class="num">{money(order_total(order), currency)}</td><td>{buttons}</td></tr>"""


def _products(platform: Platform, row: Row, request: Request) -> str:
    """List variants with their stock."""
    sql = (
        "SELECT v.id, p.title, v.title variant, v.sku, v.price, sum(l.available) available FROM variants v "
        "JOIN products p ON p.id = v.product_id JOIN levels l ON l.item_id = v.item_id WHERE v.shop = ? "
        "GROUP BY v.id ORDER BY available, v.id LIMIT ?"
    )
    lines = [_variant_line(each, row["currency"]) for each in platform.store.all(sql, row["domain"], 2 * SHOWN)]
    return f"""<div class="page"><h1>Products, lowest stock first</h1><table><thead><tr><th>Product</th><th>SKU</th>
<th class="num">Price</th><th class="num">In stock</th><th><span class="hidden">Actions</span></th></tr></thead>
<tbody>{"".join(lines)}</tbody></table></div>"""


def _product(platform: Platform, row: Row, request: Request) -> str:
    """Show one product with what apps have written to its variants."""
    sql = (
        "SELECT p.title, v.title variant, v.sku, m.namespace, m.key, m.value FROM products p "
        "JOIN variants v ON v.product_id = p.id "
        "LEFT JOIN metafields m ON m.owner = 'gid://shopify/ProductVariant/' || v.id "
        "WHERE p.shop = ? AND p.id = ? ORDER BY v.position, m.namespace, m.key"
    )
    found = platform.store.all(sql, row["domain"], request.path_params["number"])
    names = ("variant", "sku", "namespace", "key", "value")
    lines = "".join(f"<tr>{''.join(f'<td>{text(each[name])}</td>' for name in names)}</tr>" for each in found)
    title = text(found[0]["title"]) if found else "There is no such product here"
    return f"""<div class="page"><h1>{title}</h1><table><thead><tr><th>Variant</th><th>SKU</th><th>Namespace</th>
<th>Metafield</th><th>Value</th></tr></thead><tbody>{lines}</tbody></table></div>"""


def _variant_line(row: Row, currency: str) -> str:
    body = text(json.dumps({"variant_id": row["id"], "delta": 10}))
    return f"""<tr><td>{text(row["title"])}, {text(row["variant"])}</td><td>{text(row["sku"])}</td>
<td class="num">{money(row["price"], currency)}</td><td class="num">{row["available"]}</td>
<td><button data-act="adjust-stock" data-body="{body}">Add 10</button></td></tr>"""
