"""Days on which nothing could be sold: known from levels, suspected from silence."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lifecycle.data import dataset, stockouts
from tests import histories
from tests.pipelines.lifecycle.data.days import NOW, SPRING, sales

pytestmark = pytest.mark.django_db


def sells_daily_but_for(shop, thing, silence):
    for ago in range(2, 80):
        if ago not in silence:
            histories.an_order(shop, NOW - timedelta(days=ago), [(thing, 1)])


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
    assert (partly[1:3] == 0).all()


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


FIRST, LAST = date(2026, 10, 20), date(2026, 10, 28)  # a day of 25 hours among them
ZONE = ZoneInfo("Europe/London")
MOMENTS = stockouts.local_midnights(FIRST, LAST, ZONE)


def moves(*rows):
    """Give (series, item, place, hours since the first midnight, sellable) as rows."""
    names = ["unique_id", "inventory_item_id", "location_id", "moment", "available"]
    found = pd.DataFrame([(s, i, p, int(MOMENTS[0]) + 3600 * at, left) for s, i, p, at, left in rows], columns=names)
    return found.astype("int64")


LEVELS = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 2), st.integers(-30, 240), st.integers(-1, 2)),
    min_size=1,
    max_size=12,
    unique_by=lambda row: row[:4],
)


def slowly(rows):
    """Walk each series hour by hour: (series, number of the day) of days without stock for most of their hours."""
    found = set()
    for series in {row[0] for row in rows}:
        mine = sorted((row for row in rows if row[0] == series), key=lambda row: row[3])
        keys = {row[1:3] for row in mine}
        known_from = max(min(row[3] for row in mine if row[1:3] == key) for key in keys)
        for day in range(len(MOMENTS) - 1):
            begin, end = ((int(moment) - int(MOMENTS[0])) // 3600 for moment in MOMENTS[day : day + 2])
            empty = 0
            for hour in range(begin, end):
                latest = {row[1:3]: row[4] for row in mine if row[3] <= hour}
                empty += hour >= known_from and sum(max(0, left) for left in latest.values()) == 0
            if empty > (end - begin) / 2:
                found.add((series, day))
    return found


@given(LEVELS)
def test_days_are_found_as_somebody_finds_them_who_looks_hour_by_hour(rows):
    rows = [(series, 10 * series + item, place, at, left) for series, item, place, at, left in rows]
    days = stockouts.known(moves(*rows), MOMENTS, FIRST, None).days
    assert {(row.unique_id, (row.ds.date() - FIRST).days) for row in days.itertuples()} == slowly(rows)


def test_an_item_without_a_series_is_nobodys_stock():
    rows = moves((1, 1, 1, 0, 0)).astype({"unique_id": "float64"})
    rows.loc[0, "unique_id"] = None
    found = stockouts.known(rows, MOMENTS, FIRST, None)
    assert found.days.empty and found.known_days == 0


def test_a_level_that_appears_after_the_first_import_did_not_exist_before():
    late = moves((1, 1, 1, 0, 5), (1, 1, 2, 100, 5))
    imported = int(MOMENTS[0]) + 3600
    assert stockouts.known(late, MOMENTS, FIRST, None).known_days == 4  # from the fifth midnight after hour 100
    assert stockouts.known(late, MOMENTS, FIRST, imported).known_days == 8


def test_what_left_a_place_counts_and_what_came_does_not():
    rows = moves((1, 1, 1, -40, 9), (1, 1, 1, -20, 7), (1, 1, 1, 5, 4), (1, 1, 1, 6, 30), (1, 1, 1, 7, 28))
    since = datetime.fromtimestamp(int(MOMENTS[0]), UTC)
    gone = stockouts.units_gone(rows, since)
    assert gone.to_dict("records") == [{"inventory_item_id": 1, "location_id": 1, "moved": 5.0}]


def test_the_last_level_of_a_day_stands_and_one_before_the_first_day_is_told_on_it():
    rows = moves((1, 1, 1, -5, 9), (1, 1, 1, 30, 4), (1, 1, 1, 40, 3), (1, 1, 1, 500, 1))
    closing = stockouts.closing_levels(rows, MOMENTS, FIRST, None)
    assert [(row.ds.date(), row.on_hand) for row in closing.itertuples()] == [(FIRST, 9), (date(2026, 10, 21), 3)]
