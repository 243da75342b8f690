"""What a shop's past says of its money: only orders that stand count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from pipelines.lifecycle.evidence import pace
from pipelines.lifecycle.releases import traffic
from pipelines.models import Deployment, Release, ServingWindow
from pipelines.strategies import stages
from tests import exposing, histories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRIDAY_NOON = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
A_WEEK_AGO = FRIDAY_NOON - timedelta(weeks=1)


def test_the_money_of_an_hour_is_what_this_hour_of_such_a_day_sold() -> None:
    shop = histories.a_shop(timezone="UTC")
    for at in (A_WEEK_AGO, A_WEEK_AGO - timedelta(weeks=1), A_WEEK_AGO + timedelta(hours=1)):
        histories.an_order(shop, at, [], total_minor=8_000)
    assert traffic.sales_an_hour(shop, FRIDAY_NOON) == 2_000  # two orders, over eight weeks


@pytest.mark.parametrize(
    "gone",
    [{"deleted_at": A_WEEK_AGO}, {"cancelled_at": A_WEEK_AGO}, {"is_test": True}],
    ids=["deleted", "cancelled", "test"],
)
def test_orders_that_do_not_stand_are_no_money(gone: dict[str, object]) -> None:
    shop = histories.a_shop(timezone="UTC")
    histories.an_order(shop, A_WEEK_AGO, [], total_minor=8_000, **gone)
    assert traffic.sales_an_hour(shop, FRIDAY_NOON) == 0


class TestUnits:
    """1,000 visitors a day, of whom 30 order; the orders reach back four weeks, the visitors three days."""

    def served(self, shop: Any, days: int, *, units: int = 50, **changes: Any) -> None:
        """Let units be answered in 20 hours of each of the last days."""
        hours = [FRIDAY_NOON - day * DAY - hour * HOUR for day in range(days) for hour in range(1, 21)]
        facts = {"shop": shop, "use_case": exposing.SLUG, "arm": "stable", "units": units} | changes
        ServingWindow.objects.bulk_create(ServingWindow(**facts, starts_at=at, ends_at=at + HOUR) for at in hours)

    def bought(self, shop: Any, days: int, unit: bytes | None = b"u" * 16) -> None:
        """Let there be 30 orders in each of the last days."""
        for day in range(days):
            for number in range(30):
                at = FRIDAY_NOON - day * DAY - (number % 20 + 0.5) * HOUR
                histories.an_order(shop, at, [], total_minor=1_000, unit=unit)

    def known(self, shop: Any) -> tuple[float, float]:
        return pace.seen_lately(Deployment.of(shop, exposing.SLUG), FRIDAY_NOON)

    def test_orders_are_counted_on_the_days_of_the_units(self) -> None:
        shop = exposing.a_shop()
        self.served(shop, 3)
        self.bought(shop, 28)
        units_a_day, rate = self.known(shop)
        assert units_a_day == pytest.approx(1_000, rel=0.1)
        assert rate == pytest.approx(0.03, rel=0.1)
        needed = stages.units_for_evidence(stages.Traffic("randomised", units_a_day=units_a_day, rate=rate))
        assert needed == pytest.approx(1_000, rel=0.1)  # 108 where the orders of 28 days are counted

    def test_orders_of_nobody_who_was_seen_are_no_units_orders(self) -> None:
        shop = exposing.a_shop()
        self.served(shop, 3)
        self.bought(shop, 3)
        known = self.known(shop)
        self.bought(shop, 3, unit=None)
        assert self.known(shop) == known

    def test_days_without_units_make_few_units_a_day_and_bring_no_orders(self) -> None:
        shop = exposing.a_shop()
        self.served(shop, 3)
        earliest = ServingWindow.objects.filter(starts_at__lt=FRIDAY_NOON - 2 * DAY)
        earliest.update(starts_at=F("starts_at") - 18 * DAY)
        self.bought(shop, 28)
        units_a_day, rate = self.known(shop)
        assert units_a_day == pytest.approx(3 * 1_000 / 20, rel=0.1)
        assert rate == pytest.approx(0.03, rel=0.5)

    def test_a_first_hour_is_no_day(self) -> None:
        shop = exposing.a_shop()
        facts = {"shop": shop, "use_case": exposing.SLUG, "arm": "stable", "units": 50}
        ServingWindow.objects.create(**facts, starts_at=FRIDAY_NOON - HOUR, ends_at=FRIDAY_NOON)
        assert self.known(shop) == (50, 0)

    def test_nobody_seen_is_no_traffic(self) -> None:
        shop = exposing.a_shop()
        self.bought(shop, 2)
        assert self.known(shop) == (0, 0)

    def test_both_arms_of_a_split_are_units_and_a_version_that_runs_unseen_adds_none(self) -> None:
        row = exposing.a_canary(exposing.a_shop(), at=FRIDAY_NOON - 4 * DAY, step=1)
        self.served(row.shop, 3, units=25)
        self.served(row.shop, 3, units=25, arm="canary", version=row.version)
        self.bought(row.shop, 3)
        assert self.known(row.shop)[1] == pytest.approx(0.03, rel=0.1)
        Release.objects.update(exposed_at=None)
        assert self.known(row.shop)[1] == pytest.approx(0.06, rel=0.1)
