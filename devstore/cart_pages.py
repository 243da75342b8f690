"""What scripts on a storefront ask Shopify of the cart: what lies in it, what a variant is, a code by a link."""

from collections.abc import Callable
from sqlite3 import Row
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from devstore.platform import Platform
from devstore.storefront import attributes_of, cart_of

VARIANT = (
    "SELECT v.*, p.title product, p.handle FROM variants v JOIN products p ON p.id = v.product_id "
    "WHERE v.id = ? AND v.shop = ? AND p.status = 'active'"
)


def routes(platform: Platform) -> list[Route]:
    """Return the routes of the cart's scripts."""
    base = "/store/{shop}"

    def of_shop(answer: Callable[[Platform, Row, Request], Response]) -> Callable[[Request], Response]:
        def view(request: Request) -> Response:
            shop = platform.store.shop(request.path_params["shop"])
            return answer(platform, shop, request) if shop else Response("Not found", 404)

        return view

    return [
        Route(f"{base}/cart.js", of_shop(cart)),
        Route(f"{base}/variants/{{number:int}}.js", of_shop(variant)),
        Route(f"{base}/variants/{{number:int}}", of_shop(product)),
        Route(f"{base}/discount/{{code}}", of_shop(discount)),
    ]


def cart(platform: Platform, shop: Row, request: Request) -> Response:
    """Say what lies in the cart, as cart.js does: amounts in hundredths."""
    found = [(platform.store.one(VARIANT, int(key), shop["domain"]), units) for key, units in cart_of(request).items()]
    items = [item_of(row, units) for row, units in found if row]
    total = sum(item["final_price"] * item["quantity"] for item in items)
    about = {"currency": shop["currency"], "attributes": attributes_of(request), "total_discount": 0}
    return JSONResponse(about | {"items": items, "total_price": total})


def item_of(row: Row, units: int) -> dict[str, Any]:
    """Return one line of the cart."""
    numbers = {"product_id": row["product_id"], "variant_id": row["id"], "quantity": units}
    return numbers | {"final_price": row["price"], "title": row["product"]}


def variant(platform: Platform, shop: Row, request: Request) -> Response:
    """Say what a variant is."""
    row = platform.store.one(VARIANT, request.path_params["number"], shop["domain"])
    if row is None or not platform.store.is_published(row["product_id"]):
        return Response("Not found", 404)
    units = platform.store.number("SELECT sum(available) FROM levels WHERE item_id = ?", row["item_id"])
    name = row["product"] if row["title"] == "Default Title" else f"{row['product']} - {row['title']}"
    return JSONResponse({"id": row["id"], "name": name, "price": row["price"], "available": units > 0})


def product(platform: Platform, shop: Row, request: Request) -> Response:
    """Lead to the page of a variant's product."""
    row = platform.store.one(VARIANT, request.path_params["number"], shop["domain"])
    if row is None:
        return Response("Not found", 404)
    return RedirectResponse(f"/store/{shop['domain']}/products/{row['handle']}?variant={row['id']}", 303)


def discount(platform: Platform, shop: Row, request: Request) -> Response:
    """Remember a code for the checkout, and lead on within the shop."""
    home, wanted = f"/store/{shop['domain']}/", request.query_params.get("redirect", "")
    response = RedirectResponse(wanted if wanted.startswith(home) else home, 303)
    response.set_cookie("discount", quote(request.path_params["code"]), samesite="lax", httponly=True)
    return response
