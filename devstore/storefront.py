"""The shop that buyers see: products and a cart; `checkout_pages.py` has the checkout. Plain pages, a cart in a cookie.

An app's blocks stand on product and cart pages, its web pixel runs where the visitor agrees, and orders carry the
attributes that it wrote into the cart.
"""

import json
from collections.abc import Callable
from sqlite3 import Row
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from devstore import storefront_scripts as scripts
from devstore import theme, told
from devstore.html import document, money, text
from devstore.metafields import COMPLEMENTARY
from devstore.platform import Platform

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LONGEST = 200  # characters of a cart attribute
PER_PAGE = 48
Cart = dict[str, int]
Attributes = dict[str, str]


def routes(platform: Platform) -> list[Route]:
    """Return the routes of the shop."""
    base = "/store/{shop}"
    return [
        Route(f"{base}/", page_of(platform, product_list)),
        Route(f"{base}/products/{{handle}}", page_of(platform, product_page)),
        Route(f"{base}/cart", page_of(platform, cart_page)),
        Route(f"{base}/cart/change", _change(platform), methods=["POST"]),
        Route(f"{base}/cart/update.js", _update, methods=["POST"]),
    ]


def page_of(platform: Platform, show: Callable[[Platform, Row, Request], str]) -> Callable[[Request], Response]:
    def view(request: Request) -> Response:
        shop = platform.store.shop(request.path_params["shop"])
        body = show(platform, shop, request) if shop else ""
        if shop is None or not body:
            return Response("Not found", 404)
        return page_with(platform, shop, request, body)

    return view


def page_with(platform: Platform, shop: Row, request: Request, body: str, status: int = 200) -> Response:
    base = f"/store/{text(shop['domain'])}"
    items = sum(cart_of(request).values())
    head = f'<header><a href="{base}/">{text(shop["name"])}</a><a href="{base}/cart">Cart ({items})</a></header>'
    events = told.events_of(platform, shop, request, cart_of(request)) if status == 200 else []
    tags = scripts.tags(platform, shop, events, told.cart_before(platform, shop, request, cart_of(request)))
    response = document(shop["name"], f"{head}<main>{body}</main>{tags}", styles="storefront.css", policy=POLICY)
    response.status_code = status
    response.headers["Referrer-Policy"] = "same-origin"  # the proxy learns from it whose page asks
    return response


def cart_of(request: Request) -> Cart:
    """Read the cart: units by variant id."""
    try:
        cart = json.loads(request.cookies.get("cart", "{}"))
        return {str(int(key)): int(units) for key, units in cart.items() if 0 < int(units) < 1000}
    except (ValueError, TypeError, AttributeError):
        return {}


def attributes_of(request: Request) -> Attributes:
    """Read what scripts wrote into the cart."""
    try:
        held = json.loads(request.cookies.get("attributes", "{}"))
        return {str(name)[:LONGEST]: str(value)[:LONGEST] for name, value in held.items()}
    except (ValueError, AttributeError):
        return {}


async def _update(request: Request) -> Response:
    """Add attributes to the cart, as Shopify's cart/update.js does."""
    try:
        wanted = json.loads(await request.body())["attributes"]
        attributes = attributes_of(request) | {str(name): str(value) for name, value in wanted.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return JSONResponse({"status": 422, "message": "Cart Error"}, 422)
    response = JSONResponse({"attributes": attributes})
    response.set_cookie("attributes", json.dumps(attributes), samesite="lax", httponly=True)
    return response


def product_list(platform: Platform, shop: Row, request: Request) -> str:
    """Show a page of products."""
    start = request.query_params.get("from", "0")
    sql = (
        "SELECT p.*, min(v.price) price FROM products p JOIN variants v ON v.product_id = p.id "
        "WHERE p.shop = ? AND p.status = 'active' AND p.id NOT IN (SELECT product_id FROM unpublished_products) "
        "AND p.id > ? GROUP BY p.id ORDER BY p.id LIMIT ?"
    )
    found = platform.store.all(sql, shop["domain"], int(start) if start.isdigit() else 0, PER_PAGE)
    base = f"/store/{text(shop['domain'])}"
    cards = "".join(
        f'<li><a href="{base}/products/{text(row["handle"])}"><b>{text(row["title"])}</b>'
        f"<span>from {money(row['price'], shop['currency'])}</span></a></li>"
        for row in found
    )
    more = f'<p><a href="{base}/?from={found[-1]["id"]}">More products</a></p>' if len(found) == PER_PAGE else ""
    return f'<h1>All products</h1><ul class="cards">{cards}</ul>{more}'


def product_page(platform: Platform, shop: Row, request: Request) -> str:
    """Show one product with its variants."""
    sql = "SELECT * FROM products WHERE shop = ? AND handle = ?"
    product = platform.store.one(sql, shop["domain"], request.path_params["handle"])
    if product is None or not platform.store.is_published(product["id"]):
        return ""
    rows = platform.store.all(
        "SELECT v.*, sum(l.available) available FROM variants v JOIN levels l ON l.item_id = v.item_id "
        "WHERE v.product_id = ? GROUP BY v.id ORDER BY v.position",
        product["id"],
    )
    action = f"/store/{text(shop['domain'])}/cart/change"
    lines = "".join(_variant_form(row, shop["currency"], action) for row in rows)
    block = scripts.blocks_of(platform, shop, request.query_params.get("locale", "en"), "product", product["id"])
    pairs = complementary(platform, shop, product["id"])
    about = f"<h1>{text(product['title'])}</h1><p>{text(product['vendor'])}</p>"
    return f"{about}<ul class='lines'>{lines}</ul>{pairs}{block}"


def complementary(platform: Platform, shop: Row, product: int) -> str:
    """Show what a theme's own block makes of Shopify's field of complementary products."""
    namespace, key = COMPLEMENTARY
    held = theme.Fields(platform.store, shop, f"gid://shopify/Product/{product}")[namespace].get(key)
    found = [each for each in held["value"] if each["available"]] if held else []
    cards = "".join(f'<li><a href="{text(each["url"])}">{text(each["title"])}</a></li>' for each in found)
    return f'<section class="complementary"><h2>Pairs well with</h2><ul>{cards}</ul></section>' if cards else ""


def _variant_form(row: Row, currency: str, action: str) -> str:
    name = "" if row["title"] == "Default Title" else text(row["title"])
    before = f"<s>{money(row['compare_at'], currency)}</s> " if (row["compare_at"] or 0) > row["price"] else ""
    label = f"{name} {before}{money(row['price'], currency)}".strip()
    if row["available"] < 1:
        return f"<li><span>{label}</span><span>Sold out</span></li>"
    return f"""<li><span>{label}</span><span>{row["available"]} left</span>
<form method="post" action="{action}"><input type="hidden" name="variant" value="{row["id"]}">
<input type="hidden" name="add" value="1"><button>Add to cart</button></form></li>"""


def cart_lines(platform: Platform, shop: Row, cart: Cart) -> tuple[str, int]:
    """Return the cart as a list, and its value."""
    lines, total = "", 0
    for key, units in cart.items():
        row = platform.store.one(
            "SELECT v.*, p.title product FROM variants v JOIN products p ON p.id = v.product_id "
            "WHERE v.id = ? AND v.shop = ?",
            int(key),
            shop["domain"],
        )
        if row:
            total += row["price"] * units
            price = money(row["price"] * units, shop["currency"])
            lines += (
                f"<li><span>{text(row['product'])} {text(row['title'])}</span><span>{units}</span><b>{price}</b></li>"
            )
    return lines, total


def cart_page(platform: Platform, shop: Row, request: Request) -> str:
    """Show the cart."""
    lines, total = cart_lines(platform, shop, cart_of(request))
    if not lines:
        return "<h1>Cart</h1><p>Your cart is empty.</p>"
    base = f"/store/{text(shop['domain'])}"
    block = scripts.blocks_of(platform, shop, request.query_params.get("locale", "en"), "cart")
    return f"""<h1>Cart</h1><ul class="lines">{lines}</ul><p>Total <b>{money(total, shop["currency"])}</b></p>
<form method="post" action="{base}/checkout"><button>Check out</button></form>
<form method="post" action="{base}/cart/change"><input type="hidden" name="clear" value="1">
<button class="plain">Empty the cart</button></form>{block}"""


def _change(platform: Platform) -> Callable[[Request], object]:
    async def change(request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        cart = cart_of(request)
        key, path = form.get("variant", [""])[0], f"/store/{request.path_params['shop']}/cart"
        if form.get("clear"):
            cart = {}
        elif key.isdigit():
            cart[key] = cart.get(key, 0) + int(form.get("add", ["1"])[0])
            path += f"?added={key}"
        return with_cart(path, cart)

    return change


def with_cart(path: str, cart: Cart) -> Response:
    response = RedirectResponse(path, 303)
    response.set_cookie("cart", json.dumps(cart), samesite="lax", httponly=True)
    return response
