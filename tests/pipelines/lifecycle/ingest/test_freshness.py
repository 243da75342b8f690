"""Nothing is trained and nothing moves forward on data older than 26 hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.errors import StaleData
from pipelines.lifecycle.ingest import freshness
from pipelines.models import Shop, SyncRun
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def read(shop: Shop, ago: timedelta, kind: str = "orders", state: str = "done") -> None:
    SyncRun.objects.create(shop=shop, kind=kind, trigger="daily", state=state, finished_at=NOW - ago)


@pytest.mark.parametrize("kind", ["orders", "reconcile"])
def test_whole_reads_of_orders_count_and_the_newest_of_them(shop: Shop, kind: str) -> None:
    read(shop, 5 * HOUR, kind)
    read(shop, 9 * HOUR, kind)
    assert freshness.newest_pull_at(shop) == freshness.require_fresh(shop, NOW) == NOW - 5 * HOUR


@pytest.mark.parametrize(("kind", "state"), [("products", "done"), ("stock", "done"), ("orders", "failed")])
def test_what_did_not_read_orders_to_the_end_does_not_count(shop: Shop, kind: str, state: str) -> None:
    read(shop, HOUR, kind, state)
    assert freshness.newest_pull_at(shop) is None


def test_another_shops_read_does_not_count(shop: Shop) -> None:
    read(factories.a_shop(), HOUR)
    with pytest.raises(StaleData, match="have not been imported yet"):
        freshness.require_fresh(shop, NOW)


def test_26_hours_are_fresh_and_a_second_more_is_not(shop: Shop) -> None:
    read(shop, 26 * HOUR)
    assert freshness.require_fresh(shop, NOW)
    with pytest.raises(StaleData, match="are 26 hours old"):
        freshness.require_fresh(shop, NOW + timedelta(seconds=1))


def test_the_age_is_told_in_whole_hours(shop: Shop) -> None:
    read(shop, 49.9 * HOUR)
    with pytest.raises(StaleData, match="are 49 hours old") as stale:
        freshness.require_fresh(shop, NOW)
    assert stale.value.retryable
