"""What a shop's past says of its money: only orders that stand count."""

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.lifecycle.releases import traffic
from tests import histories

pytestmark = pytest.mark.django_db

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
