"""What seems to have come, by how Shopify's stock rose."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipelines.lifecycle.buying.arrivals import Rise, seen
from pipelines.models import GoodsReceipt, PurchaseLine, PurchaseOrder, Shop, Variant
from tests import histories
from tests.pipelines.lifecycle.buying.on_its_way import DAY, a_mug, twelve_of

pytestmark = pytest.mark.django_db

SENT = datetime(2026, 11, 10, 9, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop()


@pytest.fixture
def mug(shop: Shop) -> Variant:
    return a_mug(shop, SENT)


@pytest.fixture
def order(mug: Variant) -> PurchaseOrder:
    return twelve_of(mug, SENT).order


def risen(order: PurchaseOrder) -> list[Rise]:
    return list(seen(order, list(order.lines.all())).values())


def test_a_rise_since_the_order_was_sent_is_seen_beside_what_sold(shop: Shop, mug: Variant, order: PurchaseOrder):
    assert risen(order) == []
    for days, available in [(1, 7), (2, 5), (5, 17), (6, 16)]:
        histories.stocked(shop, mug, available, SENT + days * DAY)
    assert risen(order) == [Rise(12, date(2026, 11, 15))]


def test_the_first_level_after_the_sending_counts_from_the_last_before(shop: Shop, mug: Variant, order: PurchaseOrder):
    histories.stocked(shop, mug, 15, SENT + DAY)
    assert risen(order) == [Rise(6, date(2026, 11, 11))]


def test_parts_add_up_and_small_rises_are_no_delivery(shop: Shop, mug: Variant, order: PurchaseOrder):
    for days, available in [(1, 11), (2, 17), (3, 16), (4, 22)]:  # a return of two, then twice six
        histories.stocked(shop, mug, available, SENT + days * DAY)
    assert risen(order) == [Rise(12, date(2026, 11, 14))]


def test_what_was_written_down_is_not_seen_again(shop: Shop, mug: Variant, order: PurchaseOrder):
    histories.stocked(shop, mug, 15, SENT + DAY)
    line = order.lines.get()
    receipt = GoodsReceipt.objects.create(shop=shop, line=line, units=6, day=date(2026, 11, 11), by="1")
    GoodsReceipt.objects.filter(pk=receipt.pk).update(at=SENT + 2 * DAY)
    order.lines.update(received=6)
    assert risen(order) == []
    histories.stocked(shop, mug, 20, SENT + 3 * DAY)
    assert risen(order) == [Rise(5, date(2026, 11, 13))]


@pytest.mark.parametrize(("rises", "seen_then"), [([6], []), ([3, 3], []), ([6, 6], [6]), ([11], [5])])
def test_what_was_written_down_before_stock_rose_by_it_is_not_seen_again(
    shop: Shop, mug: Variant, order: PurchaseOrder, rises: list[int], seen_then: list[int]
):
    receipt = GoodsReceipt.objects.create(shop=shop, line=order.lines.get(), units=6, day=SENT.date(), by="1")
    GoodsReceipt.objects.filter(pk=receipt.pk).update(at=SENT + DAY)
    order.lines.update(received=6)
    level = 9
    for number, units in enumerate(rises, 2):
        level += units
        histories.stocked(shop, mug, level, SENT + number * DAY)
    assert [rise.units for rise in risen(order)] == seen_then


def test_goods_put_away_in_small_steps_come_off_what_was_written_down(shop: Shop, mug: Variant, order: PurchaseOrder):
    PurchaseLine.objects.update(units=300, received=100)
    receipt = GoodsReceipt.objects.create(shop=shop, line=order.lines.get(), units=100, day=SENT.date(), by="1")
    GoodsReceipt.objects.filter(pk=receipt.pk).update(at=SENT + DAY)
    for step in range(1, 6):
        histories.stocked(shop, mug, 9 + 20 * step, SENT + (1 + step) * DAY)
    assert risen(order) == []
    histories.stocked(shop, mug, 209, SENT + 9 * DAY)
    assert [rise.units for rise in risen(order)] == [100]


def test_what_came_to_another_place_raises_no_stock_here(shop: Shop, mug: Variant, order: PurchaseOrder):
    other = PurchaseOrder.objects.create(
        shop=shop, number=2, vendor="Larch", currency="GBP", state=PurchaseOrder.State.SENT, sent_at=SENT,
        sent_on=SENT.date(), expected_on=date(2026, 11, 24), location_id=78,
    )  # fmt: skip
    line = PurchaseLine.objects.create(
        shop=shop, order=other, variant_id=mug.shopify_id, title="Mug", units=6, received=6
    )
    GoodsReceipt.objects.create(shop=shop, line=line, units=6, day=SENT.date(), by="1")
    GoodsReceipt.objects.update(at=SENT + DAY)
    PurchaseOrder.objects.filter(pk=order.pk).update(location_id=histories.LOCATION)
    order.refresh_from_db()
    histories.stocked(shop, mug, 21, SENT + 2 * DAY)
    assert [rise.units for rise in risen(order)] == [12]


def test_only_the_place_that_it_goes_to_is_looked_at(shop: Shop, mug: Variant, order: PurchaseOrder):
    histories.stocked(shop, mug, 0, SENT - DAY, location=78)
    histories.stocked(shop, mug, 12, SENT + DAY, location=78)
    assert risen(order) == [Rise(12, date(2026, 11, 11))]
    order.location_id = histories.LOCATION
    assert risen(order) == []


def test_a_draft_and_what_came_whole_wait_for_nothing(shop: Shop, mug: Variant, order: PurchaseOrder):
    histories.stocked(shop, mug, 21, SENT + DAY)
    order.lines.update(received=12)
    assert risen(order) == []
    order.lines.update(received=0)
    order.state = PurchaseOrder.State.RECEIVED
    assert risen(order) == []
