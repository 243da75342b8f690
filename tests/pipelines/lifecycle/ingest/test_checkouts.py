"""A checkout is completed by its order, whichever of the two is heard of first."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.lifecycle.ingest import checkouts, drain
from pipelines.models import Checkout, Order, Shop
from tests import factories
from tests.factories import a_delivery, at, order_body

pytestmark = pytest.mark.django_db
TOKEN = "c1a2b3d4e5f60718"


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def hear(shop: Shop, topic: str, body: dict[str, Any]) -> None:
    a_delivery(shop, topic, body)
    drain.drain()


BODY = {"token": TOKEN, "created_at": at(0), "currency": "GBP", "subtotal_price": "20.00", "line_items": []}
PLACED = order_body(1, checkout_token=TOKEN)


def heard(shop: Shop, *topics: str) -> Checkout:
    bodies = {"orders": PLACED, "checkouts": BODY | {"updated_at": at(1)}}
    for topic in topics:
        hear(shop, topic, bodies[topic.split("/")[0]])
    return Checkout.objects.for_shop(shop).get()


@pytest.mark.parametrize("topics", [("orders/create", "checkouts/create"), ("checkouts/create", "orders/create")])
def test_it_is_completed_when_its_order_was_placed(shop: Shop, topics: tuple[str, str]) -> None:
    assert heard(shop, *topics).completed_at == Order.objects.get().processed_at


def test_one_without_an_order_stays_open(shop: Shop) -> None:
    assert heard(shop, "checkouts/create").completed_at is None
    hear(shop, "orders/create", order_body(2, checkout_token="another"))
    assert Checkout.objects.get().completed_at is None


def test_a_completed_one_keeps_its_moment(shop: Shop) -> None:
    done = heard(shop, "orders/create", "checkouts/create")
    Order.objects.update(processed_at=timezone.now())
    with connection.cursor() as cursor:
        checkouts.completed(cursor, [(shop.pk, done.shopify_id)])
    assert Checkout.objects.get().completed_at == done.completed_at


def test_an_order_that_was_deleted_completes_nothing(shop: Shop) -> None:
    hear(shop, "orders/create", PLACED)
    Order.objects.update(deleted_at=timezone.now())
    assert heard(shop, "checkouts/create").completed_at is None


def test_the_order_of_another_shop_completes_nothing(shop: Shop) -> None:
    hear(factories.a_shop(), "orders/create", PLACED)
    assert heard(shop, "checkouts/create").completed_at is None


def test_nothing_to_complete_asks_nothing(shop: Shop) -> None:
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        checkouts.completed(cursor, [])
        checkouts.completed_by(cursor, [])
    assert len(asked) == 0
