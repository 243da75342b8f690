"""A shopper in a real browser: what our pixel tells the real web process stands in the database, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.db import connection
from django.utils import timezone

from pipelines.jobs import storefront
from pipelines.lifecycle.data import moments
from pipelines.lifecycle.ingest import drain, install
from pipelines.models import Checkout, IgnoredEvents, Order, Shop, StorefrontEvent
from pipelines.ops.supervisor import answers, free_ports
from pipelines.shopify.id_tokens import verify
from pipelines.stats import assignment
from tests import waiting
from tests.identities import SHOP
from tests.shopmlops.conftest import Web, collect, running_web

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
SCOPES = ["write_pixels", "read_customer_events"]
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path, settings: Any, transactional_db: None) -> Iterator[str]:
    """Serve a store whose merchant lets us have a pixel; return its origin."""
    port, ours = free_ports(2)
    secrets = {"DEVSTORE_CLIENT_ID": settings.SHOPIFY_API_KEY, "DEVSTORE_CLIENT_SECRET": settings.SHOPIFY_API_SECRET}
    run, state = [sys.executable, "-m", "devstore"], str(tmp_path / "store")
    seed = [*run, "seed", "--state", state, "--shop", SHOP, "--days", "3", "--orders-per-day", "3"]
    subprocess.run(seed, cwd=ROOT, check=True, capture_output=True)
    settings.DEMO, settings.APP_URL = True, f"http://127.0.0.1:{ours}"
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{port}/shops/{{shop}}"
    serve = [*run, "serve", "--state", state, "--port", str(port), "--app-url", settings.APP_URL]
    with subprocess.Popen(serve, cwd=ROOT, env=os.environ | secrets, stdout=subprocess.DEVNULL) as process:
        waiting.until(lambda: answers(f"http://127.0.0.1:{port}/control/state"), "the store")
        yield f"http://localhost:{port}"
        process.terminate()


@pytest.fixture
def shop(store: str) -> Shop:
    """Install the app with the scopes of a pixel."""
    asked = {"shop": SHOP, "grant": SCOPES}
    requests.post(f"{store}/control/scopes", json=asked, timeout=60).raise_for_status()
    token = requests.get(f"{store}/control/id-token", params={"shop": SHOP}, timeout=60).json()["id_token"]
    shop = install.arrive(verify(token), token).shop
    storefront.keep_pixels()
    return shop


@pytest.fixture
def web(shop: Shop, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Run the web process on the test's own rows: it knows the shop from its first look on."""
    place = connection.settings_dict
    address = f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}"
    monkeypatch.setenv("DATABASE_URL", address)
    collect(tmp_path / "static")
    with running_web(tmp_path, urlsplit(settings.APP_URL).port or 0) as started:
        yield started


@pytest.fixture
def page(store: str, web: Web, browser: Any) -> Iterator[Any]:
    """Look at the first product."""
    page = browser.new_page()
    page.set_default_timeout(1000 * waiting.SECONDS)
    page.goto(f"{store}/store/{SHOP}/")
    page.locator(".cards a").first.click()
    page.wait_for_load_state("networkidle")
    yield page
    page.close()


def test_what_a_shopper_who_agreed_does_is_kept_and_nothing_before(shop: Shop, page: Any) -> None:
    assert not StorefrontEvent.objects.exists()
    page.get_by_role("button", name="Yes", exact=True).click()
    kinds = StorefrontEvent.objects.for_shop(shop).values_list("kind", flat=True)
    waiting.until(lambda: {"page_viewed", "product_viewed"} <= set(kinds.all()), "what was looked at")
    unit = assignment.digest(str(page.evaluate("localStorage.getItem('_shopmlops_id')")))
    assert {bytes(row.unit) for row in StorefrontEvent.objects.all()} == {unit}
    assert StorefrontEvent.objects.get(kind="product_viewed").product_id
    assert not IgnoredEvents.objects.exists()


def test_an_address_is_known_by_the_browser_and_a_delivery_by_it_and_by_shopify_once(shop: Shop, page: Any) -> None:
    page.get_by_role("button", name="Yes", exact=True).click()
    page.get_by_role("button", name="Add to cart").first.click()
    kinds = StorefrontEvent.objects.for_shop(shop).values_list("kind", flat=True)
    told_at: dict[str, set[str]] = {
        "Check out": {"checkout_started"},
        "Save the address": {"checkout_contact_info_submitted", "checkout_address_info_submitted"},
        "Choose this delivery": {"checkout_shipping_info_submitted"},
    }
    for button, told in told_at.items():
        page.get_by_role("button", name=button).click()
        waiting.until(lambda told=told: told <= set(kinds.all()), button)
        time.sleep(1)  # Shopify tells whole seconds
    seen = StorefrontEvent.objects.for_shop(shop).filter(kind__in=StorefrontEvent.STEPS)
    waiting.until(lambda: told_by_shopify(shop) == [False, False, True], "what Shopify told")
    assert [row.checkout_key for row in seen] == 3 * [Checkout.objects.get().shopify_id]
    reached = [[0, 0], [1, 0], [1, 1]]
    assert known_of(shop) == reached
    page.get_by_role("button", name="Pay now").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    ended = StorefrontEvent.objects.filter(kind__in=("payment_info_submitted", "checkout_completed"))
    waiting.until(lambda: ended.count() == 2, "the end")
    waiting.until(lambda: drain.drain() >= 0 and Order.objects.filter(checkout_key__isnull=False).exists(), "the order")
    assert known_of(shop) == reached


def told_by_shopify(shop: Shop) -> list[bool]:
    """Tell of each update whether a delivery was chosen in the checkout; of an address it says nothing."""
    drain.drain()
    found = Checkout.objects.for_shop(shop).first()
    return [each["has_shipping"] for each in (found and found.steps) or []]


def known_of(shop: Shop) -> list[list[int]]:
    """Give how far the checkout had come at each of its moments."""
    rows = moments.lately(shop, timezone.now() - HOUR, timezone.now() + HOUR)
    return rows.loc[rows["of"] == "checkout", ["has_address", "has_shipping"]].fillna(0).astype(int).to_numpy().tolist()
