"""Several people at one order at once: each move happens once, nobody waits for ever. Real processes, real commits."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from benchmarks.rig.fire import REFUSED, fork, in_a_process, survives
from pipelines.lifecycle.buying import lists, orders, suppliers
from pipelines.lifecycle.buying.lists import To
from pipelines.models import GoodsReceipt, LifecycleEvent, PurchaseLine, PurchaseOrder, Shop, Supplier
from tests import waiting
from tests.pipelines.lifecycle.buying import ordering
from tests.pipelines.lifecycle.buying.ordering import ARRIVAL, BY, CAP, SCARF, TODAY, TORVER, came, line, moved

pytestmark = pytest.mark.django_db(transaction=True)
shop, sent, torver = ordering.shop, ordering.sent, ordering.torver

State = PurchaseOrder.State


@pytest.fixture
def order(shop: Shop, torver: Supplier) -> PurchaseOrder:
    return orders.draft(shop, "", [CAP, SCARF], supplier=torver, location_id=None, by=BY)


def at_once(*works: Callable[[], Any]) -> list[int | None]:
    """Let each work be done in a process of its own, all begun together; give how they ended."""
    barrier = fork.Barrier(len(works))
    crowd = [in_a_process(work, barrier=barrier) for work in works]
    for process in crowd:
        process.join(waiting.SECONDS)
    return [process.exitcode for process in crowd]


def is_whole(shop: Shop) -> None:
    """Hold that lines say of what came what receipts do, and that the ledger's chain holds."""
    told = dict(GoodsReceipt.objects.values_list("line").annotate(units=Sum("units")))
    assert {row.pk: row.received for row in PurchaseLine.objects.all() if row.received} == told
    assert LifecycleEvent.broken_at(shop) is None


def test_of_many_who_write_the_same_delivery_down_one_does(shop: Shop, sent: PurchaseOrder) -> None:
    shown, units = sent.revision, came(sent, caps=8)
    ended = at_once(*[lambda: orders.receive(sent, units, TODAY, TODAY, revision=shown, by=BY)] * 5)
    assert sorted(ended) == [0, *[REFUSED] * 4]
    assert line(sent, 1).received == 8
    is_whole(shop)


def test_of_moves_that_differ_one_is_made_whichever_it_is(shop: Shop, sent: PurchaseOrder) -> None:
    moved(sent, orders.receive, came(sent, caps=4), TODAY, TODAY)
    shown, receipt, later = sent.revision, GoodsReceipt.objects.get().pk, ARRIVAL + timedelta(days=1)
    ended = at_once(
        lambda: orders.receive(sent, came(sent, caps=8), TODAY, TODAY, revision=shown, by=BY),
        lambda: orders.receive_all(sent, TODAY, TODAY, revision=shown, by=BY),
        lambda: orders.take_back(sent, receipt, True, revision=shown, by=BY),
        lambda: orders.expect(sent, TODAY, later, revision=shown, by=BY),
        lambda: orders.cancel(sent, revision=shown, by=BY),
    )
    assert sorted(ended) == [0, *[REFUSED] * 4]
    sent.refresh_from_db()
    assert sent.revision == shown + 1
    is_whole(shop)


def test_changing_and_sending_one_draft_neither_overwrites_the_other(shop: Shop, order: PurchaseOrder) -> None:
    units = came(order, caps=24, scarves=5)
    ended = at_once(
        lambda: orders.change(order, units, revision=0, by=BY),
        lambda: orders.send(order, TODAY, ARRIVAL, revision=0, by=BY),
        lambda: orders.refill(order, [replace(CAP, units=6)], None, revision=0, by=BY),
    )
    assert sorted(ended) == [0, REFUSED, REFUSED]
    order.refresh_from_db()
    assert order.revision == 1
    is_whole(shop)


def test_one_list_marked_by_many_at_once_is_one_order(shop: Shop) -> None:
    def mark() -> object:
        return lists.mark_ordered(shop, {To("Larch", None): [CAP]}, TODAY, TODAY, ARRIVAL, by=BY)

    assert sorted(at_once(*[mark] * 4)) == [0, *[REFUSED] * 3]
    assert PurchaseOrder.objects.get().state == State.SENT


def test_many_who_draft_at_once_share_one_draft(shop: Shop) -> None:
    assert at_once(*[lambda: orders.draft(shop, "Larch", [CAP], location_id=None, by=BY)] * 5) == [0] * 5
    assert PurchaseOrder.objects.get().lines.count() == 1


@pytest.mark.parametrize("change", ["renamed", "deleted"])
def test_who_moves_an_order_and_who_changes_its_supplier_do_not_wait_for_each_other(
    shop: Shop, torver: Supplier, sent: PurchaseOrder, change: str
) -> None:
    """Hold the order as a move does, and then ask for what the other holds: one of them would be ended by force."""
    draft = orders.draft(shop, "", [CAP], supplier=torver, location_id=None, by=BY)

    def supplier_changes() -> None:
        if change == "renamed":
            suppliers.change(torver, replace(TORVER, name="Torver"), revision=0, by=BY)
        else:
            suppliers.remove(torver, revision=0, by=BY)

    works = [
        supplier_changes,
        lambda: orders.receive(sent, came(sent, caps=8), TODAY, TODAY, revision=sent.revision, by=BY),
        lambda: orders.change(draft, {}, {}, revision=0, by=BY),
    ]
    slowly = [lambda work=work: with_a_pause_after_each_lock(work) for work in works]
    ended = at_once(*slowly)
    assert ended[:2] == [0, 0] and ended[2] in (0, REFUSED)
    is_whole(shop)


def with_a_pause_after_each_lock(work: Callable[[], Any]) -> None:
    """Do work whose every statement that locks or writes a row waits a little after it."""

    def slow(execute: Any, sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if "FOR UPDATE" in sql or "FOR NO KEY UPDATE" in sql or sql.startswith("UPDATE"):
            time.sleep(0.2)
        return answer

    with connection.execute_wrapper(slow):
        work()


def test_a_delivery_that_is_killed_at_any_statement_is_written_wholly_or_not_at_all(
    shop: Shop, sent: PurchaseOrder
) -> None:
    def receive() -> None:
        if PurchaseOrder.objects.get(pk=sent.pk).state == State.SENT:
            orders.receive_all(sent, TODAY, TODAY, revision=sent.revision, by=BY)

    def untouched() -> None:
        came_whole = PurchaseOrder.objects.get(pk=sent.pk).state == State.RECEIVED
        assert GoodsReceipt.objects.count() == (2 if came_whole else 0)
        is_whole(shop)

    assert survives(receive, untouched, every=2) >= 4
    untouched()
