"""Orders to suppliers beside what Shopify shows as incoming."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.lifecycle.data.on_the_way import counted

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
    table = pd.DataFrame(orders, columns=["variant_id", "location_id", "ordered"])
    return counted(STOCK, table)["incoming"].tolist()


def test_without_orders_nothing_changes():
    pd.testing.assert_frame_equal(counted(STOCK, pd.DataFrame(columns=["variant_id", "location_id", "ordered"])), STOCK)


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
