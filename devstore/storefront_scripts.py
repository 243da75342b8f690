"""What Shopify's own scripts do on a storefront: consent, events, web pixels in their sandbox, the app's files."""

import json
import re
from sqlite3 import Row
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from devstore import clock, pixels, theme
from devstore.html import text
from devstore.platform import Platform

REGISTER = re.compile(r"from\s+[\"']@shopify/web-pixels-extension[\"']")
STAND_IN = 'from "/cdn/web-pixels-extension.js"'
MODULE = "text/javascript"


def routes(platform: Platform) -> list[Route]:
    """Return where the files of the app's extensions lie."""
    extensions = platform.settings.config.parent / "extensions"

    def asset(request: Request) -> Response:
        found = theme.extension(extensions)
        path = found.folder / "assets" / request.path_params["name"] if found else None
        return FileResponse(path) if path and path.is_file() else Response("Not found", 404)

    def source(request: Request) -> Response:
        found = pixels.declared(extensions)
        path = found[0] / "src" / request.path_params["name"] if found else None
        if path is None or not path.is_file():
            return Response("Not found", 404)
        return Response(REGISTER.sub(STAND_IN, path.read_text()), media_type=MODULE)

    return [Route("/extensions/theme/{name}", asset), Route("/extensions/web-pixel/{name}", source)]


def tags(platform: Platform, shop: Row, events: list[dict[str, Any]], cart: dict[str, Any] | None) -> str:
    """Return what stands at the end of a storefront page: what happened on it, and the scripts that tell."""
    facts = {
        "root": f"/store/{shop['domain']}/",
        "now": clock.seconds() * 1000,
        "events": events,
        "cart": cart,
        "pixel": pixels.settings_in(platform.store, shop["domain"]) if shop["installed"] else None,
    }
    told = json.dumps(facts).replace("<", "\\u003c")
    return f'<script type="application/json" id="storefront">{told}</script><script src="/cdn/storefront.js"></script>'


def blocks_of(platform: Platform, shop: Row, locale: str, template: str, product: int | None = None) -> str:
    """Return the app's blocks on a page, with their styles before them."""
    found = theme.extension(platform.settings.config.parent / "extensions")
    if found is None or not shop["installed"]:
        return ""
    facts = theme.facts_of(platform.store, shop, product)
    blocks = "".join(found.render(block, facts, locale, shop["currency"]) for block in found.blocks(template))
    styles = (f'<link rel="stylesheet" href="/extensions/theme/{text(name)}">' for name in found.styles(template))
    return "".join(styles) + blocks
