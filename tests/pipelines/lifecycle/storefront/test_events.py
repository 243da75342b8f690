"""Events and counts are written many at once: each event once, each count added up, nothing of shops that left."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Iterable
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from pipelines.lifecycle.storefront.events import COUNT, KEEP, Ignored, Seen
from pipelines.models import IgnoredEvents, Shop, StorefrontEvent
from tests import factories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def append(statement: str, rows: Iterable[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [orjson.dumps([dataclasses.asdict(row) for row in rows]).decode()])


def seen(shop: Shop, **changes: Any) -> Seen:
    facts = {"event": uuid.uuid4().hex, "kind": "page_viewed", "at": NOW, "day": NOW.date(), "unit": "ab" * 16}
    return Seen(shop.domain, **facts | changes)


def counts() -> dict[tuple[str, str], int]:
    rows = IgnoredEvents.objects.values_list("shop__domain", "reason", "events")
    return {(domain, reason): events for domain, reason, events in rows}


def test_what_is_told_twice_is_kept_once_and_the_rest_is_counted(shop: Shop) -> None:
    one, two = seen(shop), seen(shop)
    append(KEEP, [one, two, one])
    append(KEEP, [two])
    assert StorefrontEvent.objects.count() == 2
    assert counts() == {(shop.domain, "replay"): 2}


def test_each_shop_has_its_own_rows(shop: Shop) -> None:
    other, event = factories.a_shop(domain="bob.myshopify.com"), uuid.uuid4().hex
    append(KEEP, [seen(shop, event=event), seen(other, event=event), seen(other, event=event)])
    assert {row.shop for row in StorefrontEvent.objects.all()} == {shop, other}
    assert counts() == {(other.domain, "replay"): 1}


def test_counts_are_added_up_by_shop_day_and_reason(shop: Shop) -> None:
    ignored = [
        Ignored(shop.domain, NOW.date(), reason, events) for reason, events in (("bot", 2), ("old", 1), ("bot", 3))
    ]
    append(COUNT, ignored)
    append(COUNT, ignored[:1])
    assert counts() == {(shop.domain, "bot"): 7, (shop.domain, "old"): 1}


@pytest.mark.parametrize("gone", ["uninstalled_at", "redacted_at"])
def test_a_shop_that_left_leaves_nothing_behind(shop: Shop, gone: str) -> None:
    Shop.objects.filter(pk=shop.pk).update(**{gone: NOW})
    append(KEEP, [seen(shop), seen(Shop(domain="nobody.myshopify.com"))])
    append(COUNT, [Ignored(shop.domain, NOW.date(), "bot", 1)])
    assert not StorefrontEvent.objects.exists() and not counts()


@pytest.mark.parametrize(("currency", "kept"), [("GBP", 2995), ("JPY", None), ("", None)])
def test_the_size_of_a_cart_is_kept_in_the_shops_own_currency_alone(
    shop: Shop, currency: str, kept: int | None
) -> None:
    cart = {"value": 2995, "currency": currency, "lines": 2, "units": 3, "has_discount": True, "checkout": 77}
    append(KEEP, [seen(shop, device="phone", source="search", **cart)])
    row = StorefrontEvent.objects.get()
    assert (row.value_minor, row.lines, row.units, row.has_discount) == (kept, 2, 3, True)
    assert (row.device, row.source, row.checkout_key) == ("phone", "search", 77)
