"""What a process holds of a shop's offers: what runs, what is left of it, and what variants cost."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from pipelines.models import Order, Product, Shop, Variant
from pipelines.models.usecases.offers import Offer, holding, till
from tests import factories
from tests.offering import an_offer, reserve

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def a_variant(shop: Shop, number: int, price: int, cost: int | None, **changes: Any) -> None:
    facts = {"updated_at": NOW, "price_minor": price, "unit_cost_minor": cost, "product_id": 30}
    Variant.objects.create(shop=shop, shopify_id=number, **facts | changes)


def test_nothing_is_held_where_nothing_runs(shop: Shop) -> None:
    an_offer(shop, state=Offer.State.STOPPED)
    an_offer(factories.a_shop())
    assert holding.held(shop.pk, None) is None


def test_what_runs_is_held_with_what_is_left_and_how_often_it_was_shown(shop: Shop) -> None:
    offer = an_offer(shop, budget_minor=500, weekly_cap=9, for_whom={"value_from": 10}, cost_percent=2)
    reserve(offer)
    held = holding.held(shop.pk, None)
    assert held
    (shown,) = held.shelf.offers
    assert (shown.left_minor, shown.left_times, shown.shown, shown.accepted) == (300, 8, 1, 0)
    assert (shown.whom.value_from, shown.cost_percent, held.shelf.currency) == (10, 2.0, shop.currency)
    assert till.shown(held, offer.pk) == {"id": offer.pk, "kind": "code", "code": "TEN"}


def test_an_added_product_is_its_cheapest_variant(shop: Shop) -> None:
    Product.objects.create(shop=shop, shopify_id=30, title="Beanie", updated_at=NOW)
    a_variant(shop, 301, 1200, 500)
    a_variant(shop, 302, 1000, None)
    a_variant(shop, 303, 900, 100, deleted_at=NOW)
    an_offer(shop, kind=Offer.Kind.PRODUCT, product_id=30, code="")
    held = holding.held(shop.pk, None)
    assert held
    (shown,) = held.shelf.offers
    assert (shown.variant, shown.price, held.shelf.products) == (302, 1000, {30})
    assert [held.shelf.costs.of(number) for number in (301, 302, 303)] == [500, None, None]


@pytest.mark.parametrize(
    ("totals", "largest"), [([100] * 19, None), ([0] * 20, None), ([100] * 20, 1000), ([100] * 19 + [8100], 8100)]
)
def test_the_largest_cart_that_is_believed_is_ten_usual_orders_or_the_largest(
    shop: Shop, totals: list[int], largest: int | None
) -> None:
    facts = {"created_at": NOW, "processed_at": NOW, "updated_at": NOW, "currency": "GBP", "shop": shop}
    for number, total in enumerate(totals):
        Order.objects.create(shopify_id=number, total_minor=total, **facts)
    Order.objects.create(shopify_id=99, total_minor=10**9, is_test=True, **facts)
    an_offer(shop)
    held = holding.held(shop.pk, None)
    assert held and held.shelf.largest == largest
    again = holding.held(shop.pk, held)
    assert again and again.shelf.largest == largest


@pytest.mark.parametrize("state", Offer.Code.values)
def test_a_code_that_gives_nothing_is_marked(shop: Shop, state: str) -> None:
    an_offer(shop, code_state=state)
    held = holding.held(shop.pk, None)
    assert held and held.shelf.offers[0].is_code_lost is (state in ("ended", "deleted", "nobody", "later"))


def test_costs_are_read_now_and_then_alone(shop: Shop) -> None:
    an_offer(shop)
    before = holding.held(shop.pk, None)
    assert before
    a_variant(shop, 301, 1200, 500)
    held = holding.held(shop.pk, before)
    assert held and held.shelf.costs is before.shelf.costs
    old = holding.Held(before.shelf, before.costs_read - holding.COSTS_EVERY - 1)
    held = holding.held(shop.pk, old)
    assert held and held.shelf.costs.of(301) == 500
