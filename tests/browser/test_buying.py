"""From "what do I buy today?" to goods on the shelf, in a real browser inside the admin."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.models import PurchaseLine, PurchaseOrder
from tests.browser.test_merchant import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def shot(admin: Any, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        admin.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_orders_from_a_vendor_and_receives_in_two_parts(admin):
    app = admin.open("/forecasts")
    shot(admin, "forecasts")
    app.locator("s-button", has_text="Order (").click()
    expect(app.locator('s-section[heading="To order today"]')).to_be_visible()
    shot(admin, "orders")
    app.get_by_role("button", name="Draft order").first.click()
    first = app.locator("input[name^=units-]").first
    expect(first).to_be_visible()
    shot(admin, "draft")
    app.get_by_role("button", name="I sent it").click()
    admin.toast("Sent. Its units count as on the way")
    order = PurchaseOrder.objects.get()
    lines = list(order.lines.order_by("title", "subtitle", "pk"))
    app.locator(f"input[name=units-{lines[0].pk}]").fill("1")
    shot(admin, "sent")
    app.get_by_role("button", name="Save what came").click()
    admin.toast("Written down")
    expect(app.get_by_text("In parts")).to_be_visible()
    shot(admin, "in_parts")
    for line in PurchaseLine.objects.filter(order=order):
        app.locator(f"input[name=units-{line.pk}]").fill(str(line.to_come))
    app.get_by_role("button", name="Save what came").click()
    expect(app.get_by_text("Received", exact=True)).to_be_visible()
    shot(admin, "received")
    order.refresh_from_db()
    assert order.state == PurchaseOrder.State.RECEIVED
