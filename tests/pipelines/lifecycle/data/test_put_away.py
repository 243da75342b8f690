"""What came and is not in Shopify's stock yet is not ordered again; what stock tells of counts as stock alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.data.put_away import not_put_away
from pipelines.models import GoodsReceipt, PurchaseLine, PurchaseOrder, Shop, Variant
from tests import histories
from tests.pipelines.lifecycle.buying.on_its_way import DAY, a_mug, twelve_of
from tests.pipelines.lifecycle.data.days import NOW

SENT = NOW - 9 * DAY


@pytest.fixture
def mug(shop: Shop) -> Variant:
    return a_mug(shop, SENT)


@pytest.fixture
def line(mug: Variant) -> PurchaseLine:
    return twelve_of(mug, SENT)


def came(line: PurchaseLine, units: int, at: datetime) -> None:
    receipt = GoodsReceipt.objects.create(shop=line.shop, line=line, units=units, day=at.date(), by="1")
    GoodsReceipt.objects.filter(pk=receipt.pk).update(at=at)
    line.received += units
    line.save()


def still(shop: Shop) -> list[int]:
    return not_put_away(shop, NOW)["ordered"].tolist()


def test_it_counts_as_coming_today_until_stock_rises_by_it(shop: Shop, mug: Variant, line: PurchaseLine):
    came(line, 8, NOW - 2 * DAY)
    told = dataset.build(shop, "demand_forecast", now=NOW).frames
    days = [(row.ds.date(), row.units) for row in told["deliveries"].itertuples()]
    assert days == [(NOW.date(), 8), ((SENT + 14 * DAY).date(), 4)] and told["stock"]["incoming"].tolist() == [12]
    histories.stocked(shop, mug, 12, NOW - DAY)
    assert still(shop) == [5]
    histories.stocked(shop, mug, 11, NOW - timedelta(hours=5))  # one was sold
    histories.stocked(shop, mug, 16, NOW - timedelta(hours=4))
    assert still(shop) == []


def test_what_was_put_away_before_it_was_written_down_is_in_stock(shop: Shop, mug: Variant, line: PurchaseLine):
    histories.stocked(shop, mug, 17, NOW - 2 * DAY)
    came(line, 8, NOW - DAY)
    assert still(shop) == []


def test_it_is_not_waited_for_longer_than_a_week(shop: Shop, mug: Variant, line: PurchaseLine):
    came(line, 8, NOW - 8 * DAY)
    came(line, 3, NOW - DAY)
    assert still(shop) == [3]


def test_it_comes_to_the_place_of_its_order_whatever_became_of_that(shop: Shop, mug: Variant, line: PurchaseLine):
    PurchaseOrder.objects.update(location_id=78, state=PurchaseOrder.State.RECEIVED)
    came(line, 12, NOW - DAY)
    row = not_put_away(shop, NOW).iloc[0]
    assert (row["location_id"], row["ordered"]) == (78, 12)


def test_another_shop_and_what_was_written_later_are_not_read(shop: Shop, mug: Variant, line: PurchaseLine):
    came(line, 8, NOW + timedelta(hours=1))
    assert still(shop) == []
    came(line, 2, NOW - DAY)
    assert still(histories.a_shop()) == [] and still(shop) == [2]
