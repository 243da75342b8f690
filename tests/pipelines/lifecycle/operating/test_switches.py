"""What is switched off in a shop stops there alone, its merchant is told, and the ledger says by whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.endpoints.answering.memory import Memory
from pipelines.lifecycle import due
from pipelines.lifecycle.operating import switches
from pipelines.models import Deployment, LifecycleEvent, Shop
from pipelines.usecases import USE_CASES
from tests import exposing, histories

pytestmark = pytest.mark.django_db
BY = "operator:ada"
SLUG = "demand_forecast"


@pytest.fixture
def shop() -> Shop:
    shop = histories.a_shop()
    histories.pulled(shop, timezone.now() - timedelta(hours=1))
    return shop


def switched(shop: Shop, name: str, *, is_on: bool = False) -> Shop:
    assert switches.turn(shop, name, is_on=is_on, by=BY)
    return Shop.objects.get(pk=shop.pk)


def due_now(shop: Shop) -> list[str]:
    return [use_case for pk, use_case, _ in due.trainings() if pk == shop.pk]


def test_a_switch_is_turned_once_and_the_ledger_says_by_whom(shop: Shop) -> None:
    off = switched(shop, switches.TRAINING)
    assert off.switched_off == ["training"] and not switches.turn(off, switches.TRAINING, is_on=False, by=BY)
    assert not switches.turn(off, "anything", is_on=False, by=BY)
    on = switched(off, switches.TRAINING, is_on=True)
    assert on.switched_off == []
    told = LifecycleEvent.objects.for_shop(shop).order_by("seq").values_list("kind", "by", "details__switch")
    assert list(told)[-2:] == [("switch.off", BY, "training"), ("switch.on", BY, "training")]
    assert LifecycleEvent.broken_at(shop) is None


def test_a_merchant_is_told_on_the_page_that_it_concerns(shop: Shop) -> None:
    with USE_CASES.also(exposing.SHOWN):
        off = switched(switched(shop, switches.PIXEL), switches.family(SLUG))
        off_and_back = "switched off by the people who run this app. What it wrote to your products is taken back."
        both = {switches.SENTENCES["pixel"], f"{USE_CASES[SLUG].title}: {off_and_back}"}
        assert set(switches.told(off)) == set(switches.told(off, SLUG)) == both
        assert list(switches.told(off, exposing.SLUG)) == [switches.SENTENCES["pixel"]]
        unwritten = switched(off, switches.family(exposing.SLUG))
        assert f"{exposing.SHOWN.title}: switched off by the people who run this app." in switches.told(unwritten)


def test_nothing_is_learned_by_itself_but_on_demand(shop: Shop) -> None:
    assert SLUG in due_now(shop) and due.is_wanted(shop, SLUG, "first")
    for name in (switches.TRAINING, switches.family(SLUG)):
        off = switched(shop, name)
        assert SLUG not in due_now(shop) and not due.is_wanted(off, SLUG, "first")
        assert due.is_wanted(off, SLUG, "operator")
        switched(shop, name, is_on=True)
    assert SLUG in due_now(shop)
    switched(shop, switches.family(SLUG))
    assert set(due_now(shop)) == set(USE_CASES) - {SLUG}


def test_a_family_that_is_off_answers_nobody_anew(shop: Shop) -> None:
    Deployment.objects.create(shop=shop, use_case=SLUG, revision=1)
    assert (shop.pk, SLUG) in set(due.refreshes(timezone.now() + timedelta(hours=2)))
    switched(shop, switches.family(SLUG))
    assert (shop.pk, SLUG) not in set(due.refreshes(timezone.now() + timedelta(hours=2)))


def test_doors_know_within_a_look_and_only_of_that_shop() -> None:
    mine, other = exposing.a_shop(), exposing.a_shop()
    with USE_CASES.only(exposing.SHOWN):
        for each in (mine, other):
            Deployment.of(each, exposing.SLUG)
        memory = Memory()
        memory.look()
        assert {(mine.domain, exposing.SLUG), (other.domain, exposing.SLUG)} <= set(memory.pointers or {})
        switched(switched(mine, switches.CHECKOUT), switches.family(exposing.SLUG))
        memory.look()
        assert set(memory.pointers or {}) == {(other.domain, exposing.SLUG)}
        assert memory.is_off(mine.domain, switches.CHECKOUT) and not memory.is_off(other.domain, switches.CHECKOUT)
