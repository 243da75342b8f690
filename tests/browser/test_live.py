"""Home brings itself up to date in the browser: by a stream of the real web process, else by asking, never unseen."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from django.utils import timezone

from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.ingest import drain
from pipelines.ops.supervisor import free_ports
from tests import waiting
from tests.browser.conftest import Admin, a_store, sitting_down
from tests.factories import order_body
from tests.identities import SHOP, signed_webhook
from tests.shopmlops.live_web import web_on_these_rows

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def live(browser: Any, shop: Any, tmp_path: Any) -> Iterator[Admin]:
    """Sit down before the admin, with the app served as in production; what it asked for is kept by path."""
    web_port, store_port = free_ports(2)
    origin = f"http://localhost:{store_port}"
    place = {
        "DEBUG": "1",  # static files as they lie in the source
        "APP_URL": f"http://127.0.0.1:{web_port}",
        "SHOPIFY_ADMIN_ORIGINS": origin,
        "APP_BRIDGE_URL": f"{origin}/cdn/app-bridge.js",
        "POLARIS_URL": f"{origin}/cdn/polaris.js",
        "SHOPIFY_API_ORIGIN": f"http://127.0.0.1:{store_port}/shops/{{shop}}",
    }
    with web_on_these_rows(tmp_path / "web", web_port, **place) as web:
        app = SimpleNamespace(url=web.address)
        with a_store(app, tmp_path / "store", store_port) as store, sitting_down(browser, store) as admin:
            admin.web, admin.asked = web, []
            admin.page.on("request", lambda request: admin.asked.append(path_of(request.url)))
            yield admin


def path_of(url: str) -> str:
    return re.sub(r"^https?://[^/]+|\?.*$", "", url)


def opened(live: Admin) -> Any:
    """Open Home, mark the document, and wait for its stream."""
    live.asked.clear()
    app = live.open("/")
    streams = "Boolean(document.getElementById('live')._htmx?.sse)"
    until(live, lambda: live.inside.evaluate(streams), "a stream")
    live.inside.evaluate("window.sameDocument = true")
    return app


def until(live: Admin, holds: Any, what: str) -> None:
    """Let the browser go on until something is so."""
    waiting.until(lambda: holds() or live.page.wait_for_timeout(100), what)


def is_the_same_document(live: Admin) -> bool:
    return bool(live.inside.evaluate("window.sameDocument === true"))


def tell(shop: Any, title: str) -> None:
    board.tell(shop, title, title=title, next_step="Nothing to do: we look again at 21:00.", now=timezone.now())


def test_a_new_alert_and_a_webhook_show_without_a_reload(live, shop):
    app = opened(live)
    assert "/changes" not in live.asked
    tell(shop, "Answers are slow at peak hours")
    app.get_by_text("Answers are slow at peak hours").wait_for()
    app.get_by_text("1 decision waiting for you").wait_for()
    orders = app.locator(".figure", has_text="Orders, 28 days").locator("b")
    before = int(orders.inner_text().replace(",", ""))
    body = order_body(7_000_001) | {
        name: timezone.now().isoformat() for name in ("created_at", "processed_at", "updated_at")
    }
    raw, headers = signed_webhook("orders/create", body, SHOP)
    answer = requests.post(f"{live.web.address}/webhooks/shopify", raw, headers=headers, timeout=60)
    assert answer.status_code == 200
    assert drain.drain() == 1
    app.locator(".figure b", has_text=f"{before + 1:,}").first.wait_for()
    assert is_the_same_document(live)
    assert live.asked.count("/changes") == 2, "it asks when it is told, and only then"
    assert "/progress" not in live.asked
    assert live.problems == []


def test_a_stream_comes_however_late_its_script_does(live, shop):
    def late(route: Any) -> None:
        time.sleep(1)
        route.continue_()

    live.page.route("**/hx-sse-4*", late)
    opened(live)


def test_where_a_proxy_cuts_streams_the_page_asks(live, shop):
    live.page.route("**/live?*", lambda route: route.abort())
    app = live.open("/")
    live.inside.evaluate("window.sameDocument = true")
    tell(shop, "Answers are slow at peak hours")
    app.get_by_text("Answers are slow at peak hours").wait_for()
    assert is_the_same_document(live)


def test_nothing_is_asked_for_while_nobody_looks(live, shop):
    app = opened(live)
    hide(live, True)
    tell(shop, "Answers are slow at peak hours")
    live.inside.evaluate("htmx.trigger('#changes', 'every', {}, false)")
    live.page.wait_for_timeout(5000)  # two looks of the process
    assert "/changes" not in live.asked
    hide(live, False)
    app.get_by_text("Answers are slow at peak hours").wait_for()


def hide(live: Admin, is_hidden: bool) -> None:
    """Turn to another tab, or back."""
    live.inside.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        is_hidden,
    )


def test_who_is_typing_is_not_disturbed(live, shop):
    app = opened(live)
    live.inside.evaluate(
        """() => {
            const field = document.createElement("input");
            document.querySelector("#home-needs").append(field);
            field.focus();
        }"""
    )
    tell(shop, "Answers are slow at peak hours")
    live.page.wait_for_timeout(5000)
    assert "/changes" not in live.asked
    live.inside.evaluate("document.activeElement.blur(); htmx.trigger('#changes', 'every', {}, false)")
    app.get_by_text("Answers are slow at peak hours").wait_for()


def test_a_link_that_has_the_focus_keeps_it(live, shop):
    app = opened(live)
    link = app.locator("#home-needs a, #home-needs s-link, #home-needs s-button").first
    link.focus()
    name = link.inner_text()
    tell(shop, "Answers are slow at peak hours")
    app.get_by_text("Answers are slow at peak hours").wait_for()
    waiting.until(
        lambda: live.inside.evaluate("document.activeElement.textContent.trim()") == name.strip(), "the focus"
    )
