"""An order to a supplier: drafted, sent, received in parts, cancelled, each move once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle.buying import orders
from pipelines.lifecycle.errors import Refused
from pipelines.models import GoodsReceipt, LifecycleEvent, Location, PurchaseLine, PurchaseOrder, Shop
from tests import factories
from tests.pipelines.lifecycle.buying import ordering
from tests.pipelines.lifecycle.buying.ordering import ARRIVAL, BY, CAP, SCARF, TODAY, came, line, moved, on_the_way

pytestmark = pytest.mark.django_db
shop, order, sent = ordering.shop, ordering.order, ordering.sent

State = PurchaseOrder.State


def kinds(order: PurchaseOrder) -> list[str]:
    return list(LifecycleEvent.objects.for_shop(order.shop).order_by("seq").values_list("kind", flat=True))


def a_place(shop: Shop, shopify_id: int = 77, **changes: Any) -> Location:
    return Location.objects.create(shop=shop, shopify_id=shopify_id, name="Leeds", updated_at=timezone.now(), **changes)


class TestWhere:
    def test_it_goes_to_the_place_that_was_said_and_may_go_to_another(self, shop: Shop, order: PurchaseOrder) -> None:
        a_place(shop), a_place(shop, 78)
        sent = moved(order, orders.send, TODAY, ARRIVAL, 77)
        assert sent.location_id == 77
        assert moved(sent, orders.expect, TODAY, ARRIVAL, 78).location_id == 78
        assert moved(sent, orders.expect, TODAY, ARRIVAL).location_id is None

    def test_not_to_a_place_that_was_closed(self, shop: Shop, order: PurchaseOrder) -> None:
        a_place(shop, is_active=False)
        with pytest.raises(Refused, match="not one of yours any more"):
            moved(order, orders.send, TODAY, ARRIVAL, 77)

    def test_not_on_a_day_that_nobody_waits_for(self, order: PurchaseOrder) -> None:
        with pytest.raises(Refused, match="more than two years ahead"):
            moved(order, orders.send, TODAY, date(9999, 12, 31))

    def test_not_to_a_place_that_is_gone_or_anothers(self, shop: Shop, order: PurchaseOrder) -> None:
        a_place(shop, deleted_at=timezone.now())
        a_place(factories.a_shop(), 78)
        for place in (77, 78):
            with pytest.raises(Refused, match="not one of yours"):
                moved(order, orders.send, TODAY, ARRIVAL, place)

    def test_it_counts_on_its_day_and_once_late_as_late_as_usual(self, sent: PurchaseOrder) -> None:
        assert sent.comes_on(TODAY) == sent.comes_on(ARRIVAL) == ARRIVAL
        assert sent.comes_on(ARRIVAL + timedelta(days=1)) == ARRIVAL + timedelta(days=8)


class TestDraft:
    def test_nothing_of_it_is_on_the_way(self, order: PurchaseOrder) -> None:
        assert (order.number, order.state, on_the_way(order)) == (1, State.DRAFT, {})

    def test_another_draft_to_the_same_vendor_is_the_same(self, shop: Shop, order: PurchaseOrder) -> None:
        assert orders.draft(shop, "Larch", [SCARF], location_id=None, by=BY) == order
        assert order.lines.count() == 2

    def test_numbers_go_up_by_shop(self, shop: Shop, order: PurchaseOrder) -> None:
        assert orders.draft(shop, "Gill", [CAP], location_id=None, by=BY).number == 2
        assert orders.draft(factories.a_shop(), "Gill", [CAP], location_id=None, by=BY).number == 1

    def test_with_nothing_to_order_there_is_none(self, shop: Shop) -> None:
        with pytest.raises(Refused, match="nothing to order"):
            orders.draft(shop, "Larch", [replace(CAP, units=0)], location_id=None, by=BY)

    def test_its_units_can_be_changed_and_lines_left_out(self, order: PurchaseOrder) -> None:
        moved(order, orders.change, came(order, caps=24))
        assert [(row.variant_id, row.units) for row in order.lines.all()] == [(1, 24)]

    @pytest.mark.parametrize("units", [-1, orders.LARGEST + 1])
    def test_units_that_no_line_holds_are_refused_whole(self, order: PurchaseOrder, units: int) -> None:
        with pytest.raises(Refused, match="A line takes"):
            moved(order, orders.change, came(order, caps=3, scarves=units))
        assert line(order, 1).units == 12

    def test_an_empty_one_cannot_be_sent(self, order: PurchaseOrder) -> None:
        moved(order, orders.change, came(order))
        with pytest.raises(Refused, match="no line"):
            moved(order, orders.send, TODAY, ARRIVAL)


class TestSent:
    def test_its_units_are_on_the_way(self, sent: PurchaseOrder) -> None:
        assert (sent.state, sent.expected_on, on_the_way(sent)) == (State.SENT, ARRIVAL, {1: 12, 2: 5})

    def test_it_is_sent_once(self, sent: PurchaseOrder) -> None:
        with pytest.raises(Refused, match="was sent already"):
            moved(sent, orders.send, TODAY, ARRIVAL)

    def test_it_is_not_changed_any_more(self, sent: PurchaseOrder) -> None:
        with pytest.raises(Refused, match="Cancel it"):
            moved(sent, orders.change, came(sent, caps=1))

    @pytest.mark.parametrize("ago", [-1, 366])
    def test_it_was_sent_within_a_year_and_not_tomorrow(self, order: PurchaseOrder, ago: int) -> None:
        with pytest.raises(Refused, match="up to 365 days before"):
            orders.send(order, TODAY, ARRIVAL, on=TODAY - timedelta(days=ago), revision=0, by=BY)

    def test_a_day_that_is_over_cannot_be_expected(self, order: PurchaseOrder) -> None:
        with pytest.raises(Refused, match="is over"):
            moved(order, orders.send, TODAY, TODAY - timedelta(days=1))

    def test_another_day_can_be_expected(self, sent: PurchaseOrder) -> None:
        assert moved(sent, orders.expect, TODAY, TODAY).expected_on == TODAY

    def test_cancelled_nothing_comes(self, sent: PurchaseOrder) -> None:
        assert moved(sent, orders.cancel).state == State.CANCELLED
        assert on_the_way(sent) == {}
        with pytest.raises(Refused, match="ended already"):
            moved(sent, orders.cancel)


class TestReceived:
    def test_in_parts_the_rest_stays_on_the_way(self, sent: PurchaseOrder) -> None:
        moved(sent, orders.receive, came(sent, caps=8), TODAY, TODAY)
        assert (sent.state, on_the_way(sent)) == (State.SENT, {1: 4, 2: 5})
        moved(sent, orders.receive, came(sent, caps=4, scarves=5), TODAY + timedelta(days=3), TODAY + timedelta(days=2))
        assert (sent.state, on_the_way(sent)) == (State.RECEIVED, {})

    def test_the_same_delivery_is_not_counted_twice(self, sent: PurchaseOrder) -> None:
        shown = sent.revision
        orders.receive(sent, came(sent, caps=8), TODAY, TODAY, revision=shown, by=BY)
        with pytest.raises(Refused, match="changed since"):
            orders.receive(sent, came(sent, caps=8), TODAY, TODAY, revision=shown, by="8")
        assert line(sent, 1).received == 8

    def test_more_than_was_ordered_is_kept_as_it_came(self, sent: PurchaseOrder) -> None:
        moved(sent, orders.receive, came(sent, caps=15), TODAY, TODAY)
        assert (line(sent, 1).received, on_the_way(sent)) == (15, {2: 5})

    @pytest.mark.parametrize(("caps", "why"), [(-1, "less than none"), (0, "at least one"), (10**9, "A line takes")])
    def test_what_cannot_have_come_is_refused(self, sent: PurchaseOrder, caps: int, why: str) -> None:
        with pytest.raises(Refused, match=why):
            moved(sent, orders.receive, came(sent, caps=caps), TODAY, TODAY)
        assert not GoodsReceipt.objects.exists()

    @pytest.mark.parametrize("late", [-1, 1])
    def test_goods_come_between_the_order_and_today(self, sent: PurchaseOrder, late: int) -> None:
        with pytest.raises(Refused, match="between the day"):
            moved(sent, orders.receive, came(sent, caps=1), TODAY, TODAY + timedelta(days=late))

    def test_all_of_it_is_what_was_still_to_come_in_one_entry_of_the_ledger(
        self, shop: Shop, sent: PurchaseOrder
    ) -> None:
        moved(sent, orders.receive, came(sent, caps=15, scarves=2), TODAY, TODAY)
        moved(sent, orders.receive_all, TODAY + timedelta(days=2), TODAY + timedelta(days=1))
        assert (sent.state, on_the_way(sent)) == (State.RECEIVED, {})
        assert [(row.variant_id, row.received) for row in sent.lines.order_by("pk")] == [(1, 15), (2, 5)]
        newest = GoodsReceipt.objects.for_shop(shop).order_by("-pk").first()
        assert newest and (newest.line, newest.units, newest.by) == (line(sent, 2), 3, BY)
        assert newest.day == TODAY + timedelta(days=1)
        event = LifecycleEvent.objects.for_shop(shop).order_by("-seq").first()
        assert event and (event.kind, event.details["units"]) == ("order.received", 3)

    def test_all_of_it_comes_once_whoever_says_so(self, sent: PurchaseOrder) -> None:
        shown = sent.revision
        orders.receive_all(sent, TODAY, TODAY, revision=shown, by=BY)
        with pytest.raises(Refused, match="changed since"):
            orders.receive_all(sent, TODAY, TODAY, revision=shown, by="8")
        with pytest.raises(Refused, match="not on its way"):
            moved(PurchaseOrder.objects.get(pk=sent.pk), orders.receive_all, TODAY, TODAY)
        assert (GoodsReceipt.objects.count(), line(sent, 1).received) == (2, 12)

    def test_all_of_it_is_taken_back_at_once_and_what_came_before_stays(self, sent: PurchaseOrder) -> None:
        moved(sent, orders.receive, came(sent, caps=4), TODAY, TODAY)
        moved(sent, orders.receive_all, TODAY, TODAY)
        newest = GoodsReceipt.objects.order_by("-pk")[0].pk
        moved(sent, orders.take_back, newest, True)
        assert (sent.state, sent.ended_at, on_the_way(sent)) == (State.SENT, None, {1: 8, 2: 5})
        assert [row.units for row in GoodsReceipt.objects.all()] == [4]

    def test_two_deliveries_of_one_moment_are_two(self, sent: PurchaseOrder, monkeypatch: pytest.MonkeyPatch) -> None:
        now = timezone.now()
        monkeypatch.setattr(timezone, "now", lambda: now)
        moved(sent, orders.receive, came(sent, caps=4, scarves=1), TODAY, TODAY)
        moved(sent, orders.receive_all, TODAY, TODAY)
        assert len(set(GoodsReceipt.objects.values_list("at"))) == 1
        newest = GoodsReceipt.objects.order_by("-pk")[0].pk
        moved(sent, orders.take_back, newest, True)
        assert on_the_way(sent) == {1: 8, 2: 4}
        moved(sent, orders.take_back, GoodsReceipt.objects.order_by("pk")[0].pk, True)
        assert on_the_way(sent) == {1: 12, 2: 5}

    def test_one_that_was_written_before_they_had_numbers_is_taken_back_alone(self, sent: PurchaseOrder) -> None:
        moved(sent, orders.receive, came(sent, caps=4, scarves=1), TODAY, TODAY)
        GoodsReceipt.objects.update(delivery=None)
        moved(sent, orders.take_back, GoodsReceipt.objects.get(line=line(sent, 2)).pk, True)
        assert on_the_way(sent) == {1: 8, 2: 5}

    @pytest.mark.parametrize("late", [-1, 1])
    def test_all_of_it_comes_between_the_order_and_today(self, sent: PurchaseOrder, late: int) -> None:
        with pytest.raises(Refused, match="between the day"):
            moved(sent, orders.receive_all, TODAY, TODAY + timedelta(days=late))

    def test_a_draft_receives_nothing(self, order: PurchaseOrder) -> None:
        with pytest.raises(Refused, match="not on its way"):
            moved(order, orders.receive, came(order, caps=1), TODAY, TODAY)

    def test_lines_of_another_order_are_left_alone(self, shop: Shop, sent: PurchaseOrder) -> None:
        other = orders.draft(shop, "Gill", [CAP], location_id=None, by=BY)
        foreign = {line(other, 1).pk: 3} | came(sent, caps=1)
        moved(sent, orders.receive, foreign, TODAY, TODAY)
        assert line(other, 1).received == 0

    def test_taken_back_it_is_on_the_way_again(self, sent: PurchaseOrder) -> None:
        moved(sent, orders.receive, came(sent, caps=12, scarves=5), TODAY, TODAY)
        receipt = GoodsReceipt.objects.get(line=line(sent, 1))
        moved(sent, orders.take_back, receipt.pk)
        assert (sent.state, sent.ended_at, on_the_way(sent)) == (State.SENT, None, {1: 12})
        with pytest.raises(Refused, match="any more"):
            moved(sent, orders.take_back, receipt.pk)

    def test_what_never_comes_is_no_longer_expected(self, sent: PurchaseOrder) -> None:
        moved(sent, orders.receive, came(sent, caps=8), TODAY, TODAY)
        assert (moved(sent, orders.cancel).state, on_the_way(sent)) == (State.RECEIVED, {})


def test_two_people_do_not_overwrite_each_other(order: PurchaseOrder) -> None:
    mine, theirs = PurchaseOrder.objects.get(pk=order.pk), PurchaseOrder.objects.get(pk=order.pk)
    moved(mine, orders.change, came(mine, caps=6, scarves=5))
    with pytest.raises(Refused, match="changed since"):
        moved(theirs, orders.send, TODAY, ARRIVAL)
    assert PurchaseOrder.objects.get(pk=order.pk).state == State.DRAFT


def test_every_move_stands_in_the_ledger_and_the_chain_holds(sent: PurchaseOrder) -> None:
    moved(sent, orders.receive, came(sent, caps=8), TODAY, TODAY)
    moved(sent, orders.cancel)
    assert kinds(sent) == ["order.drafted", "order.sent", "order.received", "order.ended"]
    assert LifecycleEvent.broken_at(sent.shop) is None


def test_what_came_in_many_parts_is_no_more_than_a_line_can_hold(sent: PurchaseOrder) -> None:
    PurchaseLine.objects.filter(pk=line(sent, 1).pk).update(received=orders.LARGEST)
    with pytest.raises(Refused, match="A line takes from 0"):
        moved(sent, orders.receive, came(sent, 1), TODAY, TODAY)
