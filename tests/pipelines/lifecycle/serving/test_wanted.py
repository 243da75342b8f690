"""What Shopify should hold: lists of what visitors can see, beside what others say of the same numbers."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.serving import wanted
from pipelines.models import Product, PublishedFields, Shop
from pipelines.usecases import USE_CASES
from tests import histories
from tests.listing import LISTS, OUTPUT, Listing

pytestmark = pytest.mark.django_db
RULE = wanted.RULE


@pytest.fixture
def listing():
    known = Listing(histories.a_shop(), None, [])
    for product in range(1, 9):
        known.know(product)
    with USE_CASES.also(LISTS):
        yield known


def found(listing: Listing, **fills: int) -> dict[int, dict[str, list[int]]]:
    """Return what is to be sent of each product."""
    changes = wanted.changes_in_slots(listing.shop, LISTS, OUTPUT, fills, timezone.now())
    return {change.owner: {key: numbers(text) for key, text in change.sent.items()} for change in changes}


def numbers(text: str) -> list[int]:
    return [int(each.rpartition("/")[2]) for each in json.loads(text)]


def know(listing: Listing, product: int, values: dict[str, str], **changes: object) -> None:
    facts = {"use_case": "lists", "output": "lists", "owner": "Product", "is_confirmed": True} | changes
    PublishedFields.objects.create(shop=listing.shop, owner_id=product, values=values, **facts)


def test_a_list_names_what_visitors_can_see_and_never_the_product_itself(listing: Listing) -> None:
    listing.says(None, {1: [1, 2, 3, 4, 5, 6, 7], 3: [1]})
    shop = Product.objects.for_shop(listing.shop)
    shop.filter(shopify_id=2).update(deleted_at=timezone.now())
    shop.filter(shopify_id=3).update(published_at=None)
    shop.filter(shopify_id=4).update(published_at=timezone.now() + timedelta(days=1))
    shop.filter(shopify_id=5).update(status="draft")
    assert found(listing, a=RULE) == {1: {"a": [6, 7]}}


def test_what_everybody_likes_stands_beside_a_product_without_a_list(listing: Listing) -> None:
    version = listing.version(8)
    listing.says(version, {1: [2]})
    listing.says(version, {0: [7]}, kind="best")
    listing.says(None, {0: [1, 2, 3]}, kind="best")
    told = found(listing, a=version.pk)
    assert told[1] == {"a": [2]} and told[2] == {"best": [1, 3]}
    listing.says(None, {}, kind="best")
    assert found(listing, a=version.pk)[2] == {"best": [7]}


def test_a_product_that_has_no_list_in_one_slot_has_the_fallback_too(listing: Listing) -> None:
    version = listing.version(8)
    listing.says(None, {1: [2]})
    listing.says(None, {0: [5]}, kind="best")
    listing.says(version, {1: [3], 2: [3]})
    told = found(listing, a=RULE, b=version.pk)
    assert told[1] == {"a": [2], "b": [3]} and told[2] == {"b": [3], "best": [5]}


def test_a_slot_that_is_nobodys_turn_stays_and_only_what_differs_is_sent(listing: Listing) -> None:
    listing.says(None, {1: [2], 2: [1]})
    changes = {each.owner: each for each in wanted.changes_in_slots(
        listing.shop, LISTS, OUTPUT, {"a": RULE}, timezone.now())}  # fmt: skip
    know(listing, 1, changes[1].values | {"b": "old", "best": "gone by now"})
    know(listing, 2, changes[2].values)
    (change,) = wanted.changes_in_slots(listing.shop, LISTS, OUTPUT, {"a": RULE}, timezone.now())
    assert (change.owner, change.sent, change.gone) == (1, {}, frozenset({"best"}))
    assert change.values == changes[1].values | {"b": "old"}


def test_what_another_output_says_of_the_same_number_is_apart(listing: Listing) -> None:
    listing.says(None, {1: [2]})
    know(listing, 1, {"forecast_28": "71"}, use_case="demand_forecast", output="stock_advice", owner="ProductVariant")
    assert found(listing, a=RULE) == {1: {"a": [2]}}


def test_pieces_make_no_difference(listing: Listing, monkeypatch) -> None:
    listing.says(None, {product: [1, 2, 3] for product in listing.products})
    whole = found(listing, a=RULE)
    monkeypatch.setattr(wanted, "PIECE", 3)
    assert found(listing, a=RULE) == whole and len(whole) == 8


def test_what_was_sent_of_a_product_that_is_gone_is_forgotten(listing: Listing) -> None:
    know(listing, 1, {"a": "x"})
    know(listing, 2, {"a": "x"})
    Product.objects.filter(shopify_id=1).update(deleted_at=timezone.now())
    assert OUTPUT.metafields
    wanted.forget_deleted(listing.shop, LISTS, OUTPUT, OUTPUT.metafields)
    assert list(PublishedFields.objects.values_list("owner_id", flat=True)) == [2]


def test_two_shops_lists_are_apart(listing: Listing) -> None:
    other = Listing(Shop.objects.create(domain="other.myshopify.com", installed_at=timezone.now()), None, [1, 2])
    other.says(None, {1: [2]})
    assert found(listing, a=RULE) == {}
