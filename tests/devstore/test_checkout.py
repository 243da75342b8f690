"""A checkout in a real browser with our own extension in it, and an app that only listens."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests import waiting
from tests.devstore.conftest import CLIENT_ID, PATIENT, SECRET, SHOP, World
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (ROOT / "node_modules/.bin/esbuild").exists(), reason="npm has put no esbuild here"),
]
UNIT = "0123456789abcdef0123456789abcdef"
PASS = "the-pass"


@pytest.fixture(scope="module")
def shop(world: World) -> Iterator[World]:
    """Deploy our checkout extension to the store, with a discount code that takes a tenth off."""
    beside = shutil.ignore_patterns("theme-block", "web-pixel", "dist")
    shutil.copytree(ROOT / "extensions", world.folder / "extensions", dirs_exist_ok=True, ignore=beside)
    (world.folder / "node_modules").symlink_to(ROOT / "node_modules")
    assert world.control("discount-code", code="TEN", percent=10)["status"] == 200
    yield world
    world.control("discount-code", code="TEN", percent=0)
    (world.folder / "node_modules").unlink()
    shutil.rmtree(world.folder / "extensions")


@pytest.fixture
def offered(shop: World) -> Any:
    """Let the app answer that something is offered, or nothing."""
    kept: dict[str, str] = shop.app.answers

    def offer(**shown: Any) -> None:
        answer = {"outcome": "answered", "decision": "d1"}
        kept["/checkout/offers"] = json.dumps(answer | ({"shown": {"id": 7, **shown}, "accept": PASS} if shown else {}))

    kept.update({"/checkout/accepted": "", "/checkout/opt-out": ""})
    shop.app.requests.clear()
    shop.app.deliveries.clear()
    yield offer
    kept.clear()


@pytest.fixture
def page(shop: World, browser: Any) -> Iterator[Any]:
    """Sit down as a visitor who agreed to be counted, with a cart that carries their unit."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(1000 * waiting.SECONDS)
    page.add_init_script(PATIENT)
    page.add_init_script("if (window.top === window) localStorage.setItem('devstore-consent', 'yes')")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    home = f"http://localhost:{shop.port}/store/{SHOP}/"
    page.goto(f"{home}products/{handle_in(shop)}")
    page.get_by_role("button", name="Add to cart").first.click()
    body = json.dumps({"attributes": {"_shopmlops_unit": UNIT}})
    page.evaluate(f"fetch('{home}cart/update.js', {{method: 'POST', body: JSON.stringify({body})}})")
    yield page
    context.close()
    assert problems == []


def handle_in(world: World) -> str:
    with sqlite3.connect(world.folder / "state" / "store.sqlite3") as store:
        sql = (
            "SELECT handle FROM products p JOIN variants v ON v.product_id = p.id "
            "JOIN levels l ON l.item_id = v.item_id WHERE p.status = 'active' "
            "GROUP BY p.id HAVING sum(l.available) > 20 ORDER BY p.id LIMIT 1"
        )
        return str(store.execute(sql).fetchone()[0])


def told(world: World, path: str) -> list[dict[str, Any]]:
    """Return what the app was told at a path."""
    return [json.loads(body) for kind, where, _, body in world.app.requests if (kind, where) == ("POST", path)]


def begin(page: Any) -> Any:
    """Go to the checkout; return what is inside the extension's frame."""
    page.get_by_role("button", name="Check out").click()
    return page.frame_locator("iframe[title=Extension]")


def test_a_code_is_used_after_a_click_and_comes_with_the_order(shop: World, page: Any, offered: Any) -> None:
    offered(kind="code", code="TEN")
    inside = begin(page)
    inside.get_by_text("You can use the code TEN for this order.").wait_for()
    before = page.locator("#total").inner_text()
    [asked] = told(shop, "/checkout/offers")
    checkout = shop.app.heard("checkouts/create")[-1].body
    assert (asked["api"], asked["unit"], asked["analytics"]) == (1, UNIT, True)
    assert asked["checkout"] == checkout["token"]
    assert asked["value"] == round(100 * float(checkout["subtotal_price"]))
    assert not told(shop, "/checkout/accepted")
    inside.get_by_role("button", name="Use TEN").click()
    inside.get_by_role("status").get_by_text("TEN is now part of your order.").wait_for()
    page.locator("#summary", has_text="TEN").wait_for()
    assert page.locator("#total").inner_text() != before
    until(lambda: told(shop, "/checkout/accepted") == [{"api": 1, "accept": PASS}], "the acceptance")
    until(lambda: any(each.body["discount_codes"] for each in shop.app.heard("checkouts/update")), "the update")
    page.get_by_role("button", name="Pay now").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    until(lambda: shop.app.heard("orders/create"), "the order")
    order = shop.app.heard("orders/create")[-1].body
    assert order["checkout_token"] == checkout["token"]
    assert [code["code"] for code in order["discount_codes"]] == ["TEN"]
    assert {"name": "_shopmlops_unit", "value": UNIT} in order["note_attributes"]
    assert float(order["total_discounts"]) > 0
    off = float(order["total_line_items_price"]) - float(order["subtotal_price"])
    assert off == pytest.approx(float(order["total_discounts"]))


def test_the_token_is_shopifys_and_names_nobody(shop: World, page: Any, offered: Any) -> None:
    offered()
    begin(page)
    until(lambda: told(shop, "/checkout/offers"), "the question")
    [headers] = [
        headers for kind, where, headers, _ in shop.app.requests if (kind, where) == ("POST", "/checkout/offers")
    ]
    claims = jwt.decode(headers["authorization"].removeprefix("Bearer "), SECRET, ["HS256"], audience=CLIENT_ID)
    assert (claims["dest"], claims["exp"] - claims["iat"]) == (SHOP, 300)
    assert "sub" not in claims
    assert headers["origin"] == "null"
    assert any(kind == "OPTIONS" and where == "/checkout/offers" for kind, where, _, _ in shop.app.requests)


def test_where_nothing_is_offered_nothing_stands(shop: World, page: Any, offered: Any) -> None:
    offered()
    inside = begin(page)
    until(lambda: told(shop, "/checkout/offers"), "the question")
    page.wait_for_load_state("networkidle")
    assert page.locator("iframe[title=Extension]").evaluate("frame => frame.offsetHeight") == 0
    assert inside.locator("s-section").count() == 0


def test_after_the_order_a_product_is_offered_by_name(shop: World, page: Any, offered: Any) -> None:
    offered()
    begin(page)
    with sqlite3.connect(shop.folder / "state" / "store.sqlite3") as store:
        [(number, title)] = store.execute(
            "SELECT id, title FROM products WHERE handle = ? ORDER BY id LIMIT 1", [handle_in(shop)]
        )
    offered(kind="product", product=number)
    page.get_by_role("button", name="Pay now").click()
    inside = page.frame_locator("iframe[title=Extension]")
    inside.get_by_role("link", name=f"See {title}").click()
    until(lambda: told(shop, "/checkout/accepted"), "the acceptance")
    page.get_by_role("link", name="See your order").click()
    page.get_by_role("heading", name="Order #").wait_for()
    inside.get_by_role("button", name="No thanks").click()
    until(lambda: page.locator("iframe[title=Extension]").evaluate("frame => frame.offsetHeight") == 0, "it to go")


def test_who_opts_out_is_asked_about_no_more(shop: World, page: Any, offered: Any) -> None:
    offered(kind="message", message="Ten years of repair")
    inside = begin(page)
    inside.get_by_role("button", name="Do not use my visit for offers").click()
    until(lambda: told(shop, "/checkout/opt-out") == [{"api": 1, "unit": UNIT}], "the word")
    inside.locator("s-section").wait_for(state="detached")
    shop.app.requests.clear()
    page.reload()
    page.wait_for_load_state("networkidle")
    assert not told(shop, "/checkout/offers")
