"""When a shop's data is pulled."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from pipelines.lifecycle.ingest import pulls
from pipelines.models import Shop, ShopSettings, SyncRun
from tests import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def pulled(shop: Shop, at: datetime) -> None:
    run = SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="failed")
    SyncRun.objects.filter(pk=run.pk).update(created_at=at)


def test_a_shop_without_any_import_is_due() -> None:
    assert factories.a_shop().pk in pulls.due(NOON)


def test_it_is_due_once_a_day_at_the_merchants_own_hour() -> None:
    shop = factories.a_shop(timezone="America/New_York")
    ShopSettings.objects.create(shop=shop, pull_at=time(6, 30))  # 11:30 in UTC
    assert pulls.latest_slot(shop, NOON) == NOON.replace(hour=11, minute=30)
    pulled(shop, NOON - timedelta(hours=3))
    assert pulls.due(NOON) == [shop.pk]
    pulled(shop, NOON)
    assert pulls.due(NOON + timedelta(hours=23)) == []
    assert pulls.due(NOON + timedelta(hours=23, minutes=31)) == [shop.pk]


def test_without_a_wish_shops_are_spread_over_the_day() -> None:
    shops = [Shop(domain=f"shop-{number}.myshopify.com") for number in range(300)]
    hours = [pulls.spread_over_the_day(shop).hour for shop in shops]
    assert set(hours) == set(range(24))
    assert max(hours.count(hour) for hour in range(24)) < 40


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_the_clock_change_skips_and_doubles_no_pull(day: datetime) -> None:
    shop = factories.a_shop(timezone="Europe/London")
    ShopSettings.objects.create(shop=shop, pull_at=time(1, 30))
    moments = [day - timedelta(days=1) + timedelta(minutes=10 * step) for step in range(3 * 144)]
    slots = sorted({pulls.latest_slot(shop, moment) for moment in moments})
    gaps = {(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(slots)}
    assert gaps <= {23.0, 24.0, 25.0}
