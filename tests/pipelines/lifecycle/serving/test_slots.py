"""Two slots and a pointer, against the development store: what visitors see is never written over."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipelines.lifecycle.serving import slots
from pipelines.models import Deployment, Publication, Release
from pipelines.shopify.admin_api import AdminApi
from tests.devstore.conftest import app, world
from tests.listing import LISTS, SCOPE, Listing, listing

__all__ = ["app", "listing", "world"]
pytestmark = pytest.mark.django_db
Phase = Release.Phase
ROOT = Path(__file__).resolve().parents[4]


def test_first_lists_go_into_the_first_slot_and_then_the_storefront_is_told(listing: Listing) -> None:
    one, two, *_ = listing.products
    listing.says(None, {one: [two], two: [one]})
    listing.publish()
    assert listing.rules() == {}, "nothing is told before all of it is there"
    listing.settle()
    assert listing.fields(one) == {"a": [two]} and listing.fields(two) == {"a": [one]}
    assert listing.rules() == {"live": "a", "weight": 0, "seed": "", "hold_out": 0, "hold_out_seed": ""}


def test_a_candidate_lies_ready_before_anybody_sees_it_and_is_compared_only_then(listing: Listing) -> None:
    one, two, three, *_ = listing.products
    listing.says(None, {one: [two]})
    listing.settle()
    candidate = listing.version(three)
    release = listing.release(candidate, Phase.CANARY, weight=10)  # faster than its lists
    listing.publish()
    assert (listing.rules()["weight"], listing.rules()["seed"]) == (0, ""), "no page names the release"
    listing.settle()
    assert listing.fields(one)["b"] == [three, two]
    assert listing.rules()["live"] == "a"
    assert (listing.rules()["weight"], listing.rules()["seed"]) == (10, release.seed)
    listing.release(candidate, Phase.CANARY, weight=25)
    assert listing.publish() == 0 and listing.rules()["weight"] == 25


def test_a_waiting_candidate_lies_ready_and_nobody_sees_it(listing: Listing) -> None:
    one, two, three, *_ = listing.products
    listing.says(None, {one: [two]})
    listing.release(listing.version(three))
    listing.settle()
    assert listing.fields(one) == {"a": [two], "b": [three, two]} and listing.rules()["weight"] == 0


def test_a_flip_writes_one_field_there_and_back(listing: Listing) -> None:
    one, two, three, *_ = listing.products
    listing.says(None, {one: [two]})
    new = listing.version(three)
    listing.release(new, Phase.CANARY, weight=50)
    listing.settle()
    before, sent = listing.fields(one), listing.operations()
    Release.objects.update(phase=Phase.LIVE)
    listing.runs(new)
    assert listing.publish() == 0
    assert (listing.rules()["live"], listing.rules()["weight"]) == ("b", 0)
    listing.runs(None)
    Release.objects.update(phase=Phase.ROLLED_BACK)
    assert listing.publish() == 0
    assert listing.rules()["live"] == "a"
    assert (listing.fields(one), listing.operations()) == (before, sent)


def test_the_third_version_takes_the_slot_that_nobody_sees(listing: Listing) -> None:
    one, two, three, four, *_ = listing.products
    first, second, third = (listing.version(pick) for pick in (two, three, four))
    listing.runs(first)
    listing.settle()
    listing.runs(second, standby=first)
    listing.settle()
    assert listing.rules()["live"] == "b" and listing.fields(one)["a"][0] == two, "what we may go back to lies ready"
    listing.release(third)
    listing.settle()
    assert listing.fields(one)["a"][0] == four and listing.fields(one)["b"][0] == three


def test_what_visitors_see_stands_until_the_other_slot_is_full(listing: Listing) -> None:
    """Going back to a version whose slot was taken fills that slot first, and turns then."""
    one, two, three, four, *_ = listing.products
    first, second, third = (listing.version(pick) for pick in (two, three, four))
    listing.runs(second, standby=first)
    listing.release(third)
    listing.settle()
    Release.objects.update(phase=Phase.REJECTED)
    listing.runs(first)
    listing.publish()
    assert listing.rules()["live"] == "a" and listing.fields(one)["a"][0] == three
    listing.settle()
    assert listing.rules()["live"] == "b" and listing.fields(one)["b"][0] == two


def test_a_version_that_lost_its_lists_leaves_what_stands(listing: Listing) -> None:
    one, two, *_ = listing.products
    first = listing.version(two)
    listing.runs(first)
    listing.settle()
    before = listing.fields(one)
    listing.says(first, {})
    listing.settle()
    assert listing.fields(one) == before and listing.rules()["live"] == "a"


def test_who_writes_late_writes_nothing_and_looks_again(listing: Listing, monkeypatch) -> None:
    one, two, three, *_ = listing.products
    listing.says(None, {one: [two]})
    new = listing.version(three)
    listing.release(new)
    listing.settle()
    real, moved, told = AdminApi.execute, [], []

    def slow(api, name, variables=None):
        answer = real(api, name, variables)
        if name == "metafields_set":
            told.append(listing.rules()["live"])
        if name == "app_field" and not moved:  # between our reading and our writing somebody goes live
            moved.append(True)
            Release.objects.update(phase=Phase.LIVE)
            listing.runs(new)
            assert slots.turn(listing.shop, LISTS)
        return answer

    monkeypatch.setattr(AdminApi, "execute", slow)
    Release.objects.update(phase=Phase.CANARY, weight=10)
    Deployment.objects.update(canary=new)
    assert slots.turn(listing.shop, LISTS)
    assert listing.rules()["live"] == "b" and listing.row.pointer == listing.rules()
    assert told == ["b"], "what was late never stood there, not even for a moment"


def test_the_storefront_is_told_of_a_rollback_though_the_scope_is_gone(listing: Listing) -> None:
    one, two, three, *_ = listing.products
    listing.says(None, {one: [two]})
    new = listing.version(three)
    listing.runs(new)
    listing.settle()
    listing.store.control("scopes", revoke=[SCOPE])
    type(listing.shop).objects.update(scopes=["read_products"])
    listing.runs(None)
    assert listing.publish() == 0 and listing.rules()["live"] == "b"
    listing.store.control("scopes", grant=[SCOPE])


def test_nothing_is_told_where_nothing_lies(listing: Listing) -> None:
    listing.settle()
    assert listing.rules() == {} and Publication.objects.get().slots == {}


def test_the_theme_shows_what_is_live_and_keeps_the_other_list_ready(listing: Listing) -> None:
    """Through our own block, rendered by the development store's Liquid."""
    one, two, three, *_ = listing.products
    extensions = listing.store.folder / "extensions"
    shutil.copytree(ROOT / "extensions", extensions, dirs_exist_ok=True)
    try:
        for product in (two, three):
            listing.store.control("adjust-stock", variant_id=listing.variant(product), available=20)
        listing.says(None, {one: [two]})
        new = listing.version(three)
        listing.says(new, {one: [three]})
        listing.release(new, Phase.CANARY, weight=20)
        listing.settle()
        live, _, other = listing.page(one).partition("<template")
        assert f'data-product="{two}"' in live and f'data-product="{three}"' in other and 'data-weight="20"' in live
        Release.objects.update(phase=Phase.LIVE)
        listing.runs(new)
        listing.publish()
        live, _, other = listing.page(one).partition("<template")
        assert f'data-product="{three}"' in live and other == "" and 'data-weight="0"' in live
    finally:
        shutil.rmtree(extensions)
