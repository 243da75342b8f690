"""What is watched for drift: a row for each product of each basket of the last twelve weeks."""

from __future__ import annotations

import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations.judging import watched
from tests.pipelines.usecases.recommendations import shop


def test_each_line_has_a_price_and_a_type_and_the_first_of_a_basket_its_size() -> None:
    lines = shop.lines((101, 201, 301), (102,), day="2026-06-20")
    rows = watched.rows(Frames({"purchases": lines, "products": shop.products()}, shop.LAST_DAY))
    assert rows["size"].dropna().to_dict() == {0: 3.0, 3: 1.0}
    assert rows["product_type"].tolist() == ["Lamps", "Shades", "Bulbs", "Lamps"]
    assert rows["price"].tolist() == [11.0, 11.0, 11.0, 12.0]


def test_only_the_last_twelve_weeks_count_and_nothing_after_the_last_day() -> None:
    days = ["2026-04-07", "2026-04-08", "2026-06-30", "2026-07-01"]
    lines = pd.concat([shop.lines((101,), day=day).assign(basket=number) for number, day in enumerate(days)])
    rows = watched.rows(Frames({"purchases": lines, "products": shop.products()}, shop.LAST_DAY))
    assert rows["ds"].dt.strftime("%Y-%m-%d").tolist() == days[1:3]


def test_rare_types_are_one() -> None:
    kinds = [f"Type {number}" for number in range(len(shop.products()))]
    lines = shop.lines(tuple(shop.products()["unique_id"]), day="2026-06-20")
    rows = watched.rows(Frames({"purchases": lines, "products": shop.products(product_type=kinds)}, shop.LAST_DAY))
    assert rows["product_type"].nunique() == watched.MOST_TYPES + 1
    assert (rows["product_type"] == watched.OTHER).sum() == len(kinds) - watched.MOST_TYPES


def test_a_shop_without_an_order_has_no_rows() -> None:
    empty = Frames({"purchases": shop.lines((1,)).iloc[:0], "products": shop.products()}, shop.LAST_DAY)
    assert watched.rows(empty).empty
