"""A draft that was made before somebody else came to deliver it says so, and moves by one button."""

from __future__ import annotations

import pytest

from dashboard.usecases.demand_forecast.buying.dealing import Elsewhere, elsewhere, lines_elsewhere
from pipelines.models import Product, PurchaseLine, PurchaseOrder, Supplied, Supplier, Variant
from pipelines.models.usecases.demand_forecast import StockAdvice

State = PurchaseOrder.State
CHANGED = "Who delivers this has changed"


@pytest.fixture
def order(shop, send):
    """Draft an order to a vendor, with a cost that somebody typed."""
    send(
        "/orders/draft", {"vendor": StockAdvice.objects.for_shop(shop).filter(location_id=0).to_order().first().vendor}
    )
    PurchaseOrder.objects.get().lines.update(unit_cost_minor=777)
    return again()


def again():
    return PurchaseOrder.objects.select_related("shop", "supplier").order_by("number").first()


@pytest.fixture
def torver(shop, order):
    return Supplier.objects.create(shop=shop, name="Torver", currency="EUR")


def delivers(supplier, **what):
    Supplied.objects.create(shop=supplier.shop, supplier=supplier, **what)


def test_nothing_of_it_is_said_while_nothing_changed(order, see):
    assert elsewhere(order) == [] and lines_elsewhere(order) == {}
    assert CHANGED not in see(f"/orders/{order.pk}").content.decode()


def test_by_a_supplier_in_its_currency_it_is_moved_whole(order, torver, see, send, queued):
    delivers(torver, vendor=order.vendor)
    count = order.lines.count()
    assert elsewhere(order) == [Elsewhere("Torver", "EUR", count)]
    page = see(f"/orders/{order.pk}").content.decode()
    assert CHANGED in page and "Torver now, at prices in EUR" in " ".join(page.split())
    queued.clear()
    said = send(f"/orders/{order.pk}/deal", {"revision": order.revision}).content.decode()
    assert "Moved to 1 draft" in said and CHANGED not in said
    theirs = PurchaseOrder.objects.get(supplier=torver)
    assert (theirs.state, theirs.currency, theirs.lines.count()) == (State.DRAFT, "EUR", count)
    assert set(theirs.lines.values_list("unit_cost_minor", flat=True)) == {0}
    assert again().state == State.CANCELLED
    assert sorted(queued) == [("print_order", (order.pk,)), ("print_order", (theirs.pk,))]
    assert "changed since you opened" in send(f"/orders/{order.pk}/deal", {"revision": 0}).content.decode()


def test_a_single_variant_leaves_and_its_cost_goes_along_in_the_same_currency(shop, order, torver, send):
    line = order.lines.first()
    Supplier.objects.update(currency=shop.currency)
    delivers(torver, variant_id=line.variant_id)
    assert elsewhere(order) == [Elsewhere("Torver", shop.currency, 1)]
    send(f"/orders/{order.pk}/deal", {"revision": order.revision})
    moved = PurchaseOrder.objects.get(supplier=torver).lines.get()
    assert (moved.variant_id, moved.units, moved.unit_cost_minor) == (line.variant_id, line.units, 777)


def test_what_stands_on_their_draft_stays_and_is_counted(shop, order, torver, see, send):
    line = order.lines.first()
    theirs = PurchaseOrder.objects.create(shop=shop, number=9, vendor="Torver", supplier=torver, currency="EUR")
    values = {"variant_id": line.variant_id, "title": line.title, "units": 99}
    PurchaseLine.objects.create(shop=shop, order=theirs, **values)
    delivers(torver, variant_id=line.variant_id)
    assert "already stays as it is there" in see(f"/orders/{order.pk}").content.decode()
    said = send(f"/orders/{order.pk}/deal", {"revision": order.revision}).content.decode()
    assert "Moved to 1 draft. 1 variant stood there already and stayed as there" in said
    assert theirs.lines.get().units == 99


def test_a_variant_that_is_gone_is_named_where_it_keeps_the_draft(order, torver, send):
    delivers(torver, vendor=order.vendor)
    line = order.lines.last()
    Variant.objects.filter(shopify_id=line.variant_id).delete()
    PurchaseOrder.objects.update(supplier=torver, vendor="Torver")
    said = send(f"/orders/{order.pk}/deal", {"revision": order.revision}).content.decode()
    assert f"{line.title} {line.subtitle}".strip() + " would stay here" in said
    send(f"/orders/{order.pk}/units", {"revision": order.revision, f"units-{line.pk}": "0"})
    assert "Moved to 1 draft" in send(f"/orders/{order.pk}/deal", {"revision": order.revision + 1}).content.decode()


@pytest.mark.parametrize("gone", ["supplier", "currency", "vendor"])
def test_so_does_what_a_supplier_left_what_costs_other_money_and_what_is_called_anew(shop, order, torver, gone):
    vendor, count = order.vendor, order.lines.count()
    if gone == "vendor":
        products = Variant.objects.filter(shopify_id__in=order.lines.values("variant_id")).values("product_id")
        Product.objects.filter(shopify_id__in=products).update(vendor="Larch Ltd")
        assert elsewhere(order) == [Elsewhere("Larch Ltd", shop.currency, count)]
        return
    delivers(torver, vendor=vendor)
    PurchaseOrder.objects.update(supplier=torver, vendor="Torver", currency="EUR")
    assert elsewhere(again()) == [] and lines_elsewhere(again()) == {}
    if gone == "supplier":
        torver.delete()
        assert elsewhere(again()) == [Elsewhere(vendor, shop.currency, count)]
    else:
        Supplier.objects.update(currency="USD")
        assert elsewhere(again()) == [Elsewhere("Torver", "USD", count)]
    ((to, lines),) = lines_elsewhere(again()).items()
    assert to.name == elsewhere(again())[0].name and len(lines) == count
