"""What is brought along a second time counts once, however the file came to look meanwhile."""

from __future__ import annotations

import pytest

from pipelines.models import PurchaseLine, PurchaseOrder, StockRule, Supplier, Variant
from tests.dashboard.usecases.demand_forecast.brought.test_views import ORDERS, line

HERE = "it is here already."


def coming() -> dict[str, int]:
    """Give the units on their way by SKU."""
    return {line.sku: line.to_come for line in PurchaseLine.objects.on_the_way()}


@pytest.mark.parametrize(("first", "again"), [("0017", "17"), ("#1017", "1017"), ("PO-17", "po-17")])
def test_an_order_is_known_though_a_spreadsheet_took_zeros_off_its_number(shop, two, bring, first, again) -> None:
    for number in (first, again):
        page = bring(ORDERS, line(shop, number, "ST-1", 12)).content.decode()
    assert f"Order {again}: {HERE}" in page and coming() == {"ST-1": 12}


def test_an_order_that_came_since_does_not_come_once_more(shop, two, bring) -> None:
    bring(ORDERS, line(shop, "17", "ST-1", 12))
    PurchaseOrder.objects.update(state=PurchaseOrder.State.RECEIVED)
    assert HERE in bring(ORDERS, line(shop, "17", "ST-1", 12)).content.decode()
    assert coming() == {}


def test_an_order_twice_in_one_file_is_one(shop, two, bring) -> None:
    rows = [line(shop, "17", "ST-1", 12), line(shop, "18", "ST-2", 3), line(shop, "#17", "ST-1", 12, came=4)]
    assert "the order has “ST-1” above already; the first line stands" in bring(ORDERS, *rows).content.decode()
    assert coming() == {"ST-1": 12, "ST-2": 3}


def test_an_order_without_a_number_whose_file_was_mended_does_not_come_once_more(shop, two, bring) -> None:
    file = ("Supplier,SKU,Qty Ordered", "Larch,ST-1,12", "Larch,ST-3,4")
    assert "Line 3: no variant has the SKU “ST-3”" in bring(*file).content.decode()
    Variant.objects.filter(pk=two[1].pk).update(sku="ST-3")
    page = bring(*file).content.decode()
    assert (
        "The order: order PO-0001 brings 12 units of “ST-1” already. If this is another one, give it a number" in page
    )
    assert coming() == {"ST-1": 12}
    bring("PO Number,Supplier,SKU,Qty Ordered", "18,Larch,ST-1,12")
    assert PurchaseOrder.objects.count() == 2


def test_our_own_file_of_an_order_that_came_from_elsewhere_is_that_order(shop, two, bring, see) -> None:
    bring(ORDERS, line(shop, "17", "ST-1", 12))
    ours = b"".join(see(f"/orders/{PurchaseOrder.objects.get().pk}.csv").streaming_content).decode("utf-8-sig")
    for _ in range(2):
        assert f"Order PO-0001: {HERE}" in bring(*ours.splitlines()).content.decode()
    assert coming() == {"ST-1": 12}


def test_an_order_tells_the_number_that_it_had_and_one_without_tells_none(shop, two, bring, see) -> None:
    bring(ORDERS, line(shop, "17", "ST-1", 12))
    bring("Supplier,SKU,Qty Ordered", "Moss,ST-2,4")
    for order, told in zip(PurchaseOrder.objects.order_by("number"), (True, False), strict=True):
        assert ("Brought along as 17." in see(f"/orders/{order.pk}").content.decode()) is told
    listed = see("/orders").content.decode()
    assert "Larch Supply, brought along as 17" in listed and listed.count("brought along as") == 1


def test_our_own_file_of_a_draft_sends_nothing(shop, two, bring, see) -> None:
    bring(ORDERS, line(shop, "17", "ST-1", 12))
    PurchaseOrder.objects.update(known_as="", state=PurchaseOrder.State.DRAFT, sent_on=None, expected_on=None)
    ours = b"".join(see(f"/orders/{PurchaseOrder.objects.get().pk}.csv").streaming_content).decode("utf-8-sig")
    assert f"Order PO-0001: {HERE}" in bring(*ours.splitlines()).content.decode() and coming() == {}


def test_suppliers_and_products_learn_nothing_the_second_time(shop, two, bring) -> None:
    suppliers = ("Name,Currency,Lead time (days),MOQ", "Vendor 0,EUR,21,6", "Larch,EUR,9,")
    products = ("SKU,Cost,Lead time", "ST-1,4.10,30")
    for file in (suppliers, products):
        bring(*file)
    before = list(Supplier.objects.values()), list(StockRule.objects.values())
    again = [bring(*file).content.decode() for file in (suppliers, products)]
    assert "2 suppliers read, 0 new" in again[0] and "0 rules learned something" in again[1]
    assert (list(Supplier.objects.values()), list(StockRule.objects.values())) == before


def test_an_app_that_numbers_as_we_do_brings_other_orders(shop, two, bring) -> None:
    bring("PO Number,Supplier,SKU,Qty Ordered", "17,Larch,ST-1,12")
    bring("PO Number,Supplier,SKU,Qty Ordered", "PO-0001,Moss,ST-2,4")
    assert coming() == {"ST-1": 12, "ST-2": 4}
    page = bring("PO Number,Supplier,SKU,Qty Ordered", "PO-0001,Moss,ST-2,4").content.decode()
    assert f"Order PO-0001: {HERE}" in page and coming() == {"ST-1": 12, "ST-2": 4}
