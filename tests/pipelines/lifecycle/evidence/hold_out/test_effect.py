"""What showing brings is told with a range that includes nothing it does not know, or not at all."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.lifecycle.evidence.hold_out import effect
from pipelines.models import HoldOut
from tests import exposing, holding_out
from tests.exposing import MONDAY
from tests.holding_out import a_day, a_hold_out, a_share

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("held")]
held = holding_out.held
DAY = timedelta(days=1)


@pytest.fixture
def row() -> HoldOut:
    return a_hold_out(exposing.a_shop())


def a_month(row: HoldOut, held_out: tuple[int, int], shown: tuple[int, int], days: int = 30) -> None:
    for day in range(days):
        a_day(row, MONDAY + day * DAY, held_out=held_out, shown=shown)


def test_no_difference_is_not_proven(row: HoldOut) -> None:
    a_month(row, (200, 6), (3800, 114))
    told = effect.keep(row)
    assert told["orders"]["mark"] == told["sales"]["mark"] == "not_proven"
    assert told["orders"]["value"] == told["sales"]["value"] == 0
    assert told["arms"]["held_out"]["per_thousand"]["value"] == pytest.approx(30)
    row.refresh_from_db()
    assert row.figures == told


def test_a_great_gain_and_a_great_loss_are_proven_in_orders_and_in_money(row: HoldOut) -> None:
    a_month(row, (1000, 20), (3000, 120))
    told = effect.told(effect.known(row))
    assert told["orders"]["mark"] == told["sales"]["mark"] == "proven"
    assert told["orders"]["value"] == pytest.approx(1.0) and told["orders"]["low"] > 0
    assert told["sales"]["value"] == pytest.approx(90_000 * 0.02 * 1000)
    other = a_hold_out(exposing.a_shop())
    a_month(other, (1000, 40), (3000, 60))
    told = effect.told(effect.known(other))
    assert told["orders"]["high"] < 0 and told["sales"]["high"] < 0 and told["sales"]["mark"] == "proven"


def test_under_a_hundred_orders_of_the_held_out_no_range_is_given(row: HoldOut) -> None:
    a_month(row, (200, 3), (3800, 114))
    told = effect.keep(row)
    assert (told["orders"], told["sales"]) == (None, None)
    assert told["arms"]["held_out"] == {
        "units": 6000,
        "orders": 90,
        "per_thousand": pytest.approx({"value": 15, "low": 12.2, "high": 18.4}, rel=0.01),
    }


def test_shares_are_strata_so_that_a_change_in_a_busy_month_proves_nothing(row: HoldOut) -> None:
    a_month(row, (100, 2), (1900, 38))
    a_share(row, 20, MONDAY + 40 * DAY)
    for day in range(41, 71):
        a_day(row, MONDAY + day * DAY, held_out=(400, 24), shown=(1600, 96))
    told = effect.keep(row)
    assert told["orders"]["value"] == pytest.approx(0, abs=1e-9)  # from the totals it would be -.24
    assert told["orders"]["mark"] == "not_proven"


def test_only_days_before_one_are_known_before_it(row: HoldOut) -> None:
    a_month(row, (200, 6), (3800, 114))
    known = effect.known(row, date(2026, 9, 24))
    assert known.units("held_out") == 10 * 200


def test_a_hold_out_without_a_day_says_nothing(row: HoldOut) -> None:
    assert effect.keep(row) == {}


def test_days_without_an_order_say_nothing_of_a_rate(row: HoldOut) -> None:
    a_month(row, (5, 0), (95, 0))
    told = effect.keep(row)
    assert (told["rate"], told["units_a_day"], told["orders"]) == (0.0, 100.0, None)
