"""Only who was shown nothing tells what a model added, by what was known when the month ended."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.lifecycle.evidence import kinds
from pipelines.lifecycle.evidence.months import beside_nothing, experiments
from pipelines.lifecycle.evidence.months.claims import Asked
from pipelines.lifecycle.results import worth
from pipelines.lifecycle.results.months import Month
from pipelines.models import HoldOut, Shop
from pipelines.usecases import USE_CASES
from tests import exposing, holding_out
from tests.exposing import SLUG, an_hour
from tests.holding_out import a_day, a_hold_out

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("held")]
held = holding_out.held
AUGUST, SEPTEMBER = (Month(date(2026, number, 1), ZoneInfo("UTC")) for number in (8, 9))


@pytest.fixture
def row() -> HoldOut:
    return a_hold_out(exposing.a_shop(), since=datetime(2026, 7, 31, tzinfo=UTC))


def asked(shop: Shop, month: Month = SEPTEMBER) -> Asked:
    return Asked(shop, SLUG, month.starts_at, month.ends_at, frozenset(), {})


def days(row: HoldOut, month: Month, **arms: Any) -> None:
    for day in month.days:
        a_day(row, datetime(day.year, day.month, day.day, tzinfo=UTC), **arms)


def test_a_gain_is_proven_and_added_for_those_who_first_saw_it_in_the_month(row: HoldOut) -> None:
    days(row, AUGUST, held_out=(1000, 20), shown=(3000, 120))
    days(row, SEPTEMBER, held_out=(1000, 20), shown=(2000, 80))
    orders, sales = beside_nothing.claims(asked(row.shop))
    assert (orders.mark, sales.mark, orders.is_counted, sales.is_counted) == ("proven", "proven", False, True)
    assert sales.details["saw_it"] == 60_000 and sales.value == pytest.approx(60_000 * 20)
    assert orders.n == 61_000 + 31 * 3000 + 30 * 2000 and "since 1\N{NO-BREAK SPACE}Aug. " in orders.how
    assert 0 < sales.low < sales.value < sales.high


def test_what_came_after_the_month_is_not_known_in_it(row: HoldOut) -> None:
    days(row, AUGUST, held_out=(1000, 20), shown=(3000, 60))
    before = beside_nothing.claims(asked(row.shop, AUGUST))
    days(row, SEPTEMBER, held_out=(1000, 20), shown=(3000, 240))
    assert beside_nothing.claims(asked(row.shop, AUGUST)) == before
    assert before[1].mark == "not_proven"


def test_too_few_orders_are_not_measured_and_say_how_many_there_are(row: HoldOut) -> None:
    days(row, SEPTEMBER, held_out=(10, 1), shown=(190, 19))
    (claim,) = beside_nothing.claims(asked(row.shop))
    assert (claim.mark, claim.value, claim.n) == ("not_measured", None, 6000)
    assert claim.how.startswith("30 orders so far") and "100" in claim.how


@pytest.mark.parametrize("month", [AUGUST, SEPTEMBER])
def test_a_month_in_which_nobody_was_held_out_is_not_measured(row: HoldOut, month: Month) -> None:
    days(row, AUGUST, held_out=(0, 0), shown=(3000, 60))
    for shop in (row.shop, exposing.a_shop()):
        (claim,) = beside_nothing.claims(asked(shop, month))
        assert (claim.mark, claim.how) == ("not_measured", beside_nothing.NOBODY)


def test_sales_of_a_release_are_told_beside_it_and_never_added_to_it(row: HoldOut) -> None:
    days(row, SEPTEMBER, held_out=(1000, 20), shown=(3000, 120))
    release = exposing.a_canary(row.shop, step=1)
    for hour in range(24):
        an_hour(release, exposing.MONDAY + timedelta(hours=hour), control=(500, 8), canary=(500, 40))
    from pipelines.lifecycle.evidence import blocks

    blocks.close_blocks(release, exposing.MONDAY + timedelta(days=3))
    found = kinds.of(SLUG).month(asked(row.shop))
    assert [claim.mark for claim in found] == ["proven"] * 4
    assert [claim.is_counted for claim in found] == [False, False, False, True]
    total = worth.proven([claim.as_dict() for claim in found])
    assert total is not None and total["value"] == pytest.approx(found[3].value)


def test_without_a_hold_out_by_contract_releases_are_added_and_nothing_else_is_told(row: HoldOut) -> None:
    with USE_CASES.also(exposing.SHOWN):
        assert beside_nothing.claims(asked(row.shop)) == []
        assert experiments.is_counted(SLUG)
