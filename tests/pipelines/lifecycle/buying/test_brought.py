"""Orders that were sent elsewhere: written as sent, once each, whole or not at all."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.lifecycle.buying import brought, orders, suppliers
from pipelines.lifecycle.buying.brought import Brought
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, PurchaseOrder, Shop
from tests import histories

TODAY = date(2026, 11, 20)


@pytest.fixture
def shop(db) -> Shop:
    return histories.a_shop()


def an_order(name: str, units: int = 10, came: int = 0) -> Brought:
    line = Wanted(200_001, "Mug", "", "SKU-1", units, 1, 250)
    return Brought(name, "Larch", date(2026, 11, 1), date(2026, 12, 1), (line,), {200_001: came})


def test_each_is_written_once_with_a_number_of_ours(shop: Shop) -> None:
    line = Wanted(200_002, "Cap", "", "SKU-2", 1, 1, 0)
    orders.draft(shop, "Moss", [line], location_id=None, by=histories.OWNER)
    assert brought.take_over(shop, [an_order("17"), an_order("18", came=4)], by=histories.OWNER) == ["17", "18"]
    assert brought.take_over(shop, [an_order("18"), an_order("19")], by=histories.OWNER) == ["19"]
    told = PurchaseOrder.objects.exclude(known_as="").order_by("number").values_list("number", "known_as", "state")
    assert list(told) == [(2, "17", "sent"), (3, "18", "sent"), (4, "19", "sent")]
    assert LifecycleEvent.objects.filter(kind="order.brought").count() == 3


def test_it_goes_on_as_an_order_of_ours(shop: Shop) -> None:
    brought.take_over(shop, [an_order("17", came=4)], by=histories.OWNER)
    order = PurchaseOrder.objects.get()
    line = order.lines.get()
    assert (line.received, line.to_come) == (4, 6)
    orders.receive(order, {line.pk: 6}, TODAY, TODAY, revision=order.revision, by=histories.OWNER)
    order.refresh_from_db()
    assert order.state == PurchaseOrder.State.RECEIVED


def test_no_more_suppliers_come_than_a_shop_can_have(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [suppliers.Told(name, "GBP", None, 0, [], "", [], []) for name in ("Larch", "Moss")]
    monkeypatch.setattr(suppliers, "MOST", 1)
    with pytest.raises(Refused, match="Leave some out of the file"):
        brought.take_over_suppliers(shop, found, by=histories.OWNER)
    assert brought.take_over_suppliers(shop, found[:1], by=histories.OWNER) == found[:1]
    assert brought.take_over_suppliers(shop, found[:1], by=histories.OWNER) == []


def test_another_shop_may_have_one_of_that_name(shop: Shop) -> None:
    other = histories.a_shop()
    for each in (shop, other):
        assert brought.take_over(each, [an_order("17")], by=histories.OWNER) == ["17"]
