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


LINE = {"variant_id": 5, "quantity": 2, "price": "5.00"}
TOLD = {
    0: ("checkouts/create", BODY | {"updated_at": at(0), "line_items": [LINE]}),
    2: ("checkouts/update", BODY | {"updated_at": at(2), "shipping_lines": [{"price": "3.95"}]}),
    3: ("checkouts/update", BODY | {"updated_at": at(3), "discount_codes": [{"code": "TEN"}]}),
}
OVER = ("checkouts/update", BODY | {"updated_at": at(4), "completed_at": at(4), "shipping_lines": [{"title": "Post"}]})


def steps(shop: Shop) -> list[tuple[str, int, str]]:
    """Give of each step the minute, the units, and what was reached."""
    found = Checkout.objects.for_shop(shop).get().steps or []
    reached = (" ".join(name for name in ("has_shipping", "has_discount") if each[name]) for each in found)
    return [(each["at"][14:16], each["units"], told) for each, told in zip(found, reached, strict=True)]


IN_TIME = [("00", 2, ""), ("02", 0, "has_shipping"), ("03", 0, "has_discount")]


@pytest.mark.parametrize("order", [(0, 2, 3), (3, 2, 0), (2, 0, 3), (3, 0, 2, 0, 3)])
@pytest.mark.parametrize("together", [True, False])
def test_its_steps_are_the_same_in_whatever_order_they_come(shop: Shop, order: tuple[int, ...], together: bool) -> None:
    for minute in order:
        a_delivery(shop, *TOLD[minute])
        if not together:
            drain.drain()
    drain.drain()
    assert steps(shop) == IN_TIME


def test_what_is_told_of_a_checkout_that_is_over_is_no_step(shop: Shop) -> None:
    for topic, body in (*TOLD.values(), OVER):
        hear(shop, topic, body)
    assert steps(shop) == IN_TIME


def test_of_one_that_is_heard_of_when_it_is_over_no_start_is_known(shop: Shop) -> None:
    hear(shop, *OVER)
    row = Checkout.objects.get()
    assert (row.steps, row.first_minor, row.first_lines, row.first_units) == (None, None, None, None)


def test_of_one_second_the_furthest_step_stands(shop: Shop) -> None:
    topic, body = TOLD[2]
    for reached in ({"shipping_lines": []}, {}, {"shipping_lines": None}):
        hear(shop, topic, body | reached)
    assert steps(shop) == [("02", 0, "has_shipping")]


@pytest.mark.parametrize("turned", [False, True])
def test_of_one_second_a_larger_cart_is_not_further_than_a_delivery(shop: Shop, turned: bool) -> None:
    topic, body = TOLD[2]
    told: list[dict[str, Any]] = [{"line_items": [LINE], "shipping_lines": []}, {}]
    for changes in reversed(told) if turned else told:
        hear(shop, topic, body | changes)
    assert steps(shop) == [("02", 0, "has_shipping")]


def test_of_one_that_changes_without_end_the_first_steps_are_kept(shop: Shop) -> None:
    topic, body = TOLD[2]
    for minute in (*range(20, 45), *range(20)):
        a_delivery(shop, topic, body | {"updated_at": at(minute)})
    drain.drain()
    assert [minute for minute, *_ in steps(shop)] == [f"{minute:02}" for minute in range(checkouts.MOST_STEPS)]
