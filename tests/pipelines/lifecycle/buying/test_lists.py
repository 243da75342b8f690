"""What was ordered by a downloaded list counts as on the way, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from pipelines.lifecycle.buying import lists, orders, suppliers
from pipelines.lifecycle.buying.lists import To
from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, PurchaseOrder, Shop
from tests.pipelines.lifecycle.buying import ordering
from tests.pipelines.lifecycle.buying.ordering import ARRIVAL, BY, CAP, SCARF, TODAY, TORVER, moved, on_the_way

pytestmark = pytest.mark.django_db
shop = ordering.shop

State = PurchaseOrder.State
LARCH, GILL = To("Larch", None), To("Gill", None)
YESTERDAY = TODAY - timedelta(days=1)


def mark(
    shop: Shop, parts: dict[To, list[orders.Wanted]], on: date = YESTERDAY, besides: datetime | None = None
) -> list[PurchaseOrder]:
    return lists.mark_ordered(shop, parts, TODAY, on, ARRIVAL, besides=besides, by=BY)


def test_each_part_is_an_order_that_was_sent_on_that_day(shop: Shop) -> None:
    larch, gill = mark(shop, {LARCH: [CAP], GILL: [SCARF]})
    assert (larch.vendor, larch.state, larch.sent_on, larch.expected_on) == ("Larch", State.SENT, YESTERDAY, ARRIVAL)
    assert on_the_way(larch) == {1: 12, 2: 5} and gill.number == 2


def test_a_suppliers_part_is_in_its_currency(shop: Shop) -> None:
    torver = suppliers.add(shop, TORVER, by=BY)
    (order,) = mark(shop, {To("", torver): [CAP]})
    assert (order.vendor, order.supplier, order.currency) == ("Torver Outerwear", torver, "EUR")


def test_a_draft_that_is_there_becomes_what_was_ordered(shop: Shop) -> None:
    draft = orders.draft(shop, "Larch", [CAP, SCARF], location_id=None, by=BY)
    (order,) = mark(shop, {LARCH: [replace(CAP, units=24)]})
    assert order == draft and on_the_way(order) == {1: 24}
    assert not PurchaseOrder.objects.filter(state=State.DRAFT).exists()
    assert LifecycleEvent.broken_at(shop) is None


def test_the_same_list_twice_is_refused_whole(shop: Shop) -> None:
    mark(shop, {LARCH: [CAP]})
    with pytest.raises(Refused, match="Larch delivers of this list was marked as ordered already, as order 1"):
        mark(shop, {GILL: [SCARF], LARCH: [CAP]})
    assert PurchaseOrder.objects.count() == 1
    mark(shop, {LARCH: [replace(CAP, units=6)]})


@pytest.mark.parametrize("on", [TODAY, TODAY - timedelta(days=300)])
def test_the_same_list_of_another_day_or_of_a_supplier_since_is_the_same_order(shop: Shop, on: date) -> None:
    mark(shop, {LARCH: [CAP, SCARF]})
    torver = suppliers.add(shop, TORVER, by=BY)
    for to in (LARCH, To("", torver)):
        with pytest.raises(Refused, match="order 1, and counts once"):
            mark(shop, {to: [SCARF, CAP]}, on=on)
    assert PurchaseOrder.objects.count() == 1


def test_once_more_is_another_order_but_not_by_the_same_page_twice(shop: Shop) -> None:
    (first,) = mark(shop, {LARCH: [CAP]})
    mark(shop, {LARCH: [CAP]}, besides=first.sent_at)
    assert [order.number for order in PurchaseOrder.objects.order_by("number")] == [1, 2]
    with pytest.raises(Refused, match="as order 2"):
        mark(shop, {LARCH: [CAP]}, besides=first.sent_at)


def test_once_more_counts_once_also_where_an_older_draft_became_it(shop: Shop) -> None:
    draft = orders.draft(shop, "Larch", [SCARF], location_id=None, by=BY)
    newer = orders.draft(shop, "Gill", [CAP], location_id=None, by=BY)
    newest = moved(newer, orders.send, TODAY, ARRIVAL).sent_at
    assert mark(shop, {LARCH: [CAP]}, besides=newest) == [draft]
    with pytest.raises(Refused, match="as order 1, and counts once"):
        mark(shop, {LARCH: [CAP]}, besides=newest)
    assert PurchaseOrder.objects.count() == 2


def test_what_came_long_ago_is_ordered_again_like_anything(shop: Shop) -> None:
    (order,) = mark(shop, {LARCH: [CAP]}, on=TODAY - timedelta(days=40))
    moved(order, orders.receive_all, TODAY, TODAY - timedelta(days=20))
    with pytest.raises(Refused, match="already, as order 1"):
        mark(shop, {LARCH: [CAP]}, on=TODAY - timedelta(days=10))
    assert mark(shop, {LARCH: [CAP]}, on=TODAY)[0].number == 2


def test_what_was_cancelled_can_be_ordered_again(shop: Shop) -> None:
    (order,) = mark(shop, {LARCH: [CAP]})
    moved(order, orders.cancel)
    assert on_the_way(mark(shop, {LARCH: [CAP]})[0]) == {1: 12}


@pytest.mark.parametrize("on", [TODAY + timedelta(days=1), TODAY - timedelta(days=366)])
def test_it_was_ordered_within_a_year_and_not_tomorrow(shop: Shop, on: date) -> None:
    with pytest.raises(Refused, match="up to 365 days before"):
        mark(shop, {LARCH: [CAP]}, on=on)
    assert not PurchaseOrder.objects.exists()


def test_goods_may_have_come_since_it_was_ordered(shop: Shop) -> None:
    (order,) = mark(shop, {LARCH: [CAP]}, on=TODAY - timedelta(days=9))
    moved(order, orders.receive, {order.lines.get().pk: 12}, TODAY, TODAY - timedelta(days=2))
    assert order.state == State.RECEIVED
