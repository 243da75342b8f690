"""The dataset: demand per variant and day, as the shop lives its days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.errors import StaleData
from pipelines.models import OrderLine, OwnEvent, PurchaseLine, PurchaseOrder, ShopifyPurchase, StockLevel
from pipelines.usecases.contract import Event
from tests import histories
from tests.pipelines.lifecycle.data.days import NOW, SPRING, sales, told
from tests.pipelines.lifecycle.data.test_stockouts import sells_daily_but_for

pytestmark = pytest.mark.django_db


def test_skus_that_differ_in_case_or_blanks_are_one_series_told_under_the_newest(shop):
    old = histories.a_variant(shop, 1, created=SPRING, sku="ab-1 ")
    new = histories.a_variant(shop, 2, created=SPRING + timedelta(days=1), sku="AB-1")
    day = NOW - timedelta(days=3)
    histories.an_order(shop, day, [(old, 2), (new, 3)])
    built = dataset.build(shop, "demand_forecast", now=NOW)
    assert told(built.frames["daily_sales"]) == {(new.shopify_id, day.date()): 5}
    assert built.frames["series"]["unique_id"].tolist() == [new.shopify_id]
    assert built.snapshot.shares["twins_joined"] == 1


def test_what_was_sent_to_a_supplier_comes_to_where_the_variant_sells_until_it_came(shop):
    variant = histories.a_variant(shop, 1, created=SPRING)
    histories.stocked(shop, variant, 4, NOW - timedelta(days=2))
    histories.an_order(shop, NOW - timedelta(days=3), [(variant, 1)])
    order = PurchaseOrder.objects.create(shop=shop, number=1, vendor="Larch", currency="GBP")
    line = PurchaseLine.objects.create(shop=shop, order=order, variant_id=variant.shopify_id, title="Mug", units=12)
    assert coming(shop) == [0]  # a draft
    sent = {"state": PurchaseOrder.State.SENT, "sent_at": NOW - timedelta(hours=1)}
    PurchaseOrder.objects.update(**sent, expected_on=date(2026, 11, 27))
    assert coming(shop) == [12]
    delivery = dataset.build(shop, "demand_forecast", now=NOW).frames["deliveries"].to_dict("records")
    assert [(row["ds"].date(), row["units"]) for row in delivery] == [(date(2026, 11, 27), 12)]
    PurchaseLine.objects.filter(pk=line.pk).update(received=8)
    assert coming(shop) == [4]
    PurchaseOrder.objects.update(state=PurchaseOrder.State.CANCELLED)
    assert coming(shop) == [0]


@pytest.mark.parametrize(
    ("version", "ours", "day", "units"),
    [("", 0, None, None), ("unstable", 0, 29, 12), ("unstable", 12, 27, 12), ("unstable", 9, 29, 12)],
)
def test_what_was_ordered_in_shopify_counts_where_it_is_set_and_never_beside_ours(
    shop, settings, version, ours, day, units
):
    settings.SHOPIFY_PURCHASE_ORDERS_VERSION = version
    variant = histories.a_variant(shop, 1, created=SPRING)
    histories.stocked(shop, variant, 4, NOW - timedelta(days=2))
    StockLevel.objects.update(incoming=12)
    histories.an_order(shop, NOW - timedelta(days=3), [(variant, 1)])
    asked = {"inventory_item_id": variant.inventory_item_id, "units": 20, "ordered_on": date(2026, 11, 15)}
    ShopifyPurchase.objects.create(shop=shop, line_id=1, location_id=histories.LOCATION, **asked)
    sent = {"state": PurchaseOrder.State.SENT, "sent_at": NOW, "expected_on": date(2026, 11, 27)}
    order = PurchaseOrder.objects.create(shop=shop, number=1, vendor="Larch", currency="GBP", **sent)
    PurchaseLine.objects.create(shop=shop, order=order, variant_id=variant.shopify_id, title="Mug", units=ours)
    found = dataset.build(shop, "demand_forecast", now=NOW).frames["deliveries"]
    expected = [(date(2026, 11, day), units)] if day else []
    assert [(row.ds.date(), row.units) for row in found.itertuples()] == expected
    assert coming(shop) == [12]


def coming(shop):
    return dataset.build(shop, "demand_forecast", now=NOW).frames["stock"]["incoming"].tolist()


def test_sizes_of_one_product_that_share_a_sku_stay_apart(shop):
    small = histories.a_variant(shop, 1, created=SPRING, sku="TEE")
    large = histories.a_variant(shop, 2, created=SPRING, sku="TEE", product_id=small.product_id)
    assert dataset.build(shop, "demand_forecast", now=NOW).snapshot.series == 2
    assert large.product_id == small.product_id


def test_a_variant_that_is_gone_hands_its_past_to_its_twin_and_else_has_no_series(shop):
    gone = histories.a_variant(shop, 1, created=SPRING, sku="A", deleted_at=NOW)
    lonely = histories.a_variant(shop, 2, created=SPRING, sku="B", deleted_at=NOW)
    heir = histories.a_variant(shop, 3, created=SPRING, sku="a")
    histories.an_order(shop, NOW - timedelta(days=3), [(gone, 2), (lonely, 4)])
    assert [key[0] for key in told(sales(shop))] == [heir.shopify_id]


@pytest.mark.parametrize(("continues", "out"), [(True, 0), (False, 40)])
def test_what_sells_on_below_nothing_is_never_out_of_stock_and_all_its_days_are_learned(shop, continues, out):
    thing = histories.a_variant(shop, 1, created=SPRING, continues_selling=continues)
    histories.stocked(shop, thing, 5, NOW - timedelta(days=75))
    histories.stocked(shop, thing, -12, NOW - timedelta(days=41))
    sells_daily_but_for(shop, thing, range(45, 56))
    rows = sales(shop)
    assert (rows["stockout"] == 1).sum() == pytest.approx(out, abs=1)
    assert continues == (not rows["stockout"].isin([1, 3]).any())


def test_the_same_rows_have_the_same_digest_and_others_another(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, NOW - timedelta(days=3), [(thing, 2)])
    first, again = (dataset.build(shop, "demand_forecast", now=NOW).snapshot.digest for _ in range(2))
    OrderLine.objects.update(quantity=3)
    assert first == again != dataset.build(shop, "demand_forecast", now=NOW).snapshot.digest


def test_nothing_is_built_from_data_older_than_26_hours(shop):
    with pytest.raises(StaleData, match="27 hours old"):
        dataset.build(shop, "demand_forecast", now=NOW + timedelta(hours=26, minutes=30))


def test_a_shop_without_a_single_order_still_has_frames(shop):
    histories.a_variant(shop, 1, created=SPRING)
    built = dataset.build(shop, "demand_forecast", now=NOW)
    assert built.snapshot.rows == 0 and built.snapshot.first_day is None and built.snapshot.series == 1


def test_the_merchants_own_events_go_with_the_frames_and_change_what_was_learned_from(shop):
    other = histories.a_shop()
    before = dataset.build(shop, "demand_forecast", now=NOW)
    for of, name, day in ((shop, "Spring Drop", 3), (shop, "spring drop", 13), (other, "Theirs", 4)):
        OwnEvent.objects.create(shop=of, name=name, first_day=date(2026, 4, day), last_day=date(2026, 4, day + 1))
    built = dataset.build(shop, "demand_forecast", now=NOW)
    assert before.frames.events == ()
    assert built.frames.events == tuple(
        Event("spring drop", date(2026, 4, day), date(2026, 4, day + 1)) for day in (3, 13)
    )
    assert built.snapshot.digest != before.snapshot.digest
