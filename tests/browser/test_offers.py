"""A shopper walks from the cart to the thank-you page: what the real doors offer is used, kept and written down."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn

from pipelines.endpoints.checkout import door as checkout
from pipelines.endpoints.patience import Receive, Scope, Send, answer
from pipelines.endpoints.storefront import proxy
from pipelines.lifecycle.ingest import install
from pipelines.models import Shop
from pipelines.models.usecases.offers import OfferDecision, OfferReservation
from pipelines.ops.supervisor import answers, free_ports
from pipelines.shopify.id_tokens import verify
from pipelines.stats import assignment
from tests import waiting
from tests.devstore.conftest import PATIENT
from tests.identities import SHOP
from tests.offering import an_offer
from tests.pipelines.endpoints.checkout import paying
from tests.pipelines.endpoints.checkout.paying import Counter, runs

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (ROOT / "node_modules/.bin/esbuild").exists(), reason="npm has put no esbuild here"),
]
till = paying.till


async def doors(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as the web process does, as far as shoppers ask it."""
    if scope["path"].startswith(checkout.PREFIX):
        await checkout.door(scope, receive, send)
    elif scope["path"].startswith(proxy.PREFIX):
        await proxy.door(scope, receive, send)
    else:
        await answer(send, 200, b"")


@pytest.fixture
def app(till: Counter, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Serve the doors with the memory of this test; return their address."""
    monkeypatch.setattr(proxy, "memory", lambda: till.memory)
    [port] = free_ports(1)
    server = uvicorn.Server(uvicorn.Config(doors, port=port, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    waiting.until(lambda: server.started, "the doors")
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def store(app: str, tmp_path: Path, settings: Any) -> Iterator[str]:
    """Serve a store that has our extensions, and a code that takes a tenth off; return its origin."""
    [port] = free_ports(1)
    secrets = {"DEVSTORE_CLIENT_ID": settings.SHOPIFY_API_KEY, "DEVSTORE_CLIENT_SECRET": settings.SHOPIFY_API_SECRET}
    run, state = [sys.executable, "-m", "devstore"], str(tmp_path / "store")
    seed = [*run, "seed", "--state", state, "--shop", SHOP, "--days", "3", "--orders-per-day", "3"]
    subprocess.run(seed, cwd=ROOT, check=True, capture_output=True)
    serve = [*run, "serve", "--state", state, "--port", str(port), "--app-url", app]
    settings.DEMO, settings.APP_URL = True, app
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{port}/shops/{{shop}}"
    with subprocess.Popen(serve, cwd=ROOT, env=os.environ | secrets, stdout=subprocess.DEVNULL) as process:
        waiting.until(lambda: answers(f"http://127.0.0.1:{port}/control/state"), "the store")
        told = {"shop": SHOP, "code": "TEN", "percent": 10}
        requests.post(f"http://127.0.0.1:{port}/control/discount-code", json=told, timeout=60).raise_for_status()
        yield f"http://localhost:{port}"
        process.terminate()


@pytest.fixture
def shop(store: str) -> Shop:
    """Let the merchant open the app."""
    token = requests.get(f"{store}/control/id-token", params={"shop": SHOP}, timeout=60).json()["id_token"]
    return install.arrive(verify(token), token).shop


@pytest.fixture
def page(store: str, browser: Any) -> Iterator[Any]:
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(1000 * waiting.SECONDS)
    page.add_init_script(PATIENT)
    yield page
    context.close()


def test_from_the_cart_to_the_thank_you_page(store: str, shop: Shop, till: Counter, page: Any) -> None:
    Shop.objects.filter(pk=shop.pk).update(currency="GBP")
    offer = an_offer(shop, budget_minor=10_000)
    runs(shop)
    till.warmed(shop)
    page.goto(f"{store}/store/{SHOP}/")
    page.get_by_role("button", name="Yes", exact=True).click()
    page.locator(".cards a").first.click()
    page.get_by_role("button", name="Add to cart").first.click()
    page.get_by_role("region", name="An offer for you").get_by_text("You can use the code TEN").wait_for()
    page.wait_for_load_state("networkidle")  # the cart carries who asked
    page.get_by_role("button", name="Check out").click()
    inside = page.frame_locator("iframe[title=Extension]")
    inside.get_by_role("button", name="Use TEN").click()
    inside.get_by_text("TEN is now part of your order.").wait_for()
    page.locator("#summary", has_text="TEN").wait_for()
    till.written()
    accepted = OfferReservation.objects.filter(state=OfferReservation.State.ACCEPTED)
    waiting.until(accepted.exists, "the acceptance")
    page.get_by_role("button", name="Pay now").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    page.wait_for_load_state("networkidle")
    till.written()
    unit = assignment.digest(str(page.evaluate("localStorage.getItem('_shopmlops_id')")))
    decided = OfferDecision.objects.order_by("at")
    assert {(bytes(row.unit), row.offer_id) for row in decided} == {(unit, offer.pk)}
    assert [row.checkout_key is not None for row in decided][:2] == [False, True]
    assert accepted.get().checkout_key == decided[1].checkout_key
