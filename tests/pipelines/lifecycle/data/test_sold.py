"""What one variant sold day by day: on the shop's days, as much as counts; `test_bundles` sets it beside the frames."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pipelines.lifecycle.data.sold import sold_by_day
from pipelines.models import Order, OrderLine, Shop
from tests import histories
from tests.pipelines.lifecycle.data.test_bundles import SPRING, made_of

SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
LATE = datetime(2026, 11, 9, 23, 30, tzinfo=UTC)


@pytest.fixture
def shop(db) -> Shop:
    return histories.a_shop()


def test_days_are_the_shops_and_what_bundles_sold_is_among_them(shop: Shop) -> None:
    Shop.objects.update(timezone="Europe/Berlin")
    shop.refresh_from_db()
    kit, bulb = (histories.a_variant(shop, number, created=SPRING) for number in (1, 2))
    made_of(kit, bulb, 2)
    histories.an_order(shop, LATE, [(kit, 3), (bulb, 1)])
    histories.an_order(shop, LATE - timedelta(days=2), [(bulb, 5)])
    histories.an_order(shop, UNTIL, [(bulb, 50)])
    told = sold_by_day(shop, bulb.shopify_id, SINCE, UNTIL)
    assert told == {date(2026, 11, 8): 5.0, date(2026, 11, 10): 7.0}
    assert sold_by_day(shop, kit.shopify_id, SINCE, UNTIL) == {}, "its parts sold"


def test_what_is_no_demand_is_not_counted(shop: Shop) -> None:
    bulb = histories.a_variant(shop, 1, created=SPRING)
    for units, facts in ((1, {"is_test": True}), (2, {"cancelled_at": LATE}), (4, {"deleted_at": LATE}), (8, {})):
        order = histories.an_order(shop, LATE, [(bulb, units)])
        Order.objects.filter(pk=order.pk).update(**facts)
    OrderLine.objects.filter(quantity=8).update(removed=3)
    assert list(sold_by_day(shop, bulb.shopify_id, SINCE, UNTIL).values()) == [5.0]
