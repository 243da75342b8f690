"""A day of a hold-out is counted once, when it is old enough, and nobody who may have been in both arms is in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from pipelines.jobs import hold_outs
from pipelines.lifecycle.evidence.hold_out import days
from pipelines.models import HoldOut, HoldOutDay, Shop
from tests import exposing, holding_out
from tests.exposing import MONDAY
from tests.holding_out import a_hold_out, a_share, ordered, seen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("held")]
held = holding_out.held
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEN = MONDAY + 10 * HOUR
RIPE = MONDAY + 2 * DAY + days.LATE


@pytest.fixture
def row() -> HoldOut:
    return a_hold_out(exposing.a_shop())


def figures(arm: str, **which: Any) -> tuple[float, ...]:
    found = HoldOutDay.objects.get(**which)
    return tuple(getattr(found, f"{arm}_{name}") for name in ("units", "orders", "revenue", "revenue_squared"))


class TestCounting:
    def test_units_and_their_first_orders_are_counted_by_arm(self, row: HoldOut) -> None:
        units = seen(row, TEN, held_out=5, shown=95)
        ordered(row.shop, units[True][:1], TEN + HOUR, 3000)
        ordered(row.shop, units[False][:4], TEN + 2 * HOUR, 2000)
        ordered(row.shop, units[False][:4], TEN + 3 * HOUR, 9000)
        assert days.count(row.pk, RIPE) == 1
        assert figures("held_out") == (5, 1, 3000, 3000**2)
        assert figures("shown") == (95, 4, 8000, 4 * 2000**2)

    def test_a_day_is_not_counted_before_its_last_unit_is_a_day_old(self, row: HoldOut) -> None:
        seen(row, TEN, held_out=1, shown=1)
        assert days.count(row.pk, RIPE - timedelta(minutes=1)) == 0
        assert list(days.due(RIPE - timedelta(minutes=1))) == []
        assert list(days.due(RIPE)) == [row.pk] and days.count(row.pk, RIPE) == 1
        assert list(days.due(RIPE)) == []

    def test_it_is_counted_once_and_never_revised(self, row: HoldOut) -> None:
        units = seen(row, TEN, held_out=3, shown=3)
        days.count(row.pk, RIPE)
        seen(row, TEN, held_out=9, shown=9)
        ordered(row.shop, units[True], TEN + HOUR)
        assert days.count(row.pk, RIPE) == 0 and days.count(row.pk, RIPE + DAY) == 0
        assert figures("held_out") == (3, 0, 0, 0)

    def test_days_that_were_missed_are_caught_up_with(self, row: HoldOut) -> None:
        for day in (0, 1, 4):
            seen(row, TEN + day * DAY, held_out=1, shown=day + 1)
        assert days.count(row.pk, RIPE + 6 * DAY) == 3
        wanted = [(date(2026, 9, 14 + day), day + 1) for day in (0, 1, 4)]
        assert list(HoldOutDay.objects.order_by("day").values_list("day", "shown_units")) == wanted

    @pytest.mark.parametrize(
        "changes",
        [
            {"cancelled_at": RIPE},
            {"deleted_at": RIPE},
            {"is_test": True},
            {"processed_at": TEN + DAY},
            {"processed_at": TEN - HOUR},
        ],
    )
    def test_an_order_that_does_not_count_is_none(self, row: HoldOut, changes: dict[str, Any]) -> None:
        ordered(row.shop, seen(row, TEN, held_out=3)[True], TEN + HOUR, **changes)
        days.count(row.pk, RIPE)
        assert figures("held_out") == (3, 0, 0, 0)

    def test_an_order_counts_as_much_as_was_usual_before_the_day(self, row: HoldOut) -> None:
        for minor in (1000, 2000, 5000):
            ordered(row.shop, [b""], MONDAY - DAY, minor)
        ordered(row.shop, seen(row, TEN, shown=1)[False], TEN + HOUR, 9_000_000)
        days.count(row.pk, RIPE)
        assert figures("shown") == (1, 1, 5000, 5000**2)
        assert HoldOutDay.objects.get().cap_minor == 5000

    def test_a_shop_without_orders_is_counted_too(self, row: HoldOut) -> None:
        seen(row, TEN, held_out=2, shown=30)
        days.count(row.pk, RIPE)
        assert (figures("held_out"), figures("shown")) == ((2, 0, 0, 0), (30, 0, 0, 0))
        assert HoldOutDay.objects.get().cap_minor is None

    def test_another_shops_units_and_orders_are_never_counted(self, row: HoldOut) -> None:
        other = a_hold_out(exposing.a_shop())
        units = seen(row, TEN, held_out=2, shown=2)
        ordered(other.shop, units[True] + units[False], TEN + HOUR)
        for each in (row, other):
            days.count(each.pk, RIPE)
        assert HoldOutDay.objects.get().hold_out == row
        assert figures("shown") == (2, 0, 0, 0)

    def test_days_are_days_of_the_shop(self) -> None:
        row = a_hold_out(exposing.a_shop(timezone="America/New_York"), since=datetime(2026, 9, 14, 4, tzinfo=UTC))
        seen(row, datetime(2026, 9, 15, 3, 59, tzinfo=UTC), shown=1)
        seen(row, datetime(2026, 9, 15, 4, 1, tzinfo=UTC), shown=2)
        days.count(row.pk, datetime(2026, 9, 18, tzinfo=UTC))
        found = HoldOutDay.objects.order_by("day").values_list("day", "shown_units")
        assert list(found) == [(date(2026, 9, 14), 1), (date(2026, 9, 15), 2)]

    def test_a_shop_that_moves_to_another_zone_is_counted_on(self, row: HoldOut) -> None:
        seen(row, TEN, shown=1)
        days.count(row.pk, RIPE)
        Shop.objects.filter(pk=row.shop_id).update(timezone="Pacific/Auckland")
        seen(row, TEN + DAY, shown=2)
        days.count(row.pk, RIPE + 3 * DAY)
        assert sum(HoldOutDay.objects.values_list("shown_units", flat=True)) == 3


class TestChangedShares:
    def test_who_is_seen_first_under_the_new_share_counts_apart(self, row: HoldOut) -> None:
        seen(row, MONDAY + HOUR, held_out=1, shown=19)
        a_share(row, 20, MONDAY + 30 * HOUR)
        seen(row, MONDAY + 31 * HOUR, held_out=20, shown=80)
        days.count(row.pk, RIPE + DAY)
        rows = HoldOutDay.objects.order_by("day").values_list("share__percent", "held_out_units", "shown_units")
        assert list(rows) == [(5, 1, 19), (20, 20, 80)]

    def test_who_was_first_seen_less_than_a_day_before_the_change_is_left_out_in_both_arms(self, row: HoldOut) -> None:
        change = MONDAY + 30 * HOUR
        seen(row, change - DAY, held_out=1, shown=2)
        seen(row, change - DAY + timedelta(minutes=1), held_out=10, shown=20)
        seen(row, change - timedelta(minutes=1), held_out=10, shown=20)
        a_share(row, 20, change)
        days.count(row.pk, RIPE + 2 * DAY)
        assert list(HoldOutDay.objects.values_list("held_out_units", "shown_units")) == [(1, 2)]

    def test_a_sight_that_was_written_by_the_share_before_after_the_change_is_left_out(self, row: HoldOut) -> None:
        units = seen(row, MONDAY + 31 * HOUR, held_out=1, shown=1)
        a_share(row, 20, MONDAY + 30 * HOUR)
        days.count(row.pk, RIPE + 2 * DAY)
        assert units and not HoldOutDay.objects.exists()

    def test_shares_that_change_again_and_again_count_only_who_stayed_in_one(self, row: HoldOut) -> None:
        for hours in range(2, 26, 2):
            seen(row, MONDAY + hours * HOUR - timedelta(minutes=5), held_out=1, shown=1)
            a_share(row, 5 if hours % 4 else 20, MONDAY + hours * HOUR)
        seen(row, MONDAY + 27 * HOUR, held_out=2, shown=3)
        days.count(row.pk, RIPE + 2 * DAY)
        assert list(HoldOutDay.objects.values_list("held_out_units", "shown_units")) == [(2, 3)]


def test_the_jobs_draw_count_and_keep_the_figures(row: HoldOut) -> None:
    other = exposing.a_shop()
    seen(row, TEN, held_out=40, shown=800)
    hold_outs.keep()
    row.refresh_from_db()
    assert row.figures["arms"]["shown"] == {"units": 800, "orders": 0, "per_thousand": None}
    assert HoldOut.objects.filter(shop=other).exists()
    hold_outs.keep()
    assert HoldOutDay.objects.count() == 1
