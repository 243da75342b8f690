"""How far visits went is counted once for each hour of the store, when its orders are known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.storefront import visits
from pipelines.models import Order, Shop, StorefrontEvent, VisitHour
from tests import histories
from tests.pipelines.lifecycle.data.test_moments import bought, did, started, unit, walked

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # the shop is in London
KNOWN = NOON + 33 * HOUR  # six hours from noon on are known
ADDED, BEGAN, BOUGHT = "product_added_to_cart", "checkout_started", "checkout_completed"


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop(installed_at=NOON)


def counted(shop: Shop, now: datetime = KNOWN) -> VisitHour:
    """Count, and return the first hour."""
    visits.count(shop, now)
    return VisitHour.objects.for_shop(shop).earliest("starts_at")


def steps(row: VisitHour) -> tuple[int, ...]:
    return row.visits, row.carts, row.checkouts, row.orders


class TestVisits:
    def test_are_counted_by_how_far_they_went_at_the_hour_in_which_they_began(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", "search_submitted", who="looks")
        walked(shop, NOON, "page_viewed", ADDED, who="fills")
        walked(shop, NOON + 58 * MINUTE, "page_viewed", ADDED, "page_viewed", BEGAN, who="starts")
        walked(shop, NOON + HOUR, "page_viewed", who="later")
        row = counted(shop)
        assert (row.starts_at, row.day, row.hour) == (NOON, date(2026, 11, 18), 12)
        assert steps(row) == (3, 2, 1, 0) and row.searched == 1
        assert steps(VisitHour.objects.get(hour=13)) == (1, 0, 0, 0)

    def test_who_gave_an_address_was_at_the_checkout_where_its_beginning_was_lost(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", "checkout_address_info_submitted")
        assert steps(counted(shop)) == (1, 1, 1, 0)

    def test_who_bought_went_every_step_whatever_was_told_of_it(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", who="ann")
        order = bought(shop, NOON + 5 * MINUTE, unit=unit("ann"), total_minor=4200)
        row = counted(shop)
        assert steps(row) == (1, 1, 1, 1) and row.sales_minor == 4200
        assert Order.objects.get(pk=order.pk).checkout_key is None

    def test_the_order_of_its_checkout_is_the_visits_for_a_day(self, shop: Shop) -> None:
        for number, (who, waits) in enumerate((("soon", 23 * HOUR), ("late", 25 * HOUR)), start=1):
            walked(shop, NOON, "page_viewed", BEGAN, who=who, checkout_key=number)
            bought(shop, NOON + waits, checkout_key=number)
        assert steps(counted(shop)) == (2, 2, 2, 1)

    def test_the_page_of_thanks_is_of_the_same_visit_and_half_an_hour_of_rest_begins_another(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", BEGAN, BOUGHT, "page_viewed", who="ann", checkout_key=7)
        walked(shop, NOON + 50 * MINUTE, "page_viewed", who="ann")
        bought(shop, NOON + 2 * MINUTE, checkout_key=7)
        assert steps(counted(shop)) == (2, 1, 1, 1)

    def test_an_order_of_any_checkout_that_was_begun_is_the_visits(self, shop: Shop) -> None:
        for late, key in enumerate((7, 9)):
            walked(shop, NOON + 2 * late * MINUTE, "page_viewed", BEGAN, who="ann", checkout_key=key)
        bought(shop, NOON + HOUR, checkout_key=7)
        assert steps(counted(shop)) == (1, 1, 1, 1)

    def test_one_that_goes_on_from_the_hour_before_is_not_counted_again(self, shop: Shop) -> None:
        walked(shop, NOON - 5 * MINUTE, *["page_viewed"] * 9, who="ann")
        assert steps(counted(shop)) == (0, 0, 0, 0)

    def test_orders_that_were_cancelled_or_tests_are_none(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed", who="ann")
        bought(shop, NOON + MINUTE, unit=unit("ann"), cancelled_at=NOON + HOUR)
        bought(shop, NOON + MINUTE, unit=unit("ann"), is_test=True)
        assert steps(counted(shop)) == (1, 0, 0, 0)

    def test_of_another_shop_are_not_this_ones(self, shop: Shop) -> None:
        other = histories.a_shop(domain="bob.myshopify.com", installed_at=NOON)
        walked(other, NOON, "page_viewed", who="ann")
        assert steps(counted(shop)) == (0, 0, 0, 0) and steps(counted(other)) == (1, 0, 0, 0)


class TestCheckouts:
    def test_without_any_pixel_are_counted_with_what_was_finished(self, shop: Shop) -> None:
        started(shop, NOON, key=1)
        started(shop, NOON + MINUTE, key=2)
        bought(shop, NOON + 2 * HOUR, checkout_key=2, total_minor=4200)
        row = counted(shop)
        assert (row.started, row.finished, row.finished_minor) == (2, 1, 4200) and steps(row) == (0, 0, 0, 0)

    def test_are_one_whoever_tells_of_them_and_however_often_they_are_gone_back_to(self, shop: Shop) -> None:
        started(shop, NOON, key=1)
        did(shop, NOON + 59 * MINUTE, BEGAN, checkout_key=1)
        did(shop, NOON + 59 * MINUTE, BEGAN, who="bob", checkout_key=2)
        did(shop, NOON + 7 * HOUR, BEGAN, who="bob", checkout_key=2)
        counted(shop, NOON + 40 * HOUR)
        assert sum(VisitHour.objects.values_list("started", flat=True)) == 2


class TestCounting:
    def test_waits_until_orders_are_known_and_enough_hours_are_over(self, shop: Shop) -> None:
        assert list(visits.due(KNOWN - MINUTE)) == [] and list(visits.due(KNOWN)) == [shop.pk]
        assert visits.count(shop, KNOWN) == 6
        assert list(visits.due(KNOWN)) == [] and list(visits.due(KNOWN + 6 * HOUR)) == [shop.pk]

    def test_is_done_once_and_for_good(self, shop: Shop) -> None:
        walked(shop, NOON, "page_viewed")
        counted(shop)
        StorefrontEvent.objects.all().delete()
        assert visits.count(shop, KNOWN) == 0
        assert steps(counted(shop, KNOWN + 6 * HOUR)) == (1, 0, 0, 0)
        assert VisitHour.objects.count() == 12

    def test_goes_back_four_weeks_at_most_so_many_hours_a_pass(self, shop: Shop) -> None:
        Shop.objects.update(installed_at=NOON - timedelta(days=90))
        shop.refresh_from_db()
        made = visits.count(shop, NOON)
        assert made == visits.TOGETHER * visits.PIECES
        assert VisitHour.objects.earliest("starts_at").starts_at == NOON - visits.LOOKS_BACK

    def test_follows_the_clock_of_the_store_when_it_changes(self, shop: Shop) -> None:
        autumn = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)  # midnight in London: that day has 25 hours
        Shop.objects.update(installed_at=autumn)
        shop.refresh_from_db()
        visits.count(shop, autumn + timedelta(days=3))
        assert VisitHour.objects.filter(day=date(2026, 10, 25)).count() == 25

    def test_of_an_hour_of_another_zone_begins_on_its_own_clock(self, shop: Shop) -> None:
        Shop.objects.update(timezone="Asia/Kolkata")
        shop.refresh_from_db()
        row = counted(shop)
        assert (row.starts_at, row.hour) == (NOON - 30 * MINUTE, 17)
