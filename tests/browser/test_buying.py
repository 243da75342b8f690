"""From "what do I buy today?" to goods on the shelf, in a real browser inside the admin."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.lifecycle.buying import printing
from pipelines.models import PurchaseLine, PurchaseOrder, Supplied, Supplier
from pipelines.models.usecases.demand_forecast import StockAdvice
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


def test_orders_from_a_supplier_within_a_budget_on_paper(admin, shop):
    for row in StockAdvice.objects.filter(location_id=0).to_order():
        StockAdvice.objects.filter(pk=row.pk).update(kept=[[row.order_quantity, row.order_cost_minor]])
    app = admin.open("/orders")
    app.locator("s-button", has_text="Suppliers").click()
    app.locator("s-button", has_text="Add a supplier").click()
    app.locator("s-text-field[name=name] input").fill("Torver Outerwear")
    app.locator("textarea[name=address]").fill("Torver Outerwear Ltd\n1 Quay Street\nUlverston")
    for vendor in app.locator("s-choice-list[name=vendors] input").all():
        vendor.check()
    shot(admin, "supplier")
    app.get_by_role("button", name="Save", exact=True).last.click()
    admin.toast("Saved. Advice is worked out again")
    expect(app.get_by_text("Torver Outerwear")).to_be_visible()
    shot(admin, "suppliers")
    app = admin.open("/orders")
    shot(admin, "orders_of_suppliers")
    app.get_by_role("button", name="Draft order").first.click()
    expect(app.get_by_text("The PDF is being printed")).to_be_visible()
    order = PurchaseOrder.objects.get()
    assert order.supplier == Supplier.objects.get()
    cost = sum(line.cost_minor for line in order.lines.all())
    app.locator("s-number-field[name=budget] input").fill(str(cost / 200))
    app.get_by_role("button", name="Fill the order again").click()
    admin.toast("Filled again")
    assert sum(line.cost_minor for line in order.lines.all()) <= cost / 2
    printing.keep(order.pk)
    expect(app.get_by_text("Download PDF")).to_be_visible()
    shot(admin, "draft_within_a_budget")
    with admin.page.expect_download() as waiting:
        app.get_by_text("Download PDF").click()
    assert waiting.value.suggested_filename == "PO-0001.pdf"
    if folder := os.environ.get("SHOTS"):
        waiting.value.save_as(Path(folder) / "order.pdf")
    app.get_by_role("button", name="I sent it").click()
    admin.toast("Sent. Its units count as on the way")


def test_all_of_it_came_by_one_press_and_is_taken_back_by_another(admin):
    app = admin.open("/orders")
    app.get_by_role("button", name="Draft order").first.click()
    app.get_by_role("button", name="I sent it").click()
    admin.toast("Sent. Its units count as on the way")
    shot(admin, "did_all_come")
    admin.page.set_viewport_size({"width": 390, "height": 844})
    shot(admin, "did_all_come_390")
    app.get_by_role("button", name="All of it came").click()
    expect(app.get_by_text("Received", exact=True)).to_be_visible()
    shot(admin, "all_came_390")
    admin.page.set_viewport_size({"width": 1280, "height": 900})
    shot(admin, "all_came")
    app.get_by_role("button", name="Take all of that back").click()
    expect(app.get_by_role("button", name="All of it came")).to_be_visible()
    order = PurchaseOrder.objects.get()
    assert order.state == PurchaseOrder.State.SENT
    assert {line.received for line in order.lines.all()} == {0}


def test_two_tabs_of_one_order_write_one_delivery_down(admin):
    app = admin.open("/orders")
    app.get_by_role("button", name="Draft order").first.click()
    app.get_by_role("button", name="I sent it").click()
    admin.toast("Sent. Its units count as on the way")
    order = PurchaseOrder.objects.get()
    line = order.lines.order_by("title", "subtitle", "pk")[0]
    other = replace(admin, page=admin.page.context.new_page())
    for tab in (admin, other):
        tab.open(f"/orders/{order.pk}").locator(f"input[name=units-{line.pk}]").fill("1")
    app.get_by_role("button", name="Save what came").click()
    admin.toast("Written down")
    other.app.get_by_role("button", name="Save what came").click()
    expect(other.app.locator("s-banner", has_text="This order changed since you opened the page")).to_be_visible()
    shot(other, "second_tab")
    expect(other.app.get_by_text("In parts")).to_be_visible()
    line.refresh_from_db()
    assert line.received == 1


def test_a_draft_goes_along_with_who_delivers_it_now_and_a_list_counts_once(admin, shop, tmp_path):
    app = admin.open("/orders")
    app.get_by_role("button", name="Draft order").first.click()
    expect(app.get_by_role("button", name="I sent it")).to_be_visible()
    order = PurchaseOrder.objects.get()
    torver = Supplier.objects.create(shop=shop, name="Torver Outerwear", currency="EUR")
    Supplied.objects.create(shop=shop, supplier=torver, vendor=order.vendor)
    app = admin.open(f"/orders/{order.pk}")
    expect(app.locator("s-banner[heading='Who delivers this has changed']")).to_be_visible()
    shot(admin, "elsewhere")
    admin.page.set_viewport_size({"width": 390, "height": 844})
    shot(admin, "elsewhere_390")
    admin.page.set_viewport_size({"width": 1280, "height": 900})
    app.get_by_role("button", name="Move them there").click()
    admin.toast("Moved to 1 draft")
    expect(app.get_by_text("Prices are in EUR, not converted")).to_be_visible()
    shot(admin, "moved_there")
    line = order.lines.first()
    path = tmp_path / "list.csv"
    path.write_text(f"Variant;Order quantity\n{line.variant_id};7\n")
    for again, said in ((False, "1 order marked as sent"), (True, "1 order marked as sent")):
        app = admin.open("/orders")
        app.locator("input[type=file]").set_input_files(path)
        if again:
            app.get_by_role("button", name="Mark as ordered").click()
            expect(app.locator("s-banner", has_text="and counts once")).to_be_visible()
            shot(admin, "counts_once")
            app.locator("input[type=file]").set_input_files(path)
            app.get_by_label("I ordered the same once more").check()
        app.get_by_role("button", name="Mark as ordered").click()
        admin.toast(said)
    assert PurchaseOrder.objects.filter(state="sent").count() == 2
