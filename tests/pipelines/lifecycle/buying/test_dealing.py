"""Lines of a draft go to who delivers them now, once, and nothing that was typed is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.lifecycle.buying import dealing, orders, suppliers
from pipelines.lifecycle.buying.lists import To
from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, PurchaseOrder, Shop, Supplier
from tests.pipelines.lifecycle.buying import ordering
from tests.pipelines.lifecycle.buying.ordering import ARRIVAL, BY, CAP, SCARF, TODAY, TORVER, moved

pytestmark = pytest.mark.django_db
shop, order = ordering.shop, ordering.order

State = PurchaseOrder.State


@pytest.fixture
def torver(shop: Shop, order: PurchaseOrder) -> Supplier:
    return suppliers.add(shop, TORVER, by=BY)


def units(order: PurchaseOrder) -> dict[int, int]:
    return dict(order.lines.order_by("pk").values_list("variant_id", "units"))


def deal(order: PurchaseOrder, parts: dict[To, list[orders.Wanted]]) -> list[PurchaseOrder]:
    return dealing.deal(order, parts, revision=order.revision, by=BY)[0]


def test_a_part_leaves_and_the_rest_stays(shop: Shop, order: PurchaseOrder, torver: Supplier) -> None:
    (theirs,) = deal(order, {To("", torver): [replace(CAP, units=7)]})
    order.refresh_from_db()
    assert (order.state, order.revision, units(order)) == (State.DRAFT, 1, {2: 5})
    assert (theirs.supplier, theirs.currency, theirs.state, units(theirs)) == (torver, "EUR", State.DRAFT, {1: 7})
    assert LifecycleEvent.broken_at(shop) is None


def test_where_all_of_it_leaves_the_draft_ends_with_what_it_said(order: PurchaseOrder, torver: Supplier) -> None:
    deal(order, {To("", torver): [CAP], To("Gill", None): [SCARF]})
    order.refresh_from_db()
    assert (order.state, units(order)) == (State.CANCELLED, {1: 12, 2: 5})
    drafts = PurchaseOrder.objects.filter(state=State.DRAFT).order_by("number")
    assert [(each.vendor, units(each)) for each in drafts] == [("Torver Outerwear", {1: 12}), ("Gill", {2: 5})]


def test_what_stands_on_their_draft_already_is_not_added_up(shop: Shop, order: PurchaseOrder, torver: Supplier) -> None:
    theirs = orders.draft(shop, "", [replace(CAP, units=99)], supplier=torver, location_id=None, by=BY)
    assert dealing.deal(order, {To("", torver): [CAP, SCARF]}, revision=0, by=BY) == ([theirs], 1)
    theirs.refresh_from_db()
    assert (units(theirs), theirs.revision) == ({1: 99, 2: 5}, 1)


def test_at_another_currency_of_the_same_supplier_it_is_drafted_anew(shop: Shop, torver: Supplier) -> None:
    mine = orders.draft(shop, "", [CAP], supplier=torver, location_id=None, by=BY)
    suppliers.change(torver, replace(TORVER, currency="USD"), revision=0, by=BY)
    torver.refresh_from_db()
    mine.refresh_from_db()
    (anew,) = deal(mine, {To("", torver): [replace(CAP, unit_cost_minor=0)]})
    assert anew != mine and (anew.currency, units(anew)) == ("USD", {1: 12})


@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_what_would_keep_the_one_draft_of_a_name_is_told_by_its_own(
    shop: Shop, torver: Supplier, currency: str
) -> None:
    mine = orders.draft(shop, torver.name, [CAP, SCARF], supplier=None, location_id=None, by=BY)
    suppliers.change(torver, replace(TORVER, currency=currency), revision=0, by=BY)
    torver.refresh_from_db()
    with pytest.raises(Refused, match=r"^Scarf Blue would stay here.*Leave that out \(0 units\)"):
        deal(mine, {To("", torver): [CAP]})
    mine.refresh_from_db()
    assert (mine.revision, units(mine)) == (0, {1: 12, 2: 5})
    moved(mine, orders.change, {mine.lines.get(variant_id=2).pk: 0})
    (anew,) = deal(mine, {To("", torver): [CAP]})
    assert anew != mine and (anew.currency, units(anew)) == (currency, {1: 12})


def test_of_many_that_would_stay_a_few_are_named(shop: Shop, torver: Supplier) -> None:
    many = [replace(SCARF, variant_id=each, title=f"Scarf {each}", subtitle="") for each in range(2, 8)]
    mine = orders.draft(shop, "", [CAP, *many], supplier=torver, location_id=None, by=BY)
    with pytest.raises(Refused, match="Scarf 2, Scarf 3, Scarf 4 and 3 more would stay"):
        deal(mine, {To("", torver): [CAP]})


def test_their_draft_in_a_currency_of_before_comes_first(shop: Shop, order: PurchaseOrder, torver: Supplier) -> None:
    orders.draft(shop, "", [SCARF], supplier=torver, location_id=None, by=BY)
    suppliers.change(torver, replace(TORVER, currency="USD"), revision=0, by=BY)
    torver.refresh_from_db()
    with pytest.raises(Refused, match="a draft for Torver Outerwear in EUR"):
        deal(order, {To("", torver): [CAP]})
    assert units(order) == {1: 12, 2: 5}


def test_once_and_not_of_what_was_sent(order: PurchaseOrder, torver: Supplier) -> None:
    with pytest.raises(Refused, match="comes from whom it is for"):
        deal(order, {})
    deal(order, {To("", torver): [CAP]})
    with pytest.raises(Refused, match="changed since"):
        deal(order, {To("", torver): [SCARF]})
    order.refresh_from_db()
    with pytest.raises(Refused, match="was sent already"):
        deal(moved(order, orders.send, TODAY, ARRIVAL), {To("", torver): [SCARF]})
