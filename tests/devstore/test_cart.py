"""The cart in a real browser with our own block beside it, and an app that only listens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from pipelines.shopify.hmac import proxy_is_authentic
from tests.devstore import test_storefront as storefront
from tests.devstore.conftest import PATIENT, SECRET, World
from tests.devstore.test_storefront import address, agree
from tests.waiting import until

pytestmark = pytest.mark.browser
shop, products, page = storefront.shop, storefront.products, storefront.page
PATH = "/proxy/offers"
SHIFTS = (
    "window.shifts = 0; new PerformanceObserver((seen) => seen.getEntries()"
    ".forEach((each) => { window.shifts += each.value; })).observe({ type: 'layout-shift', buffered: true })"
)


@pytest.fixture
def offered(shop: World) -> Iterator[None]:
    """Let the app offer a code that the shop has."""
    shop.control("discount-code", code="TEN", percent=10)
    answer = {"outcome": "answered", "decision": "d1", "shown": {"id": 7, "kind": "code", "code": "TEN"}}
    shop.app.answers[PATH] = json.dumps(answer | {"accept": "the-pass"})
    yield
    shop.app.answers.clear()
    shop.control("discount-code", code="TEN", percent=0)


def asked(world: World, method: str) -> list[dict[str, str]]:
    """Return what the app was asked through the proxy, each with Shopify's signature."""
    found = []
    for kind, path, _, _ in list(world.app.requests):
        if kind == method and urlsplit(path).path == PATH:
            pairs = parse_qsl(urlsplit(path).query, keep_blank_values=True)
            given = dict(pairs)
            assert proxy_is_authentic([pair for pair in pairs if pair[0] != "signature"], given["signature"], [SECRET])
            found.append(given)
    return found


def fill(page: Any, shop: World, products: Any) -> None:
    """Lay the first product into the cart, which leads there."""
    page.goto(address(shop, f"products/{products[0][1]}"))
    page.get_by_role("button", name="Add to cart").first.click()
    page.get_by_role("heading", name="Cart").wait_for()


def test_a_code_that_is_taken_in_the_cart_is_used_in_the_checkout(
    page: Any, shop: World, products: Any, offered: None
) -> None:
    page.add_init_script(PATIENT)
    page.add_init_script(SHIFTS)
    page.goto(address(shop))
    agree(page)
    fill(page, shop, products)
    block = page.get_by_role("region", name="An offer for you")
    block.get_by_text("You can use the code TEN for this order.").wait_for()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifts") < 0.01
    [given] = asked(shop, "GET")
    question = json.loads(given["question"])
    assert (question["api"], question["currency"], question["lines"][0]["product"]) == (1, "GBP", products[0][0])
    assert question["value"] == sum(line["price"] * line["quantity"] for line in question["lines"])
    assert not asked(shop, "POST")
    block.get_by_role("link", name="Use TEN").click()
    until(lambda: [given["accept"] for given in asked(shop, "POST")] == ["the-pass"], "the acceptance")
    page.get_by_role("button", name="Check out").click()
    page.locator("#summary", has_text="TEN").wait_for()
    assert page.problems == []


@pytest.mark.parametrize("answer", ["No", None])
def test_who_did_not_agree_is_asked_about_nothing_and_sees_nothing(
    page: Any, shop: World, products: Any, offered: None, answer: str | None
) -> None:
    page.goto(address(shop))
    if answer:
        agree(page, answer)
    fill(page, shop, products)
    page.wait_for_load_state("networkidle")
    assert (asked(shop, "GET"), page.locator("[data-shopmlops-offer]").is_visible()) == ([], False)


def test_without_script_nothing_is_there(browser: Any, shop: World, products: Any, offered: None) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    fill(page, shop, products)
    assert page.locator("[data-shopmlops-offer]").count() == 1
    assert not page.locator("[data-shopmlops-offer]").is_visible()
    context.close()


def test_it_speaks_the_visitors_language(page: Any, shop: World, products: Any, offered: None) -> None:
    page.add_init_script(PATIENT)
    page.goto(address(shop))
    agree(page)
    fill(page, shop, products)
    page.goto(address(shop, "cart?locale=de"))
    block = page.get_by_role("region", name="Ein Angebot für Sie")
    block.get_by_role("button", name="Nein danke").click()
    assert not page.locator("[data-shopmlops-offer]").is_visible()
