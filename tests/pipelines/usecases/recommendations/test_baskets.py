"""Baskets are read once per product, up to the last complete day, with all that the catalogue knows."""

from datetime import date

import numpy as np
import pandas as pd

from pipelines.usecases.contract import Frames
from pipelines.usecases.recommendations.baskets import LARGEST, NOBODY, baskets_of
from tests.pipelines.usecases.recommendations import shop


def test_a_product_that_came_twice_counts_once() -> None:
    assert shop.baskets((1, 1, 2)).held.toarray().tolist() == [[1.0, 1.0]]


def test_what_is_after_the_last_complete_day_is_not_read() -> None:
    known = shop.frames(300)
    later = Frames({**known.tables}, asof=date(2026, 5, 1))
    lines = known["purchases"]
    assert len(baskets_of(later)) == lines[lines["ds"] <= "2026-05-01"]["basket"].nunique()


def test_a_product_without_a_sale_is_known_and_one_without_a_row_in_the_catalogue_too() -> None:
    known = shop.frames(20)
    lines = pd.concat([known["purchases"], shop.lines((777,))])
    found = baskets_of(Frames({**known.tables, "purchases": lines}, known.asof))
    assert 777 in found.ids and set(shop.products()["unique_id"]) <= set(found.ids)


def test_a_line_whose_product_is_gone_is_left_out() -> None:
    known = shop.frames(20)
    lines = pd.concat([known["purchases"], shop.lines((None, 100))])
    assert None not in list(baskets_of(Frames({**known.tables, "purchases": lines}, known.asof)).ids)


def test_guests_are_nobody() -> None:
    assert shop.baskets((1, 2)).customer.tolist() == [NOBODY]


def test_a_wholesalers_basket_says_nothing_of_what_belongs_together() -> None:
    both = shop.baskets(tuple(range(LARGEST)), tuple(range(LARGEST + 1)))
    assert both.usual().sizes.tolist() == [LARGEST]


def test_products_can_be_left_out_and_baskets_that_are_empty_then_go() -> None:
    left = shop.baskets((1, 2), (3,)).of(np.array([True, True, False]))
    assert left.ids.tolist() == [1, 2] and len(left) == 1 and left.bought().tolist() == [1, 1]
