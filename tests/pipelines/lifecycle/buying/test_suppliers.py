"""Suppliers: kept with a sealed address, changed by one person at a time, deleted without harm to their orders."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.management import call_command

from pipelines.lifecycle.buying import orders, suppliers
from pipelines.lifecycle.data import frames
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.ingest import privacy, takeaway
from pipelines.models import LifecycleEvent, OrderPaper, PurchaseOrder, Shop, Supplied, Supplier
from tests import factories
from tests.pipelines.lifecycle.buying import ordering
from tests.pipelines.lifecycle.buying.ordering import ARRIVAL, BY, CAP, TODAY, TORVER, moved

pytestmark = pytest.mark.django_db
shop, torver = ordering.shop, ordering.torver


def delivers(supplier: Supplier) -> set[str | int]:
    return {row.variant_id or row.vendor for row in supplier.supplied.all()}


class TestKept:
    def test_with_what_it_delivers(self, torver: Supplier) -> None:
        assert (torver.currency, torver.lead_time_days, torver.order_weekdays) == ("EUR", 21, [1, 3])
        assert delivers(torver) == {"Larch", "Gill", 7}

    def test_its_address_is_read_by_us_alone(self, shop: Shop, torver: Supplier) -> None:
        assert suppliers.address_of(torver) == TORVER.address
        assert b"Quay" not in bytes(torver.address)
        events = LifecycleEvent.objects.for_shop(shop)
        assert "Quay" not in json.dumps([event.details for event in events])

    def test_what_it_delivers_another_does_no_more(self, shop: Shop, torver: Supplier) -> None:
        gill = suppliers.add(shop, replace(TORVER, name="Gill direct", vendors=["Gill"], variant_ids=[7, 8]), by=BY)
        assert delivers(torver) == {"Larch"} and delivers(gill) == {"Gill", 7, 8}

    def test_a_name_is_one_suppliers(self, shop: Shop, torver: Supplier) -> None:
        with pytest.raises(Refused, match="called torver outerwear already"):
            suppliers.add(shop, replace(TORVER, name="torver outerwear"), by=BY)
        suppliers.add(factories.a_shop(), TORVER, by=BY)

    def test_so_many_are_enough(self, shop: Shop, torver: Supplier, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(suppliers, "MOST", 1)
        with pytest.raises(Refused, match="Delete one first"):
            suppliers.add(shop, replace(TORVER, name="Another"), by=BY)


class TestChanged:
    def test_everything_takes_the_place_of_what_was(self, torver: Supplier) -> None:
        suppliers.change(torver, replace(TORVER, lead_time_days=None, vendors=["Larch"]), revision=0, by=BY)
        torver.refresh_from_db()
        assert (torver.lead_time_days, torver.revision, delivers(torver)) == (None, 1, {"Larch", 7})

    def test_two_people_do_not_overwrite_each_other(self, torver: Supplier) -> None:
        suppliers.change(torver, replace(TORVER, lead_time_days=5), revision=0, by=BY)
        with pytest.raises(Refused, match="changed since"):
            suppliers.change(torver, replace(TORVER, vendors=[]), revision=0, by="8")
        with pytest.raises(Refused, match="changed since"):
            suppliers.remove(torver, revision=0, by="8")
        torver.refresh_from_db()
        assert (torver.lead_time_days, delivers(torver)) == (5, {"Larch", "Gill", 7})

    def test_a_draft_follows_its_name_and_what_was_sent_keeps_it(self, shop: Shop, torver: Supplier) -> None:
        sent = moved(an_order(shop, torver), orders.send, TODAY, ARRIVAL)
        draft = an_order(shop, torver)
        suppliers.change(torver, replace(TORVER, name="Torver"), revision=0, by=BY)
        sent.refresh_from_db()
        draft.refresh_from_db()
        assert (sent.vendor, draft.vendor) == ("Torver Outerwear", "Torver")
        assert an_order(shop, Supplier.objects.get()) == draft

    def test_its_name_cannot_be_that_of_another_draft(self, shop: Shop, torver: Supplier) -> None:
        an_order(shop, torver)
        orders.draft(shop, "Larch", [CAP], location_id=None, by=BY)
        with pytest.raises(Refused, match="a draft for Larch"):
            suppliers.change(torver, replace(TORVER, name="Larch"), revision=0, by=BY)


class TestDeleted:
    def test_its_orders_stay_whole_and_keep_its_name(self, shop: Shop, torver: Supplier) -> None:
        order = moved(an_order(shop, torver), orders.send, TODAY, ARRIVAL)
        assert suppliers.remove(torver, revision=0, by=BY) == 1
        order.refresh_from_db()
        assert (order.vendor, order.supplier, order.currency) == ("Torver Outerwear", None, "EUR")
        moved(order, orders.receive, {order.lines.get().pk: 12}, TODAY, TODAY)
        assert order.state == PurchaseOrder.State.RECEIVED
        assert not Supplied.objects.exists()
        kinds = LifecycleEvent.objects.for_shop(shop).order_by("seq").values_list("kind", flat=True)
        assert list(kinds)[-2:] == ["supplier.removed", "order.received"]
        assert LifecycleEvent.broken_at(shop) is None

    def test_what_was_printed_of_a_draft_goes_with_its_address(self, shop: Shop, torver: Supplier) -> None:
        sent = moved(an_order(shop, torver), orders.send, TODAY, ARRIVAL)
        for order in (sent, an_order(shop, torver)):
            OrderPaper.objects.create(shop=shop, order=order, file=b"sealed")
        suppliers.remove(torver, revision=0, by=BY)
        assert OrderPaper.objects.get().order == sent

    def test_it_goes_with_its_shop(self, shop: Shop, torver: Supplier) -> None:
        privacy.redact_shop(shop)
        assert not Supplier.objects.exists() and not Supplied.objects.exists()


def an_order(shop: Shop, supplier: Supplier) -> PurchaseOrder:
    return orders.draft(shop, "", [CAP], supplier=supplier, location_id=None, by=BY)


def test_an_order_is_in_its_currency(shop: Shop, torver: Supplier) -> None:
    order = an_order(shop, torver)
    assert (order.vendor, order.supplier, order.currency) == ("Torver Outerwear", torver, "EUR")


@pytest.mark.parametrize(
    ("weekdays", "day"), [([1, 3], date(2026, 11, 24)), ([4], TODAY), ([], TODAY), ([3], date(2026, 11, 26))]
)
def test_it_takes_orders_on_its_days(weekdays: list[int], day: date) -> None:
    assert suppliers.takes_orders_on(Supplier(order_weekdays=weekdays), TODAY) == day  # a Friday


def test_its_order_days_are_known_of_what_it_delivers(shop: Shop, torver: Supplier) -> None:
    any_day = replace(TORVER, name="Any day", lead_time_days=None, order_weekdays=[], vendors=["Moss"], variant_ids=[9])
    suppliers.add(shop, any_day, by=BY)
    rules = frames.stock_rules(shop)
    known = {(row.variant_id if row.variant_id > 0 else row.vendor): row.order_days for row in rules.itertuples()}
    assert known == {"Larch": 0b1010, "Gill": 0b1010, 7: 0b1010, "Moss": 0, 9: 0}


def test_its_address_is_handed_out_as_it_was_typed(shop: Shop, torver: Supplier) -> None:
    rows = [json.loads(line) for line in takeaway.lines(shop, by=BY)]
    assert [row["row"]["address"] for row in rows if row["table"] == "supplier"] == [TORVER.address]


def test_a_new_key_seals_its_address_too(settings: Any) -> None:
    old, new = (f"k{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
    settings.ENCRYPTION_KEYS = old
    torver = suppliers.add(factories.a_shop(), TORVER, by=BY)
    settings.ENCRYPTION_KEYS = f"{new},{old}"
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = new
    torver.refresh_from_db()
    assert suppliers.address_of(torver) == TORVER.address


def test_of_an_address_that_no_key_opens_the_rest_is_handed_out(shop: Shop, torver: Supplier) -> None:
    Supplier.objects.update(address=b"k9:nothing")
    rows = [json.loads(line) for line in takeaway.lines(shop, by=BY)]
    assert [row["row"]["address"] for row in rows if row["table"] == "supplier"] == [takeaway.UNREADABLE]
