"""The order list comes back as it was ordered by, and becomes orders."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.utils import timezone

from pipelines.lifecycle.buying.orders import LARGEST
from pipelines.models import PurchaseLine, PurchaseOrder, Supplied, Supplier, Variant
from pipelines.models.usecases.demand_forecast import StockAdvice
from tests.dashboard.usecases.demand_forecast.buying.test_orders import local_day


@pytest.fixture
def advised(shop):
    return list(StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order().order_by("vendor"))


@pytest.fixture
def mark(shop, send):
    def marked(content, **told):
        raw = content.encode() if isinstance(content, str) else content
        days = {"sent_on": local_day(shop, -1), "day": local_day(shop, 14)}
        file = SimpleUploadedFile("list.csv", raw, "text/csv")
        return send("/orders/mark", {"file": file} | days | told).content.decode()

    return marked


def ordered():
    return {line.variant_id: line.units for line in PurchaseLine.objects.on_the_way()}


def test_as_it_was_downloaded_it_becomes_an_order_for_each_vendor(shop, advised, see, mark, queued):
    content = b"".join(see("/order-list.csv").streaming_content)
    said = mark(content)
    orders = PurchaseOrder.objects.order_by("vendor")
    assert f"{len(orders)} order" in said and "marked as sent" in said
    assert [order.vendor for order in orders] == sorted({row.vendor for row in advised})
    assert {order.sent_on for order in orders} == {local_day(shop, -1)}
    assert ordered() == {row.variant_id: row.order_quantity for row in advised}
    line = PurchaseLine.objects.get(variant_id=advised[0].variant_id)
    assert (line.title, line.unit_cost_minor) == (advised[0].title, advised[0].unit_cost_minor)
    assert {"print_order", "refresh"} <= {name for name, _ in queued}
    assert "Nothing has to be ordered today" in see("/orders").content.decode()
    for told in ({}, {"sent_on": local_day(shop)}, {"newest": "2026-11-20T12:00:00+00:00"}, {"again": "1"}):
        assert "marked as ordered already" in mark(content, **told)
    assert PurchaseOrder.objects.count() == len(orders)
    PurchaseOrder.objects.update(sent_at=F("sent_at") - timedelta(minutes=5))
    newest = re.search(r'name="newest" value="([^"]+)"', see("/orders").content.decode())[1]
    assert "marked as sent" in mark(content, again="1", newest=newest)
    assert "marked as ordered already" in mark(content, again="1", newest=newest)
    assert PurchaseOrder.objects.count() == 2 * len(orders)


def test_only_one_vendors_part_can_be_marked(advised, see, mark):
    content = b"".join(see("/order-list.csv").streaming_content)
    mark(content, only=advised[0].vendor.upper())
    assert PurchaseOrder.objects.get().vendor == advised[0].vendor
    assert "Nothing in the file comes from Nobody" in mark(content, only="Nobody")


def test_what_a_supplier_delivers_is_its_order(shop, advised, mark):
    torver = Supplier.objects.create(shop=shop, name="Torver", currency="EUR")
    Supplied.objects.create(shop=shop, supplier=torver, variant_id=advised[0].variant_id)
    mark(f"Variant;Order quantity\n{advised[0].variant_id};7\n")
    order = PurchaseOrder.objects.get()
    assert (order.vendor, order.currency, order.lines.get().unit_cost_minor) == ("Torver", "EUR", 0)


def test_by_sku_and_with_what_spreadsheets_do(advised, mark):
    mark(f"\ufeffsku,ORDER QUANTITY,x\r\n{advised[0].sku.lower()}, 12 ,\r\n{advised[1].sku},,\r\n")
    assert ordered() == {advised[0].variant_id: 12}


def test_as_a_german_spreadsheet_leaves_it_a_line_is_known_by_its_sku(advised, see, mark):
    one, other = advised[:2]
    rows = [
        f"{one.vendor};{one.title};4,47123E+13;{one.sku};12;2,50",
        f"{other.vendor};;{other.variant_id};;3;1.234,50",
    ]
    mark("\r\n".join(["sep=;", "Vendor;Product;Variant;SKU;Order quantity;Cost", *rows, ""]).encode("utf-16"))
    assert ordered() == {one.variant_id: 12, other.variant_id: 3}


def test_of_a_product_that_was_deleted_nothing_is_marked(shop, advised, mark):
    Variant.objects.filter(shop=shop, shopify_id=advised[0].variant_id).update(deleted_at=timezone.now())
    said = mark(f"Variant,SKU,Order quantity\n{advised[0].variant_id},,3\n{advised[1].variant_id},,3\n")
    assert f"Line 2: no variant is “{advised[0].variant_id}”" in said and not PurchaseOrder.objects.exists()


def test_a_list_for_a_supplier_that_was_renamed_meanwhile_is_the_same_order(shop, advised, mark):
    torver = Supplier.objects.create(shop=shop, name="Torver", currency=shop.currency)
    Supplied.objects.create(shop=shop, supplier=torver, variant_id=advised[0].variant_id)
    content = f"Variant;Order quantity\n{advised[0].variant_id};7\n"
    mark(content)
    Supplier.objects.update(name="Torver Ltd")
    assert "What Torver Ltd delivers of this list was marked as ordered already" in mark(
        content, sent_on=local_day(shop)
    )
    assert PurchaseOrder.objects.get().vendor == "Torver"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Vendor,Order quantity\nA,1\n", "has no columns"),
        ("SKU,Units\nSKU-0,1\n", "has no columns"),
        ("SKU,Order quantity\nSKU-0,0\n", "asks for nothing"),
        ("SKU,Order quantity\nSKU-0,-3\n", "Line 2: “-3” is no number of units"),
        ("SKU,Order quantity\nSKU-0,1.5\n", "no number of units"),
        (f"SKU,Order quantity\nSKU-0,{LARGEST + 1}\n", "no number of units"),
        ("SKU,Cost,Order quantity\nSKU-0,2,50,3\n", "Line 2: it has more cells than there are columns"),
        ("SKU,Order quantity,Order quantity\nSKU-0,2,3\n", "“order quantity” twice"),
        ("SKU,Order quantity\nNONE,3\n", "no variant is “NONE”"),
        ("SKU,Order quantity\nSKU-0,3\nTotal,3\n", "Line 3: no variant is “Total”"),
        ("SKU,Order quantity\nSKU-0,3\n,3\n", "Line 3: it names no variant"),
        ('SKU,Order quantity\nSKU-0,"3\nSKU-1,4\n', "line 2: quotation marks do not open and close"),
        ("SKU,Order quantity\nSKU-0,3\nSKU-0,4\n", "Line 3 names a variant that stands above already"),
        (b"SKU,Order quantity\n\xff\xfe,3\n", "line 2: not UTF-8"),
        ("\n", "has no columns"),
        ("", "Choose the list"),
    ],
)
def test_with_anything_wrong_nothing_is_marked(shop, mark, content, said):
    assert said in mark(content)
    assert not PurchaseOrder.objects.exists()


def test_a_sku_of_several_variants_is_not_guessed(advised, mark):
    Variant.objects.filter(shopify_id=advised[1].variant_id).update(sku=advised[0].sku)
    assert "several variants have the SKU" in mark(f"SKU,Order quantity\n{advised[0].sku},3\n")


def test_a_day_that_is_over_is_not_expected(shop, advised, mark):
    assert "is over" in mark(f"SKU,Order quantity\n{advised[0].sku},3\n", day=local_day(shop, -1))
    assert "Choose the list" in mark(f"SKU,Order quantity\n{advised[0].sku},3\n", day="soon")
    assert not PurchaseOrder.objects.exists()
