"""A shop that allows it has our pixel, with settings that our door takes: held by a store that checks them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from pipelines.jobs import storefront
from pipelines.lifecycle.ingest import install
from pipelines.lifecycle.storefront import keys, pixel
from pipelines.models import Shop, StorefrontPixel
from pipelines.shopify.errors import UserErrors
from pipelines.shopify.id_tokens import verify
from tests.devstore.conftest import CLIENT_ID, SECRET, World, app, world

__all__ = ["app", "world"]
pytestmark = pytest.mark.django_db
EXTENSION = Path("extensions") / "web-pixel" / "shopify.extension.toml"
CONFIG = """
[access_scopes]
scopes = "read_orders,read_all_orders,read_products,read_inventory,read_locations"
optional_scopes = ["write_pixels", "read_customer_events"]
"""


@pytest.fixture
def shop(world: World, settings: Any) -> Iterator[Shop]:
    settings.DEMO = True
    settings.SHOPIFY_API_KEY, settings.SHOPIFY_API_SECRET = CLIENT_ID, SECRET
    settings.SHOPIFY_API_ORIGIN = f"http://127.0.0.1:{world.port}/shops/{{shop}}"
    before = (world.folder / "shopify.app.toml").read_text()
    (world.folder / "shopify.app.toml").write_text(CONFIG)
    declare(world)
    allow(world)
    token = world.id_token()
    yield install.arrive(verify(token), token).shop
    world.control("scopes", revoke=list(pixel.SCOPES))
    shutil.rmtree(world.folder / "extensions", ignore_errors=True)
    (world.folder / "shopify.app.toml").write_text(before)


def declare(world: World) -> None:
    (world.folder / EXTENSION).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(project.BASE_DIR) / EXTENSION, world.folder / EXTENSION)


def allow(world: World) -> None:
    assert set(pixel.SCOPES) <= set(world.control("scopes", grant=list(pixel.SCOPES))["scopes"])


def held(world: World) -> list[dict[str, str]]:
    """Return the settings of the pixels that the store runs."""
    with sqlite3.connect(world.folder / "state" / "store.sqlite3") as store:
        return [json.loads(told) for (told,) in store.execute("SELECT settings FROM web_pixels")]


def forget(world: World) -> None:
    with sqlite3.connect(world.folder / "state" / "store.sqlite3") as store:
        store.execute("DELETE FROM web_pixels")


def test_it_is_switched_on_once_with_what_our_door_takes(world: World, shop: Shop) -> None:
    for _ in range(2):
        storefront.keep_pixels()
    (told,) = held(world)
    assert (told["address"], told["shop"]) == (f"{project.APP_URL}/pixel", shop.domain)
    assert keys.is_ours(told["key"], shop.domain)
    assert StorefrontPixel.objects.get().settings == told
    assert not list(pixel.due())


@pytest.mark.parametrize("missing", pixel.SCOPES)
def test_it_needs_both_scopes_and_is_forgotten_where_one_goes(world: World, shop: Shop, missing: str) -> None:
    storefront.keep_pixels()
    Shop.objects.filter(pk=shop.pk).update(scopes=[scope for scope in pixel.SCOPES if scope != missing])
    storefront.keep_pixels()
    assert not StorefrontPixel.objects.exists() and not list(pixel.due())


def test_a_shop_that_left_is_asked_nothing(world: World, shop: Shop) -> None:
    storefront.keep_pixels()
    install.depart(shop, shop.installed_at)
    storefront.keep_pixels()
    assert not StorefrontPixel.objects.exists() and not list(pixel.due())


def test_new_keys_and_another_address_are_told(world: World, shop: Shop, settings: Any) -> None:
    storefront.keep_pixels()
    (before,) = held(world)
    number = StorefrontPixel.objects.get().gid
    settings.APP_URL = "https://app.example.com"
    storefront.switch_on_pixel(shop.pk)
    (after,) = held(world)
    assert after["address"] == "https://app.example.com/pixel" and after["key"] != before["key"]
    assert StorefrontPixel.objects.get().gid == number


def test_a_key_of_an_older_kind_makes_a_shop_due(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    storefront.keep_pixels()
    monkeypatch.setattr(keys, "is_newest", lambda key: False)
    assert list(pixel.due()) == [shop.pk]


def test_what_only_one_side_knows_is_found_and_what_is_gone_is_made_anew(world: World, shop: Shop) -> None:
    storefront.keep_pixels()
    first = StorefrontPixel.objects.get().gid
    StorefrontPixel.objects.all().delete()
    storefront.switch_on_pixel(shop.pk)
    assert StorefrontPixel.objects.get().gid == first
    StorefrontPixel.objects.update(settings={})
    forget(world)
    storefront.switch_on_pixel(shop.pk)
    assert len(held(world)) == 1 and StorefrontPixel.objects.get().gid != first


def test_what_shopify_refuses_is_no_pixel(world: World, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (world.folder / EXTENSION).unlink()
    with pytest.raises(UserErrors):
        pixel.switch_on(shop)
    assert not StorefrontPixel.objects.exists() and list(pixel.due()) == [shop.pk]
