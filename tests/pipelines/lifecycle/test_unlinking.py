"""A shop and its test store part: results go, fields are left to be taken back, both ledgers say so."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines.lifecycle import unlinking
from pipelines.models import LifecycleEvent, StagingRun, StoreLink
from tests import histories

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def shops():
    return histories.a_shop(), histories.a_shop()


@pytest.fixture
def link(shops):
    shop, test_shop = shops
    version = histories.a_version(shop)
    StagingRun.objects.create(shop=shop, test_shop=test_shop, use_case=version.use_case, version=version)
    return StoreLink.objects.create(shop=shop, test_shop=test_shop, confirmed_at=NOW, by=histories.OWNER)


def told(shop):
    kinds = LifecycleEvent.objects.for_shop(shop).filter(kind="test_store.unlinked")
    return [(event.by, event.because, event.details["other_shop"]) for event in kinds]


@pytest.mark.parametrize("who", [0, 1], ids=["the shop", "its test store"])
def test_whoever_leaves_nothing_of_the_link_stays_and_both_are_told(shops, link, who):
    assert unlinking.leave(shops[who], because="It left", now=NOW)
    assert not StoreLink.objects.exists() and not StagingRun.objects.exists()
    assert told(shops[0]) == [("system", "It left", shops[1].pk)]
    assert told(shops[1]) == [("system", "It left", shops[0].pk)]


def test_a_shop_without_a_link_leaves_nothing_and_says_nothing(shops):
    assert not unlinking.leave(shops[0], because="It left", now=NOW)
    assert told(shops[0]) == []


def test_another_shops_link_and_results_stay(shops, link):
    unlinking.leave(histories.a_shop(), because="It left", now=NOW)
    assert StoreLink.objects.exists() and StagingRun.objects.exists()


def test_a_link_ends_once(link):
    assert unlinking.end(link, by="1", because="a", now=NOW)
    link = StoreLink(pk=1, shop=link.shop, test_shop=link.test_shop)
    assert not unlinking.end(link, by="1", because="a", now=NOW)
    assert len(told(link.shop)) == 1


def test_an_erased_shop_has_no_ledger_to_be_told_in(shops, link):
    shops[1].redacted_at = NOW
    shops[1].save()
    unlinking.end(link, by="1", because="a", now=NOW)
    assert told(shops[1]) == [] and len(told(shops[0])) == 1


def test_a_link_that_nobody_entered_ends_too(shops):
    waiting = StoreLink.objects.create(shop=shops[0], by="1", code_digest="d")
    assert unlinking.end(waiting, by="1", because="a", now=NOW)
    assert told(shops[0]) == [("1", "a", None)]
