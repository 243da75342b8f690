"""Orders to suppliers beside what Shopify shows as incoming."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.lifecycle.data.on_the_way import agreed, counted, deliveries, placed

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
