"""The app's checkout UI extension, as Shopify runs it: bundled from its source, in a frame without origin or rights.

It is bundled by the esbuild that npm put into `node_modules` beside the extensions; without it nothing of it is shown.
"""

import json
import re
import subprocess
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from sqlite3 import Row
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from devstore import checking_out
from devstore.fields import checkout_lines, checkout_total, discounted
from devstore.html import document, text
from devstore.platform import Platform
from devstore.storefront import attributes_of

TYPE, CHECKOUT = "ui_extension", "purchase.checkout.block.render"
BUNDLER = Path("node_modules/.bin/esbuild")
SECONDS = 60


@dataclass(frozen=True)
class Deployed:
    """An app's checkout extension: where it lies, and which module stands at which target."""

    folder: Path
    api_version: str
    modules: dict[str, str]
    capabilities: dict[str, bool]


def deployed(root: Path) -> Deployed | None:
    """Return the app's checkout extension, if it was deployed with one."""
    for path in sorted((root / "extensions").glob("*/shopify.extension.toml")):
        declared = tomllib.loads(path.read_text())
        for each in declared.get("extensions", []):
            if each.get("type") == TYPE:
                modules = {target["target"]: target["module"] for target in each["targeting"]}
                return Deployed(path.parent, declared["api_version"], modules, each.get("capabilities", {}))
    return None


def place(platform: Platform, shop: Row, target: str, number: int, request: Request) -> str:
    """Return the place of the extension on a page; of an app that has none, or is not installed, nothing."""
    root = platform.settings.config.parent
    found = deployed(root)
    if found is None or target not in found.modules or not shop["installed"] or not (root / BUNDLER).exists():
        return ""
    address = f"/store/{text(shop['domain'])}/extension/{target}?of={number}&amp;locale={text(locale_of(request))}"
    return f'<div data-extension="{address}"></div><script src="/cdn/checkout-host.js" defer></script>'


def frame(platform: Platform, shop: Row, target: str, number: int, request: Request) -> Response:
    """Return the page of the frame: what the extension may know, its words, and itself."""
    found = deployed(platform.settings.config.parent)
    about = facts(platform, shop, target, number, attributes_of(request)) if found and target in found.modules else None
    if found is None or about is None:
        return Response("Not found", 404)
    about |= {"target": target, "apiVersion": found.api_version, "words": words(found.folder, locale_of(request))}
    about |= {"locale": locale_of(request)}
    told = json.dumps(about).replace("<", "\\u003c")
    module = f"/store/{text(shop['domain'])}/extension/{target}/module.js"
    scripts = f'<script src="/cdn/checkout-ui.js"></script><script src="{module}"></script>'
    network = platform.settings.app_url if found.capabilities.get("network_access") else "'none'"
    policy = f"default-src 'none'; style-src 'self'; script-src 'self'; connect-src {network}"
    body = f'<script type="application/json" id="facts">{told}</script>{scripts}'
    return document("Extension", body, styles="checkout-ui.css", policy=policy)


def module(platform: Platform, target: str) -> Response:
    """Return the bundle of a target; the same source is bundled once."""
    root = platform.settings.config.parent
    found = deployed(root)
    if found is None or target not in found.modules:
        return Response("Not found", 404)
    newest = max(path.stat().st_mtime_ns for path in (found.folder / "src").iterdir())
    place = (root.absolute(), found.folder.absolute(), found.modules[target])
    return Response(_bundle(*place, platform.settings.app_url, newest), media_type="text/javascript")


@lru_cache(maxsize=16)
def _bundle(root: Path, folder: Path, module: str, app: str, _newest: int) -> str:
    entry = f'import run from "{module}"; globalThis.extension = run;'
    command = [str(root / BUNDLER), "--bundle", "--format=iife", "--loader=jsx", "--log-level=warning"]
    command.append(f"--define:process.env.APP_URL={json.dumps(app)}")
    told: Any = {"input": entry, "cwd": folder, "capture_output": True, "text": True, "timeout": SECONDS}
    return subprocess.run(command, check=True, **told).stdout  # noqa: S603 (our own words)


def locale_of(request: Request) -> str:
    """Return the language that a page is asked for in."""
    asked = request.query_params.get("locale", "en")
    return asked if re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", asked) else "en"


def words(folder: Path, locale: str) -> dict[str, str]:
    """Return the extension's words in a language, or in its first one."""
    path = folder / "locales" / f"{locale}.json"
    return dict(json.loads((path if path.is_file() else folder / "locales" / "en.default.json").read_text()))


def facts(platform: Platform, shop: Row, target: str, number: int, attributes: dict[str, str]) -> dict[str, Any] | None:
    """Return what the API of a target tells: of a checkout, or of an order and the checkout that it came out of."""
    store, domain = platform.store, shop["domain"]
    order = None
    if target != CHECKOUT:
        order = store.one("SELECT * FROM orders WHERE id = ? AND shop = ?", number, domain)
        number = store.number("SELECT checkout_id FROM order_checkouts WHERE order_id = ?", number)
    row = store.one("SELECT * FROM checkouts WHERE id = ? AND shop = ?", number, domain)
    if row is None or (target != CHECKOUT and order is None):
        return None
    used, goods = store.discount_of(domain, number), checkout_total(row)
    off = amount(discounted(goods, used), shop["currency"])
    if order:
        attributes = {held["name"]: held["value"] for held in store.order_attributes(order["id"])}
    return {
        "shop": {"name": shop["name"], "myshopifyDomain": domain, "root": f"/store/{domain}/"},
        "checkout": number,
        "checkoutToken": row["token"],
        "subtotal": amount(goods - discounted(goods, used), shop["currency"]),
        "lines": [line_of(line, shop["currency"]) for line in checkout_lines(row)],
        "deliveryGroups": groups_of(checking_out.reached(store, number)),
        "discountCodes": [{"code": used["code"]}] if used and used["code"] else [],
        "discountAllocations": [{"discountedAmount": off}] if used else [],
        "attributes": [{"key": name, "value": value} for name, value in attributes.items()],
        "order": f"gid://shopify/Order/{order['id']}" if order else None,
    }


def groups_of(reached: int) -> list[dict[str, Any]]:
    """Return the one delivery of a checkout: none before there is an address."""
    option = {"type": "shippingMethod", "handle": "standard"}
    return [{"id": "1", "selectedDeliveryOption": option} if reached > 1 else {"id": "1"}] if reached else []


def line_of(line: dict[str, Any], currency: str) -> dict[str, Any]:
    """Return a line as extensions know it."""
    variant = {"id": f"gid://shopify/ProductVariant/{line['variant_id']}", "type": "variant", "title": line["title"]}
    variant["product"] = {"id": f"gid://shopify/Product/{line['product_id']}"}
    plain = {"cost": {"totalAmount": amount(line["price"] * line["quantity"], currency)}, "discountAllocations": []}
    return {"id": line["id"], "quantity": line["quantity"], "merchandise": variant} | plain


def amount(minor: int, currency: str) -> dict[str, Any]:
    """Return money as extensions know it."""
    return {"amount": minor / 100, "currencyCode": currency}
