"""What cannot be bought now is known from the newest facts, shop by shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle.storefront import closed
from pipelines.models import Product, Shop, Variant
from tests import histories

pytestmark = pytest.mark.django_db
YESTERDAY = timezone.now() - timedelta(days=1)


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop()


@pytest.fixture
def thing(shop: Shop) -> Variant:
    thing = histories.a_variant(shop, 1, created=YESTERDAY, is_tracked=True)
    histories.stocked(shop, thing, 3, YESTERDAY)
    return thing


def is_closed(thing: Variant) -> bool:
    return thing.product_id in closed.products(thing.shop_id)


def test_what_is_in_stock_can_be_bought(thing: Variant) -> None:
    assert not is_closed(thing)


@pytest.mark.parametrize(
    "changes",
    [
        {"deleted_at": YESTERDAY},
        {"status": "draft"},
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=400)},
    ],
    ids=["deleted", "a draft", "not published", "published later"],
)
def test_what_the_online_store_does_not_show_cannot(thing: Variant, changes: dict[str, Any]) -> None:
    Product.objects.update(**changes)
    assert is_closed(thing)


def test_only_the_newest_level_of_each_place_counts(thing: Variant, shop: Shop) -> None:
    histories.stocked(shop, thing, 0, YESTERDAY + timedelta(hours=1))
    assert is_closed(thing)
    histories.stocked(shop, thing, 2, YESTERDAY, location=99)
    assert not is_closed(thing)


@pytest.mark.parametrize("changes", [{"is_tracked": False}, {"continues_selling": True}], ids=str)
def test_what_sells_without_stock_can_be_bought(thing: Variant, shop: Shop, changes: dict[str, Any]) -> None:
    histories.stocked(shop, thing, 0, YESTERDAY + timedelta(hours=1))
    Variant.objects.update(**changes)
    assert not is_closed(thing)


def test_a_product_without_a_variant_left_cannot(thing: Variant) -> None:
    Variant.objects.update(deleted_at=YESTERDAY)
    assert is_closed(thing)


def test_another_shops_stock_is_not_mine(thing: Variant) -> None:
    assert closed.products(histories.a_shop().pk) == frozenset()
