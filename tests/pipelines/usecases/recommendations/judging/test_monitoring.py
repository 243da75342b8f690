"""How often a day's lists held what its baskets held besides."""

from __future__ import annotations

import pandas as pd
import pytest

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations.judging.monitoring import accuracy
from tests.pipelines.usecases.recommendations import shop

DAY = pd.Timestamp("2026-06-01")


def said(**picks: list[int]) -> pd.DataFrame:
    rows = [{"kind": "page", "unit_id": int(product[1:]), "picks": list(found)} for product, found in picks.items()]
    return pd.DataFrame(rows).assign(first_day=DAY)


def told(lines: pd.DataFrame, lists: pd.DataFrame) -> dict[str, float | None]:
    return accuracy(Frames({"purchases": lines, "products": shop.products()}, shop.LAST_DAY), lists)


def test_a_page_is_found_whose_list_held_anything_else_of_the_basket() -> None:
    lines = shop.lines((1, 2), (1, 3), (1, 2, 3), (4,))
    figures = told(lines, said(p1=[2], p2=[9, 3], p3=[8]))
    # A basket of one asks nothing. Found: 1 in the first and in the third, 2 in the third.
    assert figures == {"hit_rate": pytest.approx(3 / 7), "n": 7}


def test_other_days_are_not_asked() -> None:
    lines = pd.concat([shop.lines((1, 2)), shop.lines((1, 2), (1, 2), (1, 2), day="2026-06-02")])
    assert told(lines, said(p1=[2], p2=[1])) == {"hit_rate": None, "n": 2}


def test_a_day_without_a_basket_has_no_figure() -> None:
    assert told(shop.lines((1, 2), day="2026-05-01"), said(p1=[2])) == {"hit_rate": None, "n": 0}
