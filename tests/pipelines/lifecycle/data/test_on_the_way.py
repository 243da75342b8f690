"""Orders to suppliers beside what Shopify shows as incoming."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.lifecycle.data.on_the_way import agreed, counted, deliveries, expected, larger, placed, still_coming

TODAY = pd.Timestamp(2026, 11, 20)

STOCK = pd.DataFrame(
    {
        "variant_id": [1, 1, 2],
        "location_id": [10, 20, 10],
        "available": [3, 9, 0],
        "committed": 0,
        "incoming": [0, 6, 0],
        "moved": [5.0, 1.0, 0.0],
    }
)


def coming(*orders: tuple[int, int, int]) -> list[int]:
    return counted(STOCK, table(*orders))["incoming"].tolist()


def table(*orders: tuple[int, int, int], days: int = 3) -> pd.DataFrame:
    """Send orders to where they go, expected some days from today."""
    known = pd.DataFrame(orders, columns=["variant_id", "location_id", "ordered"], dtype="int64")
    return placed(known.assign(ds=TODAY + pd.Timedelta(days=days)), STOCK)


def test_without_orders_nothing_changes():
    pd.testing.assert_frame_equal(counted(STOCK, table()), STOCK)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((1, 10, 12), [12, 6, 0]),  # to its place
        ((1, 0, 12), [12, 6, 0]),  # no place named: where most of it sells
        ((1, 99, 12), [12, 6, 0]),  # a place that was closed since
        ((1, 20, 4), [0, 6, 0]),  # the same goods, of which Shopify knows more
        ((1, 20, 8), [0, 8, 0]),
        ((7, 10, 5), [0, 6, 0]),  # not tracked
    ],
)
def test_an_order_comes_to_one_place_and_counts_once(order, expected):
    assert coming(order) == expected


def test_orders_of_one_variant_add_up():
    assert coming((1, 10, 12), (1, 0, 3), (2, 10, 1)) == [15, 6, 1]


@pytest.mark.parametrize(("days", "comes"), [(3, 3), (0, 0), (-1, 7), (-40, 7)])
def test_an_order_comes_on_its_day_and_a_late_one_as_late_from_today_as_usual(days, comes):
    found = deliveries(table((1, 0, 12), days=days), TODAY.date())
    assert found.to_dict("records") == [
        {"variant_id": 1, "location_id": 10, "ds": TODAY + pd.Timedelta(days=comes), "units": 12}
    ]


def test_deliveries_of_a_day_and_a_place_are_one():
    both = deliveries(table((1, 10, 12), (1, 0, 3), (1, 20, 5), (7, 10, 9)), TODAY.date())
    assert both[["location_id", "units"]].to_numpy().tolist() == [[10, 15], [20, 5]]


def test_measured_lead_times_take_the_place_of_what_was_typed():
    rules = pd.DataFrame(
        {
            "variant_id": [1.0, 2.0, None, None],
            "vendor": ["", "", "Larch", "Gill"],
            "lead_time_days": [3.0, 4.0, 21.0, 14.0],
            "pack_size": [None, None, 6.0, None],
        }
    )
    days = [[9] * 16, [4] * 16, [5] * 16]
    times = pd.DataFrame({"variant_id": [None, None, 2.0], "vendor": ["Larch", "Mill", ""], "days": days})
    found = agreed(rules, times).set_index(["vendor", "variant_id"])["lead_time_days"]
    assert found["", 1.0] == 3 and found["", 2.0] == 5 and len(found) == 5
    by_vendor = found.reset_index().set_index("vendor")["lead_time_days"]
    assert by_vendor[["Larch", "Gill", "Mill"]].tolist() == [9, 14, 4]
    assert agreed(rules, times).loc[lambda row: row["vendor"] == "Larch", "pack_size"].tolist() == [6]
    pd.testing.assert_frame_equal(agreed(rules, times[:0]), rules)
    assert sorted(agreed(rules[:0], times)["lead_time_days"]) == [4, 5, 9]


def dated(*rows: tuple[int, int, str, int]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["variant_id", "location_id", "ds", "ordered"])
    return found.assign(ds=pd.to_datetime(found["ds"]))


@pytest.mark.parametrize(
    ("incoming", "left"),
    [(0, []), (5, [("11-09", 5)]), (12, [("11-09", 10), ("11-02", 2)]), (90, [("11-09", 10), ("11-02", 8)])],
)
def test_of_shopifys_orders_the_oldest_came_and_no_more_comes_than_it_shows(incoming, left):
    orders = dated((1, 10, "2026-11-02", 8), (1, 10, "2026-11-09", 10), (7, 10, "2026-11-09", 3))
    found = still_coming(orders, STOCK.assign(incoming=[incoming, 50, 50]))
    assert list(zip(found["ds"].dt.strftime("%m-%d"), found["ordered"], strict=True)) == left


def test_shopifys_orders_come_as_long_after_they_were_made_as_is_known_of_the_variant_its_vendor_or_the_shop():
    orders = dated(*((variant, 10, "2026-11-02", 1) for variant in (1, 2, 3)))
    series = pd.DataFrame({"unique_id": [1, 2, 3], "vendor": ["Alp", "Alp", "Moss"]})
    rules = pd.DataFrame(
        {"variant_id": [1.0, None, 3.0], "vendor": [None, "Alp", None], "lead_time_days": [3.0, 8.0, None]}
    )
    found = expected(orders, series, rules, 14)["ds"].dt.strftime("%m-%d").tolist()
    assert found == ["11-05", "11-10", "11-16"]


def test_what_was_told_to_both_counts_once_as_the_larger():
    ours = dated((1, 10, "2026-11-20", 8), (1, 20, "2026-11-20", 8), (2, 10, "2026-11-20", 5))
    shopifys = dated((1, 10, "2026-11-25", 6), (1, 10, "2026-11-26", 6), (1, 20, "2026-11-25", 8))
    shopifys = pd.concat([shopifys, dated((3, 10, "2026-11-25", 4))])
    found = larger(ours, shopifys).sort_values(["variant_id", "location_id", "ds"])
    assert found[["variant_id", "location_id", "ordered"]].to_numpy().tolist() == [
        [1, 10, 6], [1, 10, 6], [1, 20, 8], [2, 10, 5], [3, 10, 4],
    ]  # fmt: skip
    assert found["ds"].dt.day.tolist() == [25, 26, 20, 20, 25]
    pd.testing.assert_frame_equal(larger(ours, shopifys[:0]), ours)
