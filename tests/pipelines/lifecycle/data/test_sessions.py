"""One session is what a visitor does without half an hour's rest, however much is read around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from pipelines.lifecycle.data import sessions
from pipelines.models import Shop
from tests import histories
from tests.pipelines.lifecycle.data.test_moments import did

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def of(shop: Shop, **more: str) -> list[int]:
    facts = {"shop": shop.pk, "since": NOON, "until": NOON + timedelta(hours=9), "rest": sessions.REST}
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {sessions.numbered(**more)} SELECT session FROM sessions ORDER BY at, id", facts)
        return [number for (number,) in cursor.fetchall()]


def test_more_than_half_an_hour_of_rest_begins_another_and_an_order_does_not() -> None:
    shop = histories.a_shop()
    for minutes, kind in ((0, "page_viewed"), (30, "checkout_completed"), (31, "page_viewed"), (62, "page_viewed")):
        did(shop, NOON + minutes * MINUTE, kind)
    assert of(shop) == [1, 1, 1, 2]


def test_each_visitor_and_shop_has_sessions_of_its_own() -> None:
    shop, other = histories.a_shop(), histories.a_shop(domain="bob.myshopify.com")
    did(shop, NOON, who="ann")
    did(shop, NOON + MINUTE, who="bob")
    did(other, NOON + 2 * MINUTE, who="ann")
    assert of(shop) == [1, 1]


def test_what_is_left_out_begins_and_ends_nothing() -> None:
    shop = histories.a_shop()
    for minutes, kind in ((0, "page_viewed"), (20, "cart_viewed"), (40, "page_viewed")):
        did(shop, NOON + minutes * MINUTE, kind)
    assert of(shop) == [1, 1, 1]
    assert of(shop, only="e.kind = 'page_viewed'") == [1, 2]
