"""Rows become frames: days are the shop's own, what is no demand is left out, no shop reads another's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.data import dataset, frames
from pipelines.models import AgreedLeadTime, OrderLine, Product, StockRule, Supplied, Supplier, Variant
from pipelines.models.usecases.demand_forecast import ForecastOverride, OddOrder
from pipelines.usecases.demand_forecast.outputs import OWN_FRAMES
from tests import histories
from tests.pipelines.lifecycle.data.days import NOW, SPRING, sales, told

pytestmark = pytest.mark.django_db
OVERRIDES, ODD_ORDERS = OWN_FRAMES


def test_a_day_is_the_shops_own_day_on_both_sides_of_a_clock_change(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    for moment in (
        datetime(2026, 10, 24, 22, 59, tzinfo=UTC),  # 23:59 on the 24th, summer time
        datetime(2026, 10, 24, 23, 0, tzinfo=UTC),  # 00:00 on the 25th
        datetime(2026, 10, 25, 23, 59, tzinfo=UTC),  # 23:59 on the 25th, winter time
        datetime(2026, 10, 26, 0, 0, tzinfo=UTC),
    ):
        histories.an_order(shop, moment, [(thing, 1)])
    assert told(sales(shop)) == {
        (thing.shopify_id, date(2026, 10, 24)): 1,
        (thing.shopify_id, date(2026, 10, 25)): 2,
        (thing.shopify_id, date(2026, 10, 26)): 1,
    }


def test_today_is_not_over_and_so_not_read(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, NOW - timedelta(hours=2), [(thing, 5)])
    histories.an_order(shop, NOW - timedelta(days=1), [(thing, 3)])
    assert told(sales(shop)) == {(thing.shopify_id, date(2026, 11, 19)): 3}


def test_demand_is_what_was_ordered_less_what_was_removed(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    order = histories.an_order(shop, NOW - timedelta(days=3), [])
    histories.a_line(order, thing, 5, removed=2, returned=1).save()
    histories.a_line(order, thing, 2, removed=2).save()
    assert list(told(sales(shop)).values()) == [3]


def test_what_is_no_demand_is_left_out_and_counted(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    day = NOW - timedelta(days=3)
    histories.an_order(shop, day, [(thing, 1), (None, 9)])
    histories.an_order(shop, day, [(thing, 10)], is_test=True)
    histories.an_order(shop, day, [(thing, 20)], cancelled_at=day)
    histories.an_order(shop, day, [(thing, 40)], deleted_at=day)
    OrderLine.objects.filter(quantity=1).update(is_gift_card=False)
    gift = histories.an_order(shop, day, [])
    histories.a_line(gift, thing, 80, is_gift_card=True).save()
    built = dataset.build(shop, "demand_forecast", now=NOW)
    assert list(told(built.frames["daily_sales"]).values()) == [1]
    assert built.snapshot.shares["lines"] == {
        "lines": 6,
        "test_orders": 1,
        "cancelled_orders": 2,
        "gift_cards": 1,
        "without_product": 1,
        "orders": 5,
    }


def test_another_shops_orders_are_not_read(shop):
    other = histories.a_shop()
    thing = histories.a_variant(other, 1, created=SPRING)
    histories.an_order(other, NOW - timedelta(days=3), [(thing, 5)])
    assert told(sales(shop)) == {}


HOUR = timedelta(hours=1)
EMPTY = {"since": SPRING, "until": NOW}


def test_a_query_without_rows_has_its_columns_and_kinds(shop):
    kinds = frames.daily_demand(shop, **EMPTY).dtypes
    assert kinds.pop("ds").kind == "M" and kinds.pop("unique_id") == "int64"
    assert kinds.to_dict() == dict.fromkeys(["y", "listed", "discount", "ordered"], "float32")
    assert frames.stock_moves(shop, **EMPTY).empty and frames.variants(shop, NOW).empty
    assert frames.own(shop, OVERRIDES, NOW.date(), NOW).empty and frames.stock_rules(shop).empty


@pytest.mark.parametrize("name", ["", "NA", "null", "None", "\\N", '"quoted", with comma', "line\nbreak"])
def test_a_name_stays_what_the_merchant_typed(shop, name):
    thing = histories.a_variant(shop, 1, created=SPRING, sku=name)
    Product.objects.update(title=name)
    (row,) = frames.variants(shop, NOW).to_dict("records")
    assert (row["variant_id"], row["sku"], row["product_title"]) == (thing.shopify_id, name, name)


def test_a_variant_is_for_sale_while_it_and_its_product_are(shop):
    for number in range(4):
        histories.a_variant(shop, number, created=SPRING)
    Variant.objects.filter(shopify_id=200_001).update(deleted_at=NOW - timedelta(days=1))
    Variant.objects.filter(shopify_id=200_002).update(deleted_at=NOW + timedelta(days=1))
    Product.objects.filter(shopify_id=100_003).update(status="draft")
    histories.a_variant(shop, 9, created=NOW + timedelta(days=1))
    rows = frames.variants(shop, NOW).set_index("variant_id")["is_active"]
    assert rows.to_dict() == {200_000: 1, 200_001: 0, 200_002: 1, 200_003: 0}


def test_the_newest_level_of_each_place_stands_as_of_a_moment(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    for ago, left, place in ((9, 5, 1), (5, 3, 1), (-1, 1, 1), (7, 8, 2)):
        histories.stocked(shop, thing, left, NOW - timedelta(days=ago), place)
    found = frames.newest_stock(shop, NOW).set_index("location_id")
    assert found["available"].to_dict() == {1: 3, 2: 8} and found["incoming"].tolist() == [0, 0]
    moves = frames.stock_moves(shop, NOW - timedelta(days=6), NOW)
    assert sorted(moves["available"]) == [3, 5, 8], "what stood when the window began comes first"


def test_own_numbers_are_those_that_stood_then_and_reach_ahead(shop):
    today = NOW.date()
    facts = {"shop": shop, "variant_id": 1, "first_day": today, "note": "", "sub": "1"}
    for units, days, ended in (
        (1, -1, None),
        (2, 0, None),
        (3, 9, NOW - timedelta(hours=1)),
        (4, 9, NOW + timedelta(1)),
    ):
        ForecastOverride.objects.create(units=units, last_day=today + timedelta(days=days), ended_at=ended, **facts)
    ForecastOverride.objects.update(created_at=NOW - timedelta(days=2))
    assert frames.own(shop, OVERRIDES, today, NOW)["units"].tolist() == [2, 4]
    assert frames.own(shop, OVERRIDES, today, NOW - timedelta(days=3)).empty


def test_what_was_said_of_odd_days_and_of_terms_is_typed(shop):
    OddOrder.objects.create(shop=shop, variant_id=7, day=date(2026, 11, 1), counts=False, sub="1")
    (odd,) = frames.own(shop, ODD_ORDERS, NOW.date(), NOW).to_dict("records")
    assert (odd["unique_id"], odd["ds"].date(), odd["counts"]) == (7, date(2026, 11, 1), False)
    terms = frames.shop_terms(shop)
    assert len(terms) == 1 and set(terms.dtypes.astype(str)) == {"float64"}


def test_daily_lines_count_what_lacks_a_product_or_the_shops_currency(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, NOW, [(thing, 1), (None, 1)])
    histories.an_order(shop, NOW, [(thing, 1)], currency="USD")
    histories.an_order(shop, NOW, [(thing, 1)], is_test=True)
    (day,) = frames.daily_lines(shop, SPRING).to_dict("records")
    assert (day["lines"], day["without_product"], day["foreign_currency"]) == (3, 1, 1)


def test_agreed_lead_times_are_those_of_what_the_supplier_delivers_or_of_the_vendor(shop):
    days = list(range(16))
    supplier = Supplier.objects.create(shop=shop, name="Larch", currency="GBP")
    Supplied.objects.create(shop=shop, supplier=supplier, vendor="Alp")
    Supplied.objects.create(shop=shop, supplier=supplier, variant_id=5)
    Supplied.objects.create(shop=shop, supplier=supplier, variant_id=6)
    StockRule.objects.create(shop=shop, variant_id=6, lead_time_days=3)
    for name in ("Larch", "Gill"):
        AgreedLeadTime.objects.create(shop=shop, vendor=name, days=days, deliveries=9)
    rows = frames.lead_times(shop)
    assert sorted(zip(rows["vendor"], rows["variant_id"].fillna(0), strict=True)) == [("", 5), ("Alp", 0), ("Gill", 0)]
    assert rows["days"].tolist() == [days] * 3
    assert len(frames.lead_times(histories.a_shop())) == 0
