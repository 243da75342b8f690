"""Visitors are answered from lists that lie in memory: a version's, else the simple rule's, and never by an error."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.endpoints.answering.memory import Memory
from pipelines.endpoints.answering.scorers import Scorer
from pipelines.lifecycle.evidence import answers
from pipelines.models import Deployment, ModelVersion, PredictionLog, Product, Shop
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.usecases import USE_CASES
from pipelines.usecases.recommendations import USE_CASE
from tests import exposing, histories
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.answering.asking import Door

pytestmark = pytest.mark.django_db(transaction=True)
door = asking.door
SLUG = USE_CASE.slug
LAMP, SHADE, BULB, CABLE = 100_001, 100_002, 100_003, 100_004


@pytest.fixture
def shop() -> Shop:
    shop = exposing.a_shop()
    for number in (1, 2, 3, 4):
        thing = histories.a_variant(shop, number, created=timezone.now() - timedelta(days=90))
        histories.stocked(shop, thing, 5, timezone.now() - timedelta(days=1))
    return shop


@pytest.fixture
def version(shop: Shop) -> ModelVersion:
    version = histories.a_version(shop, use_case=SLUG)
    Deployment.of(shop, SLUG)
    Deployment.objects.update(active=version, revision=1)
    return version


def wrote(shop: Shop, version: ModelVersion | None, kind: str, unit: int, *picks: int) -> None:
    """Write a list down, as a refresh does."""
    RecommendationList.objects.create(
        shop=shop, version=version, kind=kind, unit_id=unit, picks=picks, scores=[0.5] * len(picks),
        reasons=[0] * len(picks), details=[9] * len(picks), origin=timezone.now().date(), updated_at=timezone.now(),
    )  # fmt: skip
    Deployment.of(shop, SLUG)
    Deployment.objects.for_shop(shop).update(held_at=timezone.now())


def asked(door: Door, shop: Shop, **question: Any) -> dict[str, Any]:
    return door.ask(shop, question=question or {"cart": [LAMP]}, use_case=SLUG).told


def picks(told: dict[str, Any]) -> list[int]:
    return [each["id"] for each in told["answer"]["products"]]


def test_a_cart_is_answered_from_the_lists_of_what_runs(door: Door, shop: Shop, version: ModelVersion) -> None:
    wrote(shop, version, "cart", LAMP, SHADE, BULB)
    door.warm(shop, SLUG)
    told = asked(door, shop)
    assert (told["outcome"], told["version"], picks(told)) == ("answered", version.number, [SHADE, BULB])
    assert told["answer"]["products"][0] | {"reason": "together", "because": "Bought together 9 times"}


def test_before_any_version_runs_the_simple_rule_answers(door: Door, shop: Shop) -> None:
    wrote(shop, None, "best", 0, BULB, LAMP)
    door.warm(shop, SLUG)
    told = asked(door, shop)
    assert (told["outcome"], picks(told)) == ("fallback", [BULB]) and "version" not in told


def test_a_version_without_lists_is_stood_in_for_by_best_sellers(door: Door, shop: Shop, version: ModelVersion) -> None:
    wrote(shop, None, "best", 0, BULB, LAMP)
    door.warm(shop, SLUG)
    assert (asked(door, shop)["outcome"], picks(asked(door, shop))) == ("fallback", [BULB])
    door.written()
    assert set(PredictionLog.objects.values_list("reason", "version_id")) == {("no lists", version.pk)}


def test_without_any_list_there_is_an_empty_answer_and_no_error(door: Door, shop: Shop) -> None:
    door.warm(shop, SLUG)
    assert (asked(door, shop)["outcome"], picks(asked(door, shop))) == ("fallback", [])


def test_what_is_sold_out_or_unpublished_since_last_night_is_not_shown(
    door: Door, shop: Shop, version: ModelVersion
) -> None:
    wrote(shop, version, "cart", LAMP, SHADE, BULB, CABLE)
    Product.objects.filter(shopify_id=SHADE).update(published_at=None)
    door.warm(shop, SLUG)
    assert picks(asked(door, shop)) == [BULB, CABLE]
    bulb = histories.Variant.objects.get(product_id=BULB)
    histories.stocked(shop, bulb, 0, timezone.now())
    door.memory.closed_read.clear()  # half a minute later
    door.memory.look()
    assert picks(asked(door, shop)) == [CABLE]


def test_a_new_process_has_what_visitors_asked_for_lately_before_one_comes(
    door: Door, shop: Shop, version: ModelVersion
) -> None:
    other = exposing.a_shop()
    for each in (shop, other):
        wrote(each, version if each is shop else None, "best", 0, SHADE)
    door.warm(shop, SLUG)
    asked(door, shop)
    door.written()
    door.memory = Memory()
    door.memory.look()
    assert not door.memory.has_begun.is_set() and picks(asked(door, shop)) == []
    door.memory = Memory()
    door.memory.look()
    door.memory.begin()
    assert door.memory.has_begun.is_set() and picks(asked(door, shop)) == [SHADE]
    assert picks(asked(door, other)) == [], "nobody asked there: it is loaded for the next one"


def test_what_was_asked_long_ago_or_where_the_app_left_is_not_loaded(
    door: Door, shop: Shop, version: ModelVersion
) -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    exposing.append(answers.LOG, [exposing.said(shop, version, "stable", b"u" * 16, now, use_case=SLUG)])
    assert answers.asked_since(now - hour, [SLUG]) == [(shop.domain, SLUG)]
    assert answers.asked_since(now - hour, ["another"]) == answers.asked_since(now + hour, [SLUG]) == []
    Shop.objects.update(uninstalled_at=now)
    assert answers.asked_since(now - hour, [SLUG]) == []


def test_a_process_waits_a_while_at_most_for_its_first_look() -> None:
    Memory().wait_until_begun(0.01)  # a database that is away keeps no port closed


def test_lists_that_were_written_anew_are_read_at_the_next_look(door: Door, shop: Shop, version: ModelVersion) -> None:
    wrote(shop, version, "cart", LAMP, SHADE)
    door.warm(shop, SLUG)
    RecommendationList.objects.all().delete()
    wrote(shop, version, "cart", LAMP, BULB)
    assert picks(asked(door, shop)) == [SHADE]
    door.memory.look()
    assert picks(asked(door, shop)) == [BULB]


def test_another_shops_lists_are_never_shown(door: Door, shop: Shop, version: ModelVersion) -> None:
    other = exposing.a_shop()
    wrote(shop, version, "cart", LAMP, SHADE)
    wrote(shop, None, "best", 0, SHADE)
    for each in (shop, other):
        door.warm(each, SLUG)
    assert picks(asked(door, other)) == []


@pytest.mark.parametrize(
    "question",
    [
        {"cart": []}, {"cart": [123_456_789]}, {"cart": "all"}, {"cart": [None, True, {}, "x"]}, {"product": "x"},
        {"cart": list(range(1, 451))}, {"most": 10**9}, {"most": -4}, {"shopper": 17}, {"unheard": ["of"]},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_is_asked_best_sellers_are_an_answer(
    door: Door, shop: Shop, version: ModelVersion, question: dict[str, Any]
) -> None:
    wrote(shop, version, "best", 0, SHADE, BULB)
    door.warm(shop, SLUG)
    told = asked(door, shop, **question)
    assert told["outcome"] == "answered" and set(picks(told)) <= {SHADE, BULB} and picks(told)


def test_a_door_needs_no_version_that_can_score(door: Door) -> None:
    assert USE_CASES[SLUG].has_door and not USE_CASES[SLUG].score


def test_lists_that_fail_are_counted_and_best_sellers_answer(door: Door, shop: Shop, version: ModelVersion) -> None:
    wrote(shop, version, "cart", LAMP, SHADE)
    wrote(shop, None, "best", 0, BULB)
    door.warm(shop, SLUG)
    broken = door.memory.versions[version.pk]
    assert isinstance(broken, Scorer)
    broken.parameters = None
    assert (asked(door, shop)["outcome"], picks(asked(door, shop))) == ("error", [BULB])
