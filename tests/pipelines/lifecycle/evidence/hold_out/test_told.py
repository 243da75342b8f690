"""A page reads how a hold-out stands without working anything out, also where nothing is known yet."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.lifecycle.evidence.hold_out import effect, told
from pipelines.models import Shop
from pipelines.usecases import USE_CASES
from tests import exposing, holding_out
from tests.exposing import MONDAY, SLUG
from tests.holding_out import a_day, a_hold_out

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("held")]
held = holding_out.held


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


def test_a_shop_of_which_nobody_was_counted_has_a_share_and_no_figures(shop: Shop) -> None:
    found = told.standing(shop, SLUG)
    assert found is not None
    assert (found.percent, found.first_day, found.mark, found.sales) == (5, None, "not_measured", None)
    assert (found.shown.units, found.held_out.per_thousand) == (0, None)
    assert found.proof == {5: None, 10: None, 20: None}


def test_it_says_what_the_worker_found_and_how_long_proof_takes(shop: Shop) -> None:
    row = a_hold_out(shop)
    for day in range(28):
        at = MONDAY + timedelta(days=day)
        a_day(row, at, held_out=(122, 4), shown=(2319, 77))
    effect.keep(row)
    found = told.standing(shop, SLUG)
    assert found is not None
    assert (found.first_day, found.last_day) == (date(2026, 9, 14), date(2026, 10, 11))
    assert (found.held_out.units, found.held_out.orders, found.shown.orders) == (28 * 122, 112, 28 * 77)
    assert found.held_out.per_thousand is not None and found.held_out.per_thousand.low < 32.8
    assert found.sales is not None and found.sales.low < 0 < found.sales.high and found.mark == "not_proven"
    months, weeks = found.proof[5], found.proof[20]
    assert months is not None and weeks is not None
    assert months / 30.44 == pytest.approx(7.7, abs=0.5) and weeks / 7 == pytest.approx(10, abs=0.7)


def test_where_nobody_can_be_held_out_nothing_is_said(shop: Shop) -> None:
    with USE_CASES.also(exposing.SHOWN):
        assert told.standing(shop, SLUG) is None
