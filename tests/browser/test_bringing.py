"""A shop that comes from Stocky, in a real browser inside the admin: its file, what was read of it, what was not."""

from __future__ import annotations

import pytest

from pipelines.models import PurchaseOrder, Variant
from tests.browser.test_buying import shot
from tests.browser.test_merchant import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_brings_its_orders_along_by_a_file(admin, shop):
    sku = Variant.objects.for_shop(shop).exclude(sku="").first().sku
    lines = (
        "PO Number;Supplier;SKU;Qty Ordered;Qty Received;Cost (base)",
        f"17;Larch;{sku};12;4;2,50",
        "17;Larch;NOPE;3;0;1",
    )
    app = admin.open("/orders")
    app.locator("s-button", has_text="Bring along from Stocky").click()
    page = app.locator('s-page[heading="Bring along from Stocky"]')  # the page of orders takes a file, too
    expect(page).to_be_visible()
    shot(admin, "bring")
    large = {"name": "large.csv", "mimeType": "text/csv", "buffer": b"\0" * 5_500_000}
    page.locator("input[type=file]").set_input_files(large)
    app.get_by_role("button", name="Upload").click()
    admin.toast("The file is larger than 4 MB. Send it in parts.")
    file = {"name": "orders.csv", "mimeType": "text/csv", "buffer": "\r\n".join(lines).encode("utf-16")}
    page.locator("input[type=file]").set_input_files(file)
    app.get_by_role("button", name="Upload").click()
    expect(app.get_by_text("1 order on the way, 8 units to come.")).to_be_visible()
    expect(app.get_by_text("Line 3: no variant has the SKU “NOPE”.")).to_be_visible()
    shot(admin, "brought")
    app.locator("s-button", has_text="Look at the orders").click()
    expect(app.locator('s-section[heading="On the way"]').get_by_text("Larch")).to_be_visible()
    shot(admin, "orders_brought")
    assert PurchaseOrder.objects.get().known_as == "17"
    app.locator("s-button", has_text="Bring along from Stocky").click()
    told = b"Name,Email,Currency,Lead time (days)\nlarch,a@larch.example,EUR,21\nMoss,,GBP,soon"
    page.locator("input[type=file]").set_input_files({"name": "s.csv", "mimeType": "text/csv", "buffer": told})
    app.get_by_role("button", name="Upload").click()
    expect(app.get_by_text("1 supplier read, 1 new; 0 deliver the vendor of that name.")).to_be_visible()
    shot(admin, "brought_suppliers")
    app.locator("s-button", has_text="Look at the suppliers").click()
    expect(app.get_by_role("link", name="larch")).to_be_visible()
    assert PurchaseOrder.objects.get().supplier.lead_time_days == 21
