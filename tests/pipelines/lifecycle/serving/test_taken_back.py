"""What is switched off is taken back from products, seen by shoppers at once, and written anew when it is on again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.lifecycle import due
from pipelines.lifecycle.ingest import install
from pipelines.lifecycle.operating import switches
from pipelines.lifecycle.releases import rollback
from pipelines.lifecycle.serving import publish, standard
from pipelines.models import LifecycleEvent, PublishedFields, Shop
from pipelines.ops.recovery import catch_up
from pipelines.shopify.errors import AccessEnded
from pipelines.shopify.id_tokens import verify
from tests.devstore.conftest import app, world
from tests.listing import SLUG, Listing, listing

__all__ = ["app", "listing", "world"]
pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[4]
OFF = {"is_off": True}


@pytest.fixture
def shop(listing: Listing):
    """Let every product have a list of its own, and best sellers beside what has none."""
    listing.says(None, dict.fromkeys(listing.products, listing.products[:4]))
    listing.says(None, {0: listing.products[:3]}, kind="best")
    listing.settle()
    return listing


def turn(listing: Listing, name: str, *, is_on: bool) -> None:
    assert switches.turn(listing.shop, name, is_on=is_on, by="operator:ada")


def held(listing: Listing) -> list[dict[str, list[int]]]:
    return [fields for product in listing.products if (fields := listing.fields(product))]


def waits(listing: Listing) -> bool:
    return (listing.shop.pk, SLUG) in list(due.publications())


@pytest.mark.parametrize("name", [switches.family(SLUG), switches.PUBLISHING])
def test_what_is_switched_off_is_taken_back_and_comes_again(shop: Listing, name: str) -> None:
    before = held(shop)
    assert len(before) == len(shop.products) and not waits(shop)
    turn(shop, name, is_on=False)
    assert waits(shop), "the clock finds it, whatever becomes of the queue"
    shop.publish()
    assert shop.rules() == OFF
    shop.settle()
    assert held(shop) == [] and not PublishedFields.objects.for_shop(shop.shop).exists()
    assert shop.publish() == 0 and not waits(shop)
    assert rollback.way_takes(shop.pointer, None) == "", "a way back waits for no lists that nobody is to see"
    told = LifecycleEvent.objects.for_shop(shop.shop).filter(kind="fields.taken_back")
    assert [event.use_case for event in told] == [SLUG]
    turn(shop, name, is_on=True)
    assert waits(shop)
    shop.settle()
    assert held(shop) == before and shop.rules()["live"] == "a" and not waits(shop)


def test_shoppers_see_none_of_it_at_once(shop: Listing) -> None:
    extensions = shop.store.folder / "extensions"
    shutil.copytree(ROOT / "extensions", extensions, dirs_exist_ok=True)
    try:
        assert "data-shopmlops-block" in shop.page(shop.products[0])
        turn(shop, switches.family(SLUG), is_on=False)
        publish.slots.turn(Shop.objects.get(pk=shop.shop.pk), publish.USE_CASES[SLUG])
        assert held(shop) and "data-shopmlops-block" not in shop.page(shop.products[0])
    finally:
        shutil.rmtree(extensions)


def test_it_goes_piece_by_piece(shop: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "MOST_GONE", 3)
    turn(shop, switches.family(SLUG), is_on=False)
    pieces = [len(held(shop))]
    while shop.publish():
        pieces.append(len(held(shop)))
    assert pieces[0] == len(shop.products) and pieces[-1] == 0 and len(pieces) > 2
    assert pieces == sorted(pieces, reverse=True)


def test_switched_on_half_way_all_of_it_is_there_again(shop: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
    before = held(shop)
    monkeypatch.setattr(publish, "MOST_GONE", 3)
    turn(shop, switches.family(SLUG), is_on=False)
    shop.publish()
    assert len(held(shop)) < len(before)
    turn(shop, switches.family(SLUG), is_on=True)
    shop.settle()
    assert held(shop) == before and shop.rules()["live"] == "a"


def test_what_stood_in_shopifys_own_field_comes_back(shop: Listing) -> None:
    shop.runs(shop.version(shop.products[5]))
    standard.choose(shop.shop, SLUG, fills=True, by="1")
    shop.settle()
    assert all("standard" in fields for fields in held(shop))
    turn(shop, switches.PUBLISHING, is_on=False)
    shop.settle()
    assert held(shop) == [] and standard.left(shop.shop, SLUG) == 0


def test_without_access_it_waits_until_the_app_is_opened_again(shop: Listing) -> None:
    shop.store.control("revoke-token")
    turn(shop, switches.family(SLUG), is_on=False)
    with pytest.raises(AccessEnded):
        shop.publish()
    assert shop.publish() == 0 and not waits(shop) and PublishedFields.objects.for_shop(shop.shop).exists()
    token = shop.store.id_token()
    install.arrive(verify(token), token)
    assert waits(shop)
    shop.settle()
    assert held(shop) == [] and shop.rules() == OFF and not waits(shop)


def test_what_a_run_that_did_not_know_wrote_is_found(shop: Listing) -> None:
    turn(shop, switches.family(SLUG), is_on=False)
    publish.mark(shop.row, is_whole=True)
    assert waits(shop)


@pytest.mark.parametrize("is_on", [True, False])
def test_a_switch_that_is_turned_while_a_run_ends_is_found(
    shop: Listing, is_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_on:
        turn(shop, switches.family(SLUG), is_on=False)
        shop.settle()
    real = publish.slots.turn

    def then_turned(*asked: Any) -> bool:
        answer = real(*asked)
        if shop.row.leased_until:
            monkeypatch.undo()
            turn(shop, switches.family(SLUG), is_on=is_on)
        return answer

    monkeypatch.setattr(publish.slots, "turn", then_turned)
    shop.publish()
    assert not shop.row.is_whole and waits(shop)
    shop.settle()
    assert bool(held(shop)) is is_on and bool(shop.row.published_at) is is_on


@pytest.mark.parametrize("what", ["fills", "version"])
def test_what_is_asked_while_a_run_ends_is_done(shop: Listing, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.runs(shop.version(shop.products[5]))
    shop.settle()
    real, newer = publish.slots.turn, shop.version(shop.products[6])

    def then_asked(*asked: Any) -> bool:
        answer = real(*asked)
        if shop.row.leased_until:
            monkeypatch.undo()
            standard.choose(shop.shop, SLUG, fills=True, by="1") if what == "fills" else shop.release(newer)
        return answer

    monkeypatch.setattr(publish.slots, "turn", then_asked)
    shop.publish()
    assert not shop.row.is_whole and waits(shop)


def test_it_is_not_said_to_be_gone_while_shopifys_own_field_holds_it(
    shop: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.runs(shop.version(shop.products[5]))
    standard.choose(shop.shop, SLUG, fills=True, by="1")
    shop.settle()
    monkeypatch.setattr(standard, "MOST", 2)
    turn(shop, switches.family(SLUG), is_on=False)
    told = LifecycleEvent.objects.for_shop(shop.shop).filter(kind="fields.taken_back")
    while standard.left(shop.shop, SLUG):
        assert not told.exists() and shop.row.published_at
        shop.publish()
    shop.settle()
    assert told.count() == 1 and held(shop) == []


def test_after_a_restore_a_shop_that_is_off_is_told_so_again(shop: Listing) -> None:
    turn(shop, switches.family(SLUG), is_on=False)
    catch_up.ask_again(shop.shop)
    shop.settle()
    assert shop.rules() == OFF and held(shop) == []
