"""How operations end, line by line, against the development store: one product holds up no other."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from pipelines.lifecycle import due
from pipelines.lifecycle.ingest import install
from pipelines.lifecycle.serving import form, sent
from pipelines.models import Alert, Publication, PublishedFields, Shop
from pipelines.shopify.errors import ShopUnreachable
from pipelines.shopify.id_tokens import verify
from tests.devstore.conftest import app, world
from tests.listing import LISTS, SCOPE, Listing, gid, listing

__all__ = ["app", "listing", "world"]
pytestmark = pytest.mark.django_db


def everything(listing: Listing) -> None:
    """Let the simple rule say something of each product."""
    listing.says(None, dict.fromkeys(listing.products, listing.products[:3]))


def unknown_to_shopify(listing: Listing, title: str) -> int:
    """Delete a product at Shopify without telling us."""
    variant = listing.store.control("add-product", title=title)["variant_id"]
    ask = "query V($id: ID!) { productVariant(id: $id) { product { id } } }"
    held = listing.store.graphql(ask, id=f"gid://shopify/ProductVariant/{variant}")["data"]["productVariant"]
    number = int(held["product"]["id"].rpartition("/")[2])
    listing.know(number, title)
    listing.store.control("delete-product", product_id=gid(number))
    return number


def test_a_product_that_shopify_does_not_know_is_named_and_holds_up_no_other(listing: Listing) -> None:
    gone = unknown_to_shopify(listing, "Gone")
    everything(listing)
    listing.settle()
    one, *_ = listing.products
    assert listing.fields(one)["a"] == listing.products[1:3]
    row = PublishedFields.objects.get(owner_id=gone)
    assert "Owner does not exist" in row.refused
    assert listing.publish() == 0, "what was refused is tried again when it says something else"
    listing.says(None, {gone: listing.products[3:5], one: [listing.products[4]]})
    listing.settle()
    assert PublishedFields.objects.get(owner_id=gone).refused and listing.fields(one)["a"] == [listing.products[4]]


def test_what_was_refused_is_tried_again_a_day_later_and_no_sooner(listing: Listing, monkeypatch) -> None:
    everything(listing)
    refusal = [{"message": "not today", "field": ["metafields", "0", "value"]}]
    read = sent.results
    monkeypatch.setattr(sent, "results", lambda url: sent.Told(refused=dict.fromkeys(read(url).done, refusal)))
    listing.publish()
    while not (refused := PublishedFields.objects.exclude(refused="")):
        listing.publish()
    monkeypatch.setattr(sent, "results", read)
    listing.settle()
    row = refused.get()
    assert listing.publish() == 0 and list(due.publications()) == []
    PublishedFields.objects.filter(pk=row.pk).update(refused_at=row.refused_at - sent.TRIED_AGAIN)
    assert list(due.publications()) == [(listing.shop.pk, LISTS.slug)]
    assert listing.publish() == 1
    listing.settle()
    healed = PublishedFields.objects.get(owner_id=row.owner_id)
    assert (healed.refused, healed.values) == ("", row.values) and healed.operation != row.operation
    assert listing.publish() == 0 and list(due.publications()) == []


def test_a_list_that_names_what_shopify_does_not_know_is_refused_alone(listing: Listing) -> None:
    gone = unknown_to_shopify(listing, "Gone, too")
    one, two, three, *_ = listing.products
    listing.says(None, {one: [gone, two], two: [three]})
    listing.settle()
    assert "non-existent" in PublishedFields.objects.get(owner_id=one).refused
    assert listing.fields(two) == {"a": [three]} and listing.fields(one) == {}


@pytest.mark.parametrize("trouble", ["half_bulk", "half_file", "expired_url", "malformed_jsonl"])
def test_what_nobody_knows_the_end_of_is_sent_again(listing: Listing, trouble: str, monkeypatch) -> None:
    monkeypatch.setattr(form, "PER_CALL", 1)  # a line for each product
    listing.store.control("fail-api", mode=trouble, times=1)
    everything(listing)
    listing.settle()
    assert all(listing.fields(product)["a"] for product in listing.products)
    assert not PublishedFields.objects.filter(is_confirmed=False).exists() and listing.rules()["live"] == "a"


@pytest.mark.parametrize(("trouble", "raised"), [("5xx", ShopUnreachable), ("403", None), ("throttled", None)])
def test_shopify_that_is_away_refuses_or_is_busy_loses_nothing(listing: Listing, trouble: str, raised: type) -> None:
    everything(listing)
    listing.store.control("fail-api", mode=trouble, times=50 if raised else 1)
    with pytest.raises(raised) if raised else nullcontext():
        listing.publish()
    listing.store.control("fail-api", mode=trouble, times=0)
    assert bool(listing.row.stopped_because) is (trouble == "403")
    assert bool(listing.row.leased_until) is (trouble == "5xx"), "what was never answered may still begin"
    Publication.objects.update(leased_until=None)
    listing.settle()
    assert all(listing.fields(product)["a"] for product in listing.products) and not listing.row.stopped_because


def test_what_was_done_before_an_operation_broke_off_counts(listing: Listing, monkeypatch) -> None:
    monkeypatch.setattr(form, "PER_CALL", 1)
    listing.store.control("fail-api", mode="half_bulk", times=1)
    everything(listing)
    listing.publish()
    again = 0
    while not again:
        again = listing.publish()
    assert 0 < again < len(listing.products)


def test_leave_that_is_taken_on_the_way_stops_it_with_a_word(listing: Listing) -> None:
    everything(listing)
    listing.store.control("scopes", revoke=[SCOPE])  # and the webhook has not come
    for _ in range(100):
        listing.publish()
        if listing.row.stopped_because:
            break
    alert = Alert.objects.get(shop=listing.shop)
    assert alert.title.startswith("Lists: Shopify does not let this app write") and alert.closed_at is None
    assert not PublishedFields.objects.filter(is_confirmed=False).exists()
    listing.store.control("scopes", grant=[SCOPE])
    listing.settle()
    assert not listing.row.stopped_because and listing.row.published_at
    assert Alert.objects.get(shop=listing.shop).closed_at


def test_who_leaves_and_comes_back_is_sent_everything_again(listing: Listing) -> None:
    everything(listing)
    listing.settle()
    listing.store.control("uninstall")
    assert install.depart(listing.shop, listing.shop.installed_at)
    assert not PublishedFields.objects.exists() and not Publication.objects.exists()
    assert listing.publish() == 0 and not Publication.objects.exists()
    listing.store.control("reinstall")
    listing.store.control("scopes", grant=[SCOPE])
    token = listing.store.id_token()
    install.arrive(verify(token), token)
    assert Shop.objects.get().has_scope(SCOPE)
    listing.settle()
    assert all(listing.fields(product)["a"] for product in listing.products) and listing.rules()["live"] == "a"


def test_results_are_sorted_into_done_refused_and_to_be_tried_again() -> None:
    told = sent.Told()
    for number, line in enumerate(
        [
            {"data": {"metafieldsSet": {"metafields": [], "userErrors": []}}},
            {"data": {"metafieldsSet": {"metafields": None, "userErrors": [{"message": "no", "field": None}]}}},
            {"data": {"metafieldsSet": None}, "errors": [{"message": "internal"}]},
            {"errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]},
        ]
    ):
        sent.read_line(told, number, line)
    assert (told.done, set(told.refused), told.is_forbidden) == ({0}, {1}, True)
