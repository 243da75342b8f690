"""The shop in a real browser with an app's block, pixel and proxy: our own extensions, and an app that only listens."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from pipelines.shopify.hmac import proxy_is_authentic
from pipelines.stats import assignment
from tests import waiting
from tests.devstore.conftest import CONFIG, SECRET, SHOP, World
from tests.waiting import until

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
SCOPES = ["write_products", "write_pixels", "read_customer_events"]
MORE = """
[app_proxy]
url = "https://app.example.com/proxy"
subpath = "shopmlops"
prefix = "apps"
"""
SET = """mutation Set($fields: [MetafieldsSetInput!]!) {
    metafieldsSet(metafields: $fields) { userErrors { message } } }"""
PIXEL = """mutation Pixel($settings: JSON!) {
    webPixelCreate(webPixel: { settings: $settings }) { webPixel { id } userErrors { code message } } }"""


@pytest.fixture(scope="module")
def shop(world: World) -> Iterator[World]:
    """Deploy our extensions to the store, with the scopes that they need."""
    config = world.folder / "shopify.app.toml"
    config.write_text(CONFIG.replace('["write_products", "write_analytics_annotations"]', json.dumps(SCOPES)) + MORE)
    shutil.copytree(ROOT / "extensions", world.folder / "extensions", dirs_exist_ok=True)
    world.control("scopes", grant=SCOPES)
    settings = {"address": f"{world.app.origin}/pixel", "shop": SHOP, "key": "a key"}
    assert not world.graphql(PIXEL, settings=settings)["data"]["webPixelCreate"]["userErrors"]
    yield world
    world.control("scopes", revoke=SCOPES)
    shutil.rmtree(world.folder / "extensions")
    config.write_text(CONFIG)


def rows(world: World, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(world.folder / "state" / "store.sqlite3") as store:
        return store.execute(query).fetchall()


@pytest.fixture(scope="module")
def products(shop: World) -> list[tuple[int, str, str]]:
    """Return products that can be bought: id, handle, title."""
    return rows(
        shop,
        "SELECT p.id, p.handle, p.title FROM products p JOIN variants v ON v.product_id = p.id "
        "JOIN levels l ON l.item_id = v.item_id WHERE p.status = 'active' "
        "GROUP BY p.id HAVING sum(l.available) > 20 ORDER BY p.id LIMIT 8",
    )


@pytest.fixture(scope="module")
def lists(shop: World, products: list[tuple[int, str, str]]) -> None:
    """Publish two lists for the first product, of which b is live."""
    (first, *_), *others = products
    (number,) = rows(shop, "SELECT id FROM shops")[0]
    named = {"a": [each[0] for each in others[:2]], "b": [each[0] for each in others[2:4]]}
    field = {"ownerId": f"gid://shopify/Product/{first}", "namespace": "$app:recommendations"}
    fields = [
        field
        | {
            "key": key,
            "type": "list.product_reference",
            "value": json.dumps([f"gid://shopify/Product/{n}" for n in ids]),
        }
        for key, ids in named.items()
    ]
    rules = {"live": "b", "weight": 50, "seed": "a seed"}
    app = {"ownerId": f"gid://shopify/AppInstallation/{number}", "namespace": "recommendations", "key": "rules"}
    fields.append(app | {"type": "json", "value": json.dumps(rules)})
    assert not shop.graphql(SET, fields=fields)["data"]["metafieldsSet"]["userErrors"]


@pytest.fixture
def page(browser: Any, shop: World) -> Iterator[Any]:
    context = browser.new_context()
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda line: page.problems.append(line.text) if line.type == "error" else None)
    page.set_default_timeout(1000 * waiting.SECONDS)
    shop.app.requests.clear()
    yield page
    context.close()


def address(shop: World, path: str = "") -> str:
    return f"http://localhost:{shop.port}/store/{SHOP}/{path}"


def agree(page: Any, answer: str = "Yes") -> None:
    page.get_by_role("button", name=answer, exact=True).click()


def told(shop: World) -> list[dict[str, Any]]:
    """Return the events that the pixel sent."""
    bodies = [
        json.loads(body) for method, path, _, body in list(shop.app.requests) if (method, path) == ("POST", "/pixel")
    ]
    return [event | {"unit": body["unit"]} for body in bodies for event in body["events"]]


def proxied(shop: World) -> list[tuple[str, str, dict[str, str]]]:
    return [
        (method, path, headers) for method, path, headers, _ in list(shop.app.requests) if path.startswith("/proxy/")
    ]


def visitor_of(page: Any) -> str:
    return str(page.evaluate("localStorage.getItem('_shopmlops_id')"))


def visit(page: Any, shop: World, products: Any, unit: str | None = None) -> None:
    """Open the first product as a visitor who agreed."""
    page.goto(address(shop))
    page.evaluate("localStorage.setItem('devstore-consent', 'yes')")
    if unit:
        page.evaluate(f"localStorage.setItem('_shopmlops_id', '{unit}')")
    page.goto(address(shop, f"products/{products[0][1]}"))


def shown(page: Any) -> list[str]:
    return [str(title) for title in page.locator(".shopmlops-block__title").all_inner_texts()]


def unit_where(is_new: bool) -> str:
    """Return a visitor whose bucket is below the weight, or not."""
    return next(
        unit
        for unit in (f"visitor-{number}" for number in range(100))
        if (assignment.bucket("a seed", assignment.digest(unit).hex()) < 0.5) is is_new
    )


class TestBlock:
    @pytest.mark.parametrize("answer", ["No", None])
    def test_who_did_not_agree_sees_the_live_list_and_leaves_nothing(
        self, page: Any, shop: World, products: Any, lists: None, answer: str | None
    ) -> None:
        page.goto(address(shop, f"products/{products[0][1]}"))
        if answer:
            agree(page, answer)
        assert shown(page) == [products[3][2], products[4][2]]
        page.get_by_role("link", name="Cart").click()
        page.wait_for_load_state("networkidle")
        assert (told(shop), proxied(shop), page.evaluate("localStorage.getItem('_shopmlops_id')")) == ([], [], None)
        assert page.problems == []

    def test_without_script_the_live_list_is_there(self, shop: World, products: Any, lists: None) -> None:
        html = requests.get(address(shop, f"products/{products[0][1]}"), timeout=60).text
        live = html.partition("<template")[0]
        assert products[3][2] in live and products[1][2] not in live
        assert "Frequently bought together" in live

    @pytest.mark.parametrize(("is_new", "places"), [(True, (1, 2)), (False, (3, 4))])
    def test_a_visitor_sees_the_list_of_their_bucket_and_the_app_hears_of_it_signed(
        self, page: Any, shop: World, products: Any, lists: None, is_new: bool, places: tuple[int, int]
    ) -> None:
        unit = unit_where(is_new)
        visit(page, shop, products, unit)
        until(lambda: proxied(shop))
        assert shown(page) == [products[place][2] for place in places]
        (method, path, headers) = proxied(shop)[0]
        given = parse_qsl(urlsplit(path).query, keep_blank_values=True)
        signature = dict(given)["signature"]
        assert proxy_is_authentic([pair for pair in given if pair[0] != "signature"], signature, [SECRET])
        assert (method, urlsplit(path).path) == ("POST", "/proxy/recommendations")
        wanted = {"shop": SHOP, "unit": unit, "seed": "a seed", "shown": "new" if is_new else "live"}
        assert wanted.items() <= dict(given).items()
        assert "cookie" not in headers and page.problems == []

    def test_nothing_on_the_page_moves(self, page: Any, shop: World, products: Any, lists: None) -> None:
        page.add_init_script(
            "window.shifts = 0; new PerformanceObserver((seen) => seen.getEntries()"
            ".forEach((each) => { window.shifts += each.value; })).observe({ type: 'layout-shift', buffered: true })"
        )
        visit(page, shop, products, unit_where(True))
        page.locator("[data-slot=new]").wait_for()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shifts") < 0.01

    @pytest.fixture
    def holding_out(self, shop: World, lists: None) -> Iterator[None]:
        """Let half of the visitors be shown nothing during a test."""
        (number,) = rows(shop, "SELECT id FROM shops")[0]
        field = {"ownerId": f"gid://shopify/AppInstallation/{number}", "namespace": "recommendations", "key": "rules"}
        rules = {"live": "b", "weight": 50, "seed": "a seed"}
        held, before = (
            [field | {"type": "json", "value": json.dumps(rules | more)}]
            for more in ({"hold_out": 50, "hold_out_seed": "its own"}, {})
        )
        assert not shop.graphql(SET, fields=held)["data"]["metafieldsSet"]["userErrors"]
        yield
        assert not shop.graphql(SET, fields=before)["data"]["metafieldsSet"]["userErrors"]

    @pytest.mark.parametrize("height", [300, 4000], ids=["below the fold", "on the screen"])
    def test_who_is_held_out_sees_no_list_and_nothing_moves(
        self, page: Any, shop: World, products: Any, holding_out: None, height: int
    ) -> None:
        units = (f"visitor-{each}" for each in range(100))
        unit = next(each for each in units if assignment.holds_out("its own", assignment.digest(each).hex(), share=0.5))
        page.set_viewport_size({"width": 900, "height": height})
        page.add_init_script(
            "window.shifts = 0; new PerformanceObserver((seen) => seen.getEntries()"
            ".forEach((each) => { window.shifts += each.value; })).observe({ type: 'layout-shift', buffered: true })"
        )
        visit(page, shop, products, unit)
        until(lambda: proxied(shop))
        page.wait_for_load_state("networkidle")
        assert not page.locator("[data-shopmlops-block]").is_visible()
        assert page.evaluate("window.shifts") < 0.01
        told = dict(parse_qsl(urlsplit(proxied(shop)[0][1]).query))
        assert {"shown": "nothing", "hold_out": "50", "hold_out_seed": "its own", "unit": unit}.items() <= told.items()
        assert page.problems == []

    @pytest.mark.parametrize(
        ("locale", "words"),
        [
            ("de", "Wird oft zusammen gekauft"),
            ("ja", "よく一緒に購入されている商品"),
            ("xx", "Frequently bought together"),
        ],
    )
    def test_it_speaks_the_language_of_the_page(
        self, shop: World, products: Any, lists: None, locale: str, words: str
    ) -> None:
        page = address(shop, f"products/{products[0][1]}?locale={locale}")
        assert words in requests.get(page, timeout=60).content.decode()

    def test_a_product_without_lists_has_no_block(self, shop: World, products: Any, lists: None) -> None:
        assert "data-shopmlops-block" not in requests.get(address(shop, f"products/{products[5][1]}"), timeout=60).text

    def test_a_product_that_can_no_longer_be_seen_is_left_out(self, shop: World, products: Any, lists: None) -> None:
        with sqlite3.connect(shop.folder / "state" / "store.sqlite3") as store:
            store.execute("UPDATE products SET status = 'draft' WHERE id = ?", [products[3][0]])
        html = requests.get(address(shop, f"products/{products[0][1]}"), timeout=60).text.partition("<template")[0]
        with sqlite3.connect(shop.folder / "state" / "store.sqlite3") as store:
            store.execute("UPDATE products SET status = 'active' WHERE id = ?", [products[3][0]])
        assert products[4][2] in html and products[3][2] not in html


class TestVisiting:
    def test_the_pixel_tells_a_visit_and_the_order_carries_the_visitor(
        self, page: Any, shop: World, products: Any, lists: None
    ) -> None:
        page.goto(address(shop, f"products/{products[0][1]}"))
        agree(page)
        until(lambda: {"page_viewed", "product_viewed"} <= {event["name"] for event in told(shop)})
        page.locator(".shopmlops-block__link").first.click()
        page.get_by_role("button", name="Add to cart").first.click()
        page.get_by_role("button", name="Check out").click()
        page.get_by_role("button", name="Pay now").click()
        page.get_by_text("Thank you").wait_for()
        wanted = {"block_clicked", "product_added_to_cart", "checkout_started", "checkout_completed"}
        at_once = {f"checkout_{given}_info_submitted" for given in ("contact", "address", "shipping")}
        until(lambda: wanted | at_once | {"payment_info_submitted"} <= {event["name"] for event in told(shop)})
        unit = visitor_of(page)
        assert {event["unit"] for event in told(shop)} == {unit}
        viewed = next(event for event in told(shop) if event["name"] == "product_viewed")
        assert viewed["product"] == str(products[0][0])
        clicked = next(event for event in told(shop) if event["name"] == "block_clicked")
        assert (clicked["use_case"], clicked["place"]) == ("recommendations", 1)
        assert (viewed["device"], viewed["source"]) == ("desktop", "direct") and "http" not in str(viewed)
        ((token, price),) = rows(
            shop, "SELECT token, json_extract(lines, '$[0].price') FROM checkouts ORDER BY id DESC LIMIT 1"
        )
        begun = next(event for event in told(shop) if event["name"] == "checkout_started")
        size = (begun["checkout"], round(100 * begun["value"]), begun["lines"], begun["units"], begun["discount"])
        assert size == (token, price, 1, 1, False)
        added = next(event for event in told(shop) if event["name"] == "product_added_to_cart")
        assert (round(100 * added["value"]), added["units"]) == (price, 1)
        carried = rows(shop, "SELECT name, value FROM order_attributes ORDER BY order_id DESC LIMIT 1")
        assert carried == [("_shopmlops_unit", hashlib.sha256(unit.encode()).hexdigest()[:32])]
        assert page.problems == []


class TestProxy:
    def test_a_page_of_no_shop_leads_nowhere(self, shop: World) -> None:
        shop.app.requests.clear()
        asked = requests.get(f"http://localhost:{shop.port}/apps/shopmlops/recommendations", timeout=60)
        assert asked.status_code == 404 and not proxied(shop)

    def test_what_a_page_says_of_itself_does_not_count(self, shop: World) -> None:
        shop.app.requests.clear()
        query = "shop=evil.myshopify.com&signature=x&unit=a+b%26c"
        here = {"Referer": address(shop), "Cookie": "session=1"}
        requests.get(f"http://localhost:{shop.port}/apps/shopmlops/recommendations?{query}", headers=here, timeout=60)
        ((_, path, headers),) = proxied(shop)
        given = parse_qsl(urlsplit(path).query, keep_blank_values=True)
        assert (dict(given)["shop"], dict(given)["unit"], "cookie" in headers) == (SHOP, "a b&c", False)
        signature = dict(given)["signature"]
        assert proxy_is_authentic([pair for pair in given if pair[0] != "signature"], signature, [SECRET])


def test_a_shop_that_has_not_the_app_has_no_block_and_no_proxy(shop: World, products: Any, lists: None) -> None:
    with sqlite3.connect(shop.folder / "state" / "store.sqlite3") as store:
        store.execute("UPDATE shops SET installed = 0")
    html = requests.get(address(shop, f"products/{products[0][1]}"), timeout=60).text
    asked = requests.get(
        f"http://localhost:{shop.port}/apps/shopmlops/x", headers={"Referer": address(shop)}, timeout=60
    )
    with sqlite3.connect(shop.folder / "state" / "store.sqlite3") as store:
        store.execute("UPDATE shops SET installed = 1")
    assert "data-shopmlops-block" not in html and asked.status_code == 404
