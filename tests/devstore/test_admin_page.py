"""The admin page, App Bridge and Polaris stand-ins, in a real browser."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from tests import waiting
from tests.devstore.conftest import SECRET, SHOP, World, until

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Any, world: World) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda line: page.problems.append(line.text) if line.type == "error" else None)
    page.set_default_timeout(1000 * waiting.SECONDS)
    world.app.requests.clear()
    yield page
    context.close()


def open_app(page: Any, world: World, path: str = "") -> Any:
    """Open the app in the admin and return its frame."""
    page.goto(world.admin + path)
    frame = page.frame_locator("iframe[data-app]")
    frame.locator("s-page").wait_for()
    return frame


def inside(page: Any) -> Any:
    return next(frame for frame in page.frames if frame != page.main_frame)


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def test_the_app_is_launched_with_signed_parameters(page: Any, world: World) -> None:
    open_app(page, world)
    first = next(path for method, path, _, _ in world.app.requests if path.startswith("/?"))
    given = dict(parse_qsl(urlsplit(first).query))
    signed = "&".join(f"{name}={value}" for name, value in sorted(given.items()) if name != "hmac")
    assert given["hmac"] == hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
    assert given["shop"] == SHOP
    assert given["embedded"] == "1"
    assert claims(given["id_token"])["dest"] == f"https://{SHOP}"
    assert page.problems == []


def test_deep_addresses_open_the_same_page_of_the_app(page: Any, world: World) -> None:
    frame = open_app(page, world, "/forecasts?item=7")
    assert frame.locator("h1").inner_text() == "Page /forecasts"
    assert page.url.endswith("/apps/shopmlops/forecasts?item=7")


def test_a_fetch_carries_a_fresh_token_each_time(page: Any, world: World) -> None:
    open_app(page, world)
    inside(page).evaluate("async () => { await fetch('/data'); await fetch('/data'); }")
    tokens = [headers["authorization"] for _, path, headers, _ in world.app.requests if path == "/data"]
    assert len(tokens) == 2
    assert tokens[0] != tokens[1]
    assert all(claims(token)["exp"] - claims(token)["iat"] == 60 for token in tokens)


def test_a_fetch_refused_for_its_token_is_tried_once_more(page: Any, world: World) -> None:
    open_app(page, world)
    world.app.refuse_fetches = 1
    assert inside(page).evaluate("async () => (await fetch('/data')).status") == 200
    world.app.refuse_fetches = 2
    assert inside(page).evaluate("async () => (await fetch('/data')).status") == 401
    world.app.refuse_fetches = 0


def test_other_origins_never_see_the_token(page: Any, world: World) -> None:
    open_app(page, world)
    script = "async (address) => { try { await fetch(address, {mode: 'no-cors'}) } catch {} }"
    inside(page).evaluate(script, f"http://127.0.0.1:{world.port}/cdn/admin.css")
    assert not any("/cdn/" in path for _, path, _, _ in world.app.requests)


def test_a_bounced_document_comes_back_with_a_token(page: Any, world: World) -> None:
    open_app(page, world)
    inside(page).evaluate("() => location.assign('/stale')")
    until(lambda: any(path.startswith("/stale?") and "id_token" in path for _, path, _, _ in world.app.requests))


def test_the_menu_shows_the_apps_pages_and_leads_to_them(page: Any, world: World) -> None:
    frame = open_app(page, world)
    page.locator("nav a", has_text="Forecasts").click()
    frame.locator("h1", has_text="Page /forecasts").wait_for(state="attached")
    until(lambda: page.url.endswith("/apps/shopmlops/forecasts"))
    assert page.locator('nav a[aria-current="page"]').inner_text() == "Forecasts"
    assert any(path.startswith("/forecasts?") and "id_token" in path for _, path, _, _ in world.app.requests)


def test_a_link_in_a_table_opens_a_page_with_a_token(page: Any, world: World) -> None:
    frame = open_app(page, world)
    frame.locator("s-link", has_text="Flask").press("Enter")
    frame.locator("h1", has_text="Page /forecasts").wait_for(state="attached")
    assert any(path.startswith("/forecasts?item=1&") and "id_token" in path for _, path, _, _ in world.app.requests)


def test_fields_hold_native_controls_with_names_and_labels(page: Any, world: World) -> None:
    frame = open_app(page, world)
    inside(page).wait_for_function(
        "() => new FormData(document.forms.settings).has('level')"
    )  # drawn after its options
    values = inside(page).evaluate("() => Object.fromEntries(new FormData(document.forms.settings))")
    assert values == {
        "name": "Morag", "lead": "14", "cost": "4.50", "from": "2026-11-23", "level": "95", "note": "first",
        "mail": "yes", "plan": "a",
    }  # fmt: skip
    frame.get_by_label("Lead time").fill("21")
    frame.get_by_role("switch", name="Mail me").uncheck()
    frame.get_by_role("radio", name="Plan B").check()
    frame.get_by_label("Level").select_option("90")
    values = inside(page).evaluate("() => Object.fromEntries(new FormData(document.forms.settings))")
    assert (values["lead"], values["level"], values["plan"], "mail" in values) == ("21", "90", "b", False)
    assert inside(page).evaluate("() => document.querySelector('s-number-field').value") == "21"


def test_a_submit_button_sends_its_form_by_mouse_and_keyboard(page: Any, world: World) -> None:
    frame = open_app(page, world)
    inside(page).evaluate(
        "() => document.forms.settings.addEventListener('submit', (e) => { e.preventDefault(); "
        "document.title = new FormData(e.target, e.submitter).get('via'); })"
    )
    frame.get_by_role("button", name="Send").click()
    assert inside(page).evaluate("() => document.title") == "button"
    inside(page).evaluate("() => { document.title = '' }")
    frame.get_by_label("Name").press("Enter")
    assert inside(page).evaluate("() => document.title") == "button"
    inside(page).evaluate("() => { document.title = '' }")
    frame.get_by_role("button", name="Send").press(" ")
    assert inside(page).evaluate("() => document.title") == "button"


def test_the_save_bar_saves_and_discards(page: Any, world: World) -> None:
    frame = open_app(page, world)
    bar = page.locator("[data-save-bar]")
    frame.get_by_label("Name").fill("Tom")
    bar.wait_for()
    page.get_by_role("button", name="Discard").click()
    expect(frame.get_by_label("Name")).to_have_value("Morag")
    bar.wait_for(state="hidden")
    frame.get_by_label("Name").fill("Tom")
    page.get_by_role("button", name="Save").click()
    until(lambda: [body for method, path, _, body in world.app.requests if (method, path) == ("POST", "/save")])
    bar.wait_for(state="hidden")


def test_a_modal_opens_holds_the_focus_and_closes(page: Any, world: World) -> None:
    frame = open_app(page, world)
    frame.locator("#ask").click()
    dialog = frame.get_by_role("dialog", name="Reject version 8?")
    dialog.wait_for()
    for _ in range(5):
        page.keyboard.press("Tab")
    assert inside(page).evaluate("() => document.querySelector('#sure').contains(document.activeElement)")
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert inside(page).evaluate("() => document.activeElement.id") == "ask"
    frame.locator("#ask").press("Enter")
    dialog.wait_for()
    frame.locator("#yes").click()
    dialog.wait_for(state="hidden")


def test_toasts_are_shown_by_the_admin(page: Any, world: World) -> None:
    open_app(page, world)
    inside(page).evaluate("() => shopify.toast.show('Version 8 is live')")
    page.get_by_text("Version 8 is live").wait_for()


def test_optional_scopes_are_granted_by_the_merchant(page: Any, world: World, heard: Any) -> None:
    open_app(page, world)
    inside(page).evaluate("() => { window.asked = shopify.scopes.request(['write_products']) }")
    page.get_by_role("button", name="Allow").click()
    answer = inside(page).evaluate("() => window.asked")
    assert answer["result"] == "granted-all"
    update = until(lambda: heard.heard("app/scopes_update"))[0].body
    assert "write_products" in update["current"]
    assert "write_products" not in update["previous"]
    world.control("scopes", revoke=["write_products"])


def test_whoever_signs_in_is_the_subject_of_the_token(page: Any, world: World) -> None:
    open_app(page, world)
    page.get_by_label("Signed in as").select_option("collaborator")
    page.wait_for_load_state()
    page.frame_locator("iframe[data-app]").locator("s-page").wait_for()
    token = inside(page).evaluate("() => shopify.idToken()")
    assert claims(token)["sub"] == "902541637"


def test_what_is_swapped_in_later_works_too(page: Any, world: World) -> None:
    frame = open_app(page, world)
    inside(page).evaluate(
        "() => { document.querySelector('main').innerHTML = '<s-page heading=\"New\"><form>"
        '<s-text-field label="City" name="city" value="Leeds"></s-text-field>'
        '<s-button type="submit">Go</s-button></form></s-page>\' }'
    )
    frame.get_by_label("City").wait_for()
    assert frame.get_by_role("button", name="Go").get_attribute("tabindex") == "0"


def test_axe_finds_nothing_serious(page: Any, world: World) -> None:
    axe = pytest.importorskip("axe_playwright_python.base")
    open_app(page, world)
    inside(page).evaluate((axe.AXE_FILE_PATH).read_text())
    found = inside(page).evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    serious = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []


def test_buying_in_the_shop_takes_stock_and_tells_the_app(page: Any, world: World, heard: Any) -> None:
    page.goto(f"http://localhost:{world.port}/store/{SHOP}/")
    for link in page.locator(".cards a").all():
        page.goto(f"http://localhost:{world.port}" + str(link.get_attribute("href")))
        if page.get_by_role("button", name="Add to cart").count():
            break
    page.get_by_role("button", name="Add to cart").first.click()
    page.get_by_role("button", name="Check out").click()
    page.get_by_role("button", name="Pay now").click()
    page.get_by_text("Thank you").wait_for()
    placed = time.time()
    order = until(lambda: heard.heard("orders/create"))[0]
    assert order.at - placed < 1
    assert order.body["line_items"][0]["quantity"] == 1
    level = until(lambda: heard.heard("inventory_levels/update"))[0].body
    assert isinstance(level["available"], int)
    assert heard.heard("checkouts/create")
