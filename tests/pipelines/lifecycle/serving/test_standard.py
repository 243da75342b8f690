"""Shopify's own field: filled where it is empty or ours, given back in the end, and nobody's hand written over."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle import due
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.serving import standard
from pipelines.models import LifecycleEvent, StandardField
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import UserErrors
from tests.devstore.conftest import app, world
from tests.listing import LIST, SCOPE, SLUG, STANDARD, Listing, gid, listing

__all__ = ["app", "listing", "world"]
pytestmark = pytest.mark.django_db
SET = """mutation Set($fields: [MetafieldsSetInput!]!) {
  metafieldsSet(metafields: $fields) { userErrors { message } } }"""
DELETE = """mutation Delete($fields: [MetafieldIdentifierInput!]!) {
  metafieldsDelete(metafields: $fields) { userErrors { message } } }"""


def by_hand(listing: Listing, product: int, picks: list[int]) -> None:
    """Choose what fits a product in Shopify's own app."""
    address = {"ownerId": gid(product), "namespace": STANDARD[0], "key": STANDARD[1]}
    value = json.dumps([gid(pick) for pick in picks])
    answer = listing.store.graphql(SET, fields=[address | {"type": LIST, "value": value}])
    assert not answer["data"]["metafieldsSet"]["userErrors"]


def field(listing: Listing, product: int) -> list[int] | None:
    return listing.fields(product).get("standard")


@pytest.fixture
def shop(listing: Listing):
    """Let a version run that has lists; what tests left in the store before is cleared."""
    addresses = [{"ownerId": gid(each), "namespace": STANDARD[0], "key": STANDARD[1]} for each in listing.products]
    listing.store.graphql(DELETE, fields=addresses)
    listing.says(None, dict.fromkeys(listing.products, listing.products[:3]))
    listing.runs(listing.version(listing.products[5]))
    yield listing
    listing.store.control("scopes", grant=[SCOPE])
    listing.store.graphql(DELETE, fields=addresses)


def waits(listing: Listing) -> bool:
    return (listing.shop.pk, SLUG) in list(due.publications())


def a_day_later() -> None:
    StandardField.objects.exclude(refused="").update(checked_at=timezone.now() - timedelta(days=1))


def wants(listing: Listing, fills: bool = True) -> None:
    standard.choose(listing.shop, SLUG, fills=fills, by="1")
    listing.settle()


def test_nothing_is_written_where_nobody_asked(shop: Listing) -> None:
    shop.settle()
    assert field(shop, shop.products[0]) is None and not StandardField.objects.exists()


def test_empty_fields_are_filled_and_what_was_chosen_by_hand_stands(shop: Listing) -> None:
    one, two, three, *_ = shop.products
    by_hand(shop, two, [three])
    by_hand(shop, three, [])
    wants(shop)
    assert field(shop, one) == shop.fields(one)["a"] and field(shop, two) == [three]
    assert field(shop, three), "an empty list is nobody's choice"
    assert LifecycleEvent.objects.for_shop(shop.shop).filter(kind="standard.filled").count() == 1
    before = dict(StandardField.objects.values_list("owner_id", "state"))
    assert before[two] == "theirs" and standard.left(shop.shop, SLUG) == len(shop.products) - 1
    wants(shop, fills=False)
    assert (field(shop, one), field(shop, two), field(shop, three)) == (None, [three], [])
    assert not StandardField.objects.exists()


def test_new_lists_follow_and_a_hand_that_came_later_stands(shop: Listing) -> None:
    one, two, three, four, *_ = shop.products
    wants(shop)
    by_hand(shop, two, [three])
    shop.says(shop.pointer.active, {one: [four], two: [four]})
    shop.settle()
    assert field(shop, one) == [four] and field(shop, two) == [three]
    assert field(shop, four) is None, "a product without a list gets back what stood there"
    wants(shop, fills=False)
    assert field(shop, two) == [three]


def test_back_on_the_simple_rule_all_of_it_comes_back(shop: Listing) -> None:
    wants(shop)
    shop.runs(None)
    shop.settle()
    assert all(field(shop, product) is None for product in shop.products)
    assert shop.row.fills_standard, "it is filled again by the next version"


def test_a_version_that_lost_its_lists_leaves_what_stands(shop: Listing) -> None:
    wants(shop)
    before = field(shop, shop.products[0])
    shop.says(shop.pointer.active, {})
    shop.settle()
    assert field(shop, shop.products[0]) == before is not None


def test_no_more_than_ten_are_named(shop: Listing) -> None:
    one, *rest = shop.products
    assert standard.LONGEST == 10
    shop.says(shop.pointer.active, {one: rest * 3})
    wants(shop)
    assert field(shop, one) == (rest * 3)[:10]


def test_a_product_that_is_gone_holds_up_no_other(shop: Listing) -> None:
    variant = shop.store.control("add-product", title="Soon gone")["variant_id"]
    ask = "query V($id: ID!) { productVariant(id: $id) { product { id } } }"
    gone = shop.store.graphql(ask, id=f"gid://shopify/ProductVariant/{variant}")["data"]["productVariant"]["product"]
    number = int(gone["id"].rpartition("/")[2])
    shop.know(number)
    one, two, *_ = shop.products
    shop.says(shop.pointer.active, {one: [number], two: [one], number: [one]})
    shop.store.control("delete-product", product_id=number)
    wants(shop)
    assert field(shop, two) == [one] and field(shop, one) is None
    assert StandardField.objects.get(owner_id=one).state == "refused"
    assert not StandardField.objects.filter(owner_id=number).exists()


def test_what_is_not_ours_is_looked_at_again_after_a_week(shop: Listing) -> None:
    one, two, *_ = shop.products
    by_hand(shop, one, [two])
    wants(shop)
    by_hand(shop, one, [])
    shop.settle()
    assert field(shop, one) == []
    StandardField.objects.update(checked_at=timezone.now() - timedelta(days=8))
    shop.settle()
    assert field(shop, one)


@pytest.mark.parametrize("was_sent", [False, True])
def test_a_process_that_died_around_sending_loses_nothing(shop: Listing, monkeypatch, was_sent: bool) -> None:
    one, two, *_ = shop.products
    real = AdminApi.execute

    def dies(api, name, variables=None):
        if name != "metafields_set" or variables["metafields"][0]["namespace"] != STANDARD[0]:
            return real(api, name, variables)
        if was_sent:
            real(api, name, variables)
        raise KeyboardInterrupt

    wants(shop)
    shop.says(shop.pointer.active, {one: [two]})
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(AdminApi, "execute", dies)
        shop.publish()
    shop.settle()
    assert field(shop, one) == [two]
    wants(shop, fills=False)
    assert field(shop, one) is None


def test_a_hand_between_reading_and_writing_is_not_written_over(shop: Listing, monkeypatch) -> None:
    one, two, three, *_ = shop.products
    real, moved = AdminApi.execute, []

    def slow(api, name, variables=None):
        if name == "metafields_set" and not moved and variables["metafields"][0]["namespace"] == STANDARD[0]:
            moved.append(True)
            by_hand(shop, one, [three])
        return real(api, name, variables)

    monkeypatch.setattr(AdminApi, "execute", slow)
    wants(shop)
    assert field(shop, one) == [three] and field(shop, two)
    assert StandardField.objects.get(owner_id=one).state == "theirs"


def test_many_products_are_done_piece_by_piece(shop: Listing, monkeypatch) -> None:
    monkeypatch.setattr(standard, "MOST", 3)
    wants(shop)
    assert all(field(shop, product) for product in shop.products)
    wants(shop, fills=False)
    assert not any(field(shop, product) for product in shop.products)


def test_without_leave_it_stays_until_it_may_be_given_back(shop: Listing) -> None:
    wants(shop)
    type(shop.shop).objects.update(scopes=["read_products"])
    standard.choose(shop.shop, SLUG, fills=False, by="1")
    shop.publish()
    assert standard.left(shop.shop, SLUG) == len(shop.products)
    type(shop.shop).objects.update(scopes=["read_products", SCOPE])
    shop.settle()
    assert standard.left(shop.shop, SLUG) == 0 and field(shop, shop.products[0]) is None


@pytest.mark.parametrize(("call", "by_hand_before"), [("metafields_delete", []), ("metafields_set", [4])])
def test_what_shopify_will_not_give_back_today_is_given_back_later(
    shop: Listing, monkeypatch, call: str, by_hand_before: list[int]
) -> None:
    one, *_ = shop.products
    before = [shop.products[place] for place in by_hand_before]
    wants(shop)
    StandardField.objects.filter(owner_id=one).update(
        before=json.dumps([gid(each) for each in before]) if before else ""
    )
    real, refusals = AdminApi.execute, []

    def refusing(api, name, variables=None):
        if name == call and any(each["ownerId"] == gid(one) for each in variables["metafields"]):
            refusals.append(UserErrors([{"message": "Not today", "code": "INTERNAL_ERROR"}]))
            raise refusals[-1]
        return real(api, name, variables)

    monkeypatch.setattr(AdminApi, "execute", refusing)
    wants(shop, fills=False)
    assert refusals and field(shop, one) == shop.fields(one)["a"]
    assert (
        list(StandardField.objects.values_list("owner_id", flat=True)) == [one] and standard.left(shop.shop, SLUG) == 1
    )
    asked = len(refusals)
    shop.publish()
    assert len(refusals) == asked and waits(shop) is False, "it is asked no more today"
    monkeypatch.setattr(AdminApi, "execute", real)
    a_day_later()
    assert waits(shop)
    shop.settle()
    assert (field(shop, one) or []) == before and not StandardField.objects.exists() and not waits(shop)


def test_what_shopify_will_not_give_back_is_not_said_to_be_gone_and_holds_up_no_other(
    shop: Listing, monkeypatch
) -> None:
    """Ours stays where Shopify refuses it: first come those that nobody asked about yet, a day later these again."""
    stuck = [gid(product) for product in shop.products[:3]]
    wants(shop)
    real = AdminApi.execute

    def refusing(api, name, variables=None):
        told = variables["metafields"] if name == "metafields_delete" else []
        if any(each["ownerId"] in stuck and each["namespace"] == STANDARD[0] for each in told):
            raise UserErrors([{"message": "Not today", "code": "INTERNAL_ERROR"}])
        return real(api, name, variables)

    monkeypatch.setattr(AdminApi, "execute", refusing)
    monkeypatch.setattr(standard, "MOST", 2)
    assert switches.turn(shop.shop, switches.PUBLISHING, is_on=False, by="operator:ada")
    shop.settle()
    told = LifecycleEvent.objects.for_shop(shop.shop).filter(kind="fields.taken_back")
    assert set(StandardField.objects.values_list("refused", flat=True)) == {"Not today"}
    assert standard.left(shop.shop, SLUG) == len(stuck) and not told.exists() and not waits(shop)
    monkeypatch.setattr(AdminApi, "execute", real)
    a_day_later()
    assert waits(shop)
    shop.settle()
    assert told.count() == 1 and not any(field(shop, product) for product in shop.products) and not waits(shop)


def test_a_product_whose_list_came_back_is_filled_though_giving_it_back_was_refused(shop: Listing) -> None:
    one, *_ = shop.products
    wants(shop)
    StandardField.objects.filter(owner_id=one).update(refused="Not today")
    shop.says(shop.pointer.active, dict.fromkeys(shop.products[1:], shop.products[:2]))
    shop.settle()
    assert field(shop, one) and StandardField.objects.get(owner_id=one).refused
    shop.says(shop.pointer.active, dict.fromkeys(shop.products, shop.products[2:4]))
    shop.settle()
    assert field(shop, one) == shop.products[2:4] and not StandardField.objects.get(owner_id=one).refused
