"""Codes that shoppers are shown are asked about at Shopify: when new, each day, and only where we may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.jobs import storefront
from pipelines.lifecycle.ingest import install
from pipelines.lifecycle.storefront import codes
from pipelines.models import Shop
from pipelines.models.usecases.offers import Offer
from pipelines.shopify.id_tokens import verify
from tests.devstore.conftest import CLIENT_ID, SECRET, World, app, world
from tests.offering import an_offer

__all__ = ["app", "world"]
pytestmark = pytest.mark.django_db
NOW = timezone.now()
PAST, COMING = "2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
CONFIG = """
[access_scopes]
scopes = "read_orders,read_all_orders,read_products,read_inventory,read_locations"
optional_scopes = ["read_discounts"]
"""


@contextmanager
def that_lets_us_read(world: World, settings: Any) -> Iterator[Shop]:
    """Give the shop of a store that lets us read discounts, for a while."""
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    before = (world.folder / "shopify.app.toml").read_text()
    (world.folder / "shopify.app.toml").write_text(CONFIG)
    world.control("scopes", grant=[codes.SCOPE])
    token = world.id_token()
    yield install.arrive(verify(token), token).shop
    world.control("scopes", revoke=[codes.SCOPE])
    (world.folder / "shopify.app.toml").write_text(before)


@pytest.fixture
def shop(world: World, settings: Any) -> Iterator[Shop]:
    with that_lets_us_read(world, settings) as shop:
        yield shop
    world.control("discount-code", code="TEN", percent=0)


def keep(world: World, **discount: Any) -> None:
    """Let the store have a code, or none."""
    assert world.control("discount-code", **{"code": "TEN", **discount})["status"] == 200


def state(shop: Shop) -> str:
    """Let the clock find the shop, and say what is known of its offer's code."""
    Offer.objects.update(code_checked_at=None)
    storefront.check_codes(shop.pk)
    return Offer.objects.get(shop=shop).code_state


@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        ({}, "active"),
        ({"kind": "DiscountCodeFreeShipping"}, "active"),
        ({"kind": "DiscountCodeBxgy", "usage_limit": 5, "used": 4}, "active"),
        ({"kind": "DiscountCodeApp", "ends_at": COMING}, "active"),
        ({"code": "ten"}, "active"),  # Shopify looks at no capitals
        ({"ends_at": PAST}, "ended"),
        ({"starts_at": COMING}, "later"),
        ({"usage_limit": 5, "used": 5}, "nobody"),
        ({"buyers": "customers"}, "some"),
        ({"buyers": "segments"}, "some"),
        ({"buyers": "markets"}, "some"),
        ({"percent": 0}, "deleted"),
    ],
)
def test_what_shopify_says_of_a_code_is_known(
    world: World, shop: Shop, discount: dict[str, Any], expected: str
) -> None:
    an_offer(shop)
    keep(world, **discount)
    assert state(shop) == expected


def test_when_a_code_ends_is_known(world: World, shop: Shop) -> None:
    an_offer(shop)
    keep(world, ends_at=COMING)
    assert state(shop) == "active"
    ends_at = Offer.objects.get().code_ends_at
    assert ends_at and ends_at.year == 2100


def test_where_we_may_not_ask_nothing_can_be_known_until_we_may(world: World, shop: Shop) -> None:
    an_offer(shop)
    keep(world)
    Shop.objects.update(scopes=[])
    assert state(Shop.objects.get()) == "unknown" and not list(codes.due(timezone.now()))
    Shop.objects.update(scopes=[codes.SCOPE])
    assert list(codes.due(timezone.now())) == [shop.pk]
    assert state(Shop.objects.get()) == "active"


def test_a_scope_that_is_gone_before_we_heard_of_it_is_no_error(world: World, shop: Shop) -> None:
    an_offer(shop)
    world.control("scopes", revoke=[codes.SCOPE])
    assert state(shop) == "unknown"


def test_codes_are_asked_about_when_new_and_each_day(world: World, shop: Shop) -> None:
    an_offer(shop)
    an_offer(shop, "Stopped", state=Offer.State.STOPPED)
    an_offer(shop, "Message", kind=Offer.Kind.MESSAGE, code="")
    keep(world)
    storefront.find_codes()
    checked = Offer.objects.exclude(code_checked_at=None)
    assert [offer.name for offer in checked] == ["Ten off"]
    now = timezone.now()
    assert not list(codes.due(now)) and list(codes.due(now + codes.EVERY)) == [shop.pk]


def test_a_code_that_was_changed_meanwhile_keeps_no_answer_of_another(
    world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = an_offer(shop)

    def ask(of: Shop, code: str) -> tuple[str, None]:
        Offer.objects.filter(pk=offer.pk).update(code="OTHER")
        return "active", None

    monkeypatch.setattr(codes, "ask", ask)
    codes.check(shop, NOW)
    assert Offer.objects.get().code_state == "" and list(codes.due(NOW + timedelta(days=2))) == [shop.pk]
