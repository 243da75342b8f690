"""A storefront asks for lists through the proxy: of a cart, a product, or the customer whom Shopify says it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from pipelines.endpoints.storefront import proxy
from pipelines.models import Deployment, ModelVersion, PredictionLog, Shop
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.shopify import vault
from pipelines.usecases.recommendations import USE_CASE
from tests import exposing, histories
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.answering.asking import Door
from tests.pipelines.endpoints.storefront.test_proxy import Storefront, pairs_of, signed

pytestmark = pytest.mark.django_db(transaction=True)
answering = asking.door
SLUG = USE_CASE.slug
CUSTOMER, USUAL, BEST = 7_001, 41, 42


@pytest.fixture
def shop() -> Shop:
    shop = exposing.a_shop()
    shop.customer_key = vault.new_customer_key(shop.domain)
    shop.save()
    return shop


@pytest.fixture
def version(shop: Shop) -> ModelVersion:
    version = histories.a_version(shop, use_case=SLUG)
    wrote(shop, version, "again", number_of(shop, CUSTOMER), USUAL)
    wrote(shop, version, "best", 0, BEST)
    Deployment.objects.for_shop(shop).update(active=version, revision=1)
    return version


@pytest.fixture
def storefront(answering: Door, shop: Shop, version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> Storefront:
    monkeypatch.setattr(proxy, "memory", lambda: answering.memory)
    answering.warm(shop, SLUG)
    return Storefront(answering)


def wrote(shop: Shop, version: ModelVersion, kind: str, unit: int, pick: int) -> None:
    now = timezone.now()
    facts = {"scores": [0.5], "reasons": [6], "details": [3], "origin": now.date(), "updated_at": now}
    RecommendationList.objects.create(shop=shop, version=version, kind=kind, unit_id=unit, picks=[pick], **facts)
    Deployment.of(shop, SLUG)
    Deployment.objects.for_shop(shop).update(held_at=now)


def number_of(shop: Shop, customer: int) -> int:
    """Read the number as PostgreSQL does when lists are written."""
    found = vault.customer_ref(shop, customer)
    assert found
    value = int(found.hex()[:16], 16)
    return value - 2**64 if value >= 2**63 else value


def told(storefront: Storefront, shop: Shop, question: dict[str, Any], **changes: Any) -> dict[str, Any]:
    pairs = signed(pairs_of(shop, question=json.dumps(question), **changes))
    return storefront.send(pairs, use_case=SLUG).told


def picks(answer: dict[str, Any]) -> list[int]:
    return [each["id"] for each in answer["answer"]["products"]]


def test_a_customer_is_shown_what_they_buy_again_and_best_sellers_after_it(storefront: Storefront, shop: Shop) -> None:
    assert picks(told(storefront, shop, {}, logged_in_customer_id=str(CUSTOMER))) == [USUAL, BEST]


@pytest.mark.parametrize("customer", ["", "7002", "x", "9" * 30, "-7001"])
def test_a_guest_or_somebody_unknown_is_shown_best_sellers(storefront: Storefront, shop: Shop, customer: str) -> None:
    assert picks(told(storefront, shop, {}, logged_in_customer_id=customer)) == [BEST]


def test_nobody_is_believed_who_says_to_be_a_customer(
    storefront: Storefront, shop: Shop, version: ModelVersion, answering: Door
) -> None:
    wrote(shop, version, "again", 17, USUAL)
    answering.memory.look()
    assert picks(told(storefront, shop, {"shopper": 17})) == [BEST]
    assert picks(answering.ask(shop, question={"shopper": 17}, use_case=SLUG).told) == [BEST]


def test_who_asked_is_not_written_down(storefront: Storefront, shop: Shop, answering: Door) -> None:
    for visitor in range(40):  # of which one in ten is kept with what was asked
        told(storefront, shop, {"most": 3}, logged_in_customer_id=str(CUSTOMER), unit=f"visitor-{visitor:04d}")
    answering.written()
    kept = [row for row in PredictionLog.objects.values_list("features", flat=True) if row is not None]
    assert kept and all(row == {"most": 3} for row in kept)


def test_the_answer_says_who_gave_it_in_which_arm_and_brings_the_pass_for_more(
    storefront: Storefront, shop: Shop, version: ModelVersion
) -> None:
    answer = told(storefront, shop, {})
    assert (answer["version"], answer["arm"], answer["outcome"]) == (version.number, "stable", "answered")
    assert answer["pass"] and answer["until"] > timezone.now().timestamp() and len(answer["unit"]) == 32
