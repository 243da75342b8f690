"""The dataset: demand per variant and day, as the shop lives its days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.errors import StaleData
from pipelines.models import OrderLine, OwnEvent
from pipelines.usecases.contract import Event
from tests import histories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SPRING = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.pulled(shop, NOW - timedelta(hours=1))
    return shop


def sales(shop, now=NOW):
    return dataset.build(shop, "demand_forecast", now=now).frames["daily_sales"]


def told(frame):
    """Return {(variant, day): units} of a frame's days with sales."""
    sold = frame[frame["y"] > 0]
    return {(row.unique_id, row.ds.date()): row.y for row in sold.itertuples()}


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


def test_skus_that_differ_in_case_or_blanks_are_one_series_told_under_the_newest(shop):
    old = histories.a_variant(shop, 1, created=SPRING, sku="ab-1 ")
    new = histories.a_variant(shop, 2, created=SPRING + timedelta(days=1), sku="AB-1")
    day = NOW - timedelta(days=3)
    histories.an_order(shop, day, [(old, 2), (new, 3)])
    built = dataset.build(shop, "demand_forecast", now=NOW)
    assert told(built.frames["daily_sales"]) == {(new.shopify_id, day.date()): 5}
    assert built.frames["series"]["unique_id"].tolist() == [new.shopify_id]
    assert built.snapshot.shares["twins_joined"] == 1


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


def test_days_without_stock_for_most_of_the_day_are_known(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, NOW - timedelta(days=30), [(thing, 1)])
    histories.stocked(shop, thing, 5, datetime(2026, 11, 1, tzinfo=UTC))
    histories.stocked(shop, thing, 0, datetime(2026, 11, 5, 13, 0, tzinfo=UTC))  # 11 hours of the 5th
    histories.stocked(shop, thing, 4, datetime(2026, 11, 8, 13, 0, tzinfo=UTC))  # 13 hours of the 8th
    frame = sales(shop)
    out = frame[frame["stockout"] == 1]
    assert [day.date() for day in out["ds"]] == [date(2026, 11, day) for day in (6, 7, 8)]


def test_the_day_on_which_stock_ran_out_says_how_much_of_a_days_sales_it_had_stock_for(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    for _ in range(200):  # all is sold between twelve and one
        histories.an_order(shop, datetime(2026, 10, 30, 12, 30, tzinfo=UTC), [(thing, 1)])
    histories.stocked(shop, thing, 5, datetime(2026, 11, 1, tzinfo=UTC))
    histories.stocked(shop, thing, 0, datetime(2026, 11, 5, 13, 0, tzinfo=UTC))
    histories.stocked(shop, thing, 4, datetime(2026, 11, 8, 12, 30, tzinfo=UTC))
    partly = sales(shop).dropna(subset="in_stock").set_index("ds")["in_stock"]
    assert partly.index.day.tolist() == [5, 6, 7, 8]
    assert partly.tolist() == pytest.approx([0.75, 0, 0, 0.5], abs=0.02)


def test_stock_at_another_location_can_still_be_sold(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, NOW - timedelta(days=30), [(thing, 1)])
    for location, available in ((1, 0), (2, 3)):
        histories.stocked(shop, thing, available, datetime(2026, 11, 1, tzinfo=UTC), location=location)
    histories.stocked(shop, thing, 0, datetime(2026, 11, 17, tzinfo=UTC), location=2)
    out = sales(shop).query("stockout == 1")
    assert [day.date() for day in out["ds"]] == [date(2026, 11, day) for day in (17, 18, 19)]


def test_stock_is_unknown_before_all_its_levels_are(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, NOW - timedelta(days=10), [(thing, 1)])
    histories.stocked(shop, thing, 0, datetime(2026, 11, 15, tzinfo=UTC), location=1)
    histories.stocked(shop, thing, 0, datetime(2026, 11, 18, tzinfo=UTC), location=2)
    built = dataset.build(shop, "demand_forecast", now=NOW)
    assert built.frames["daily_sales"].query("stockout == 1")["ds"].dt.day.tolist() == [18, 19]
    assert built.snapshot.shares["stock_known"] == pytest.approx(2 / 10)


def test_stock_at_the_end_of_a_day_is_that_of_all_locations_from_when_it_is_known(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.an_order(shop, NOW - timedelta(days=30), [(thing, 1)])
    for day, location, available in ((10, 1, 5), (12, 2, 4), (12, 1, 3), (14, 2, -2)):
        histories.stocked(shop, thing, available, datetime(2026, 11, day, 12, 0, tzinfo=UTC), location=location)
    levels = dataset.build(shop, "demand_forecast", now=NOW).frames["stock_history"]
    assert dict(zip(levels["ds"].dt.day, levels["on_hand"], strict=True)) == {12: 7, 14: 3}


def sells_daily_but_for(shop, thing, silence):
    for ago in range(2, 80):
        if ago not in silence:
            histories.an_order(shop, NOW - timedelta(days=ago), [(thing, 1)])


def test_a_long_silence_of_what_sells_daily_is_suspected_while_stock_is_unknown(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    sells_daily_but_for(shop, thing, range(30, 41))
    built = dataset.build(shop, "demand_forecast", now=NOW)
    suspected = built.frames["daily_sales"].query("stockout == 3")
    assert len(suspected) == 11 and suspected["y"].sum() == 0
    assert built.snapshot.shares["out_of_stock_suspected"] == pytest.approx(11 / 79, abs=1e-4)


def test_a_silence_while_stock_is_known_is_no_stock_out(shop):
    thing = histories.a_variant(shop, 1, created=SPRING)
    histories.stocked(shop, thing, 50, NOW - timedelta(days=35))
    sells_daily_but_for(shop, thing, range(30, 41))
    assert len(sales(shop).query("stockout == 3")) == 6


def test_what_is_not_tracked_is_never_out_of_stock(shop):
    thing = histories.a_variant(shop, 1, created=SPRING, is_tracked=False)
    histories.stocked(shop, thing, 0, NOW - timedelta(days=60))
    sells_daily_but_for(shop, thing, range(30, 41))
    assert sales(shop)["stockout"].isin([2]).all()


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
