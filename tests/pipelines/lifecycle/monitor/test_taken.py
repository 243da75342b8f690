"""How near chances of a yes came is judged day by day, out of the table in which picks stand, for each who picked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from pipelines.lifecycle.monitor import chances as stage
from pipelines.lifecycle.monitor.watch import busiest
from pipelines.models import Measurement, ModelVersion, Shop
from pipelines.models.usecases.offers import Offer, OfferDecision
from pipelines.usecases import USE_CASES, offers
from tests import exposing, histories
from tests.exposing import MONDAY
from tests.identities import OTHER_SHOP
from tests.offering import accept_all, an_offer, reserve

pytestmark = pytest.mark.django_db
SLUG = "offers"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def family() -> Iterator[None]:
    with USE_CASES.also(offers.USE_CASE):
        yield


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


@pytest.fixture
def version(shop: Shop) -> ModelVersion:
    return histories.a_version(shop, use_case=SLUG)


def picked(offer: Offer, version: ModelVersion | None, day: int, score: float, shown: int, taken: int) -> None:
    """Let an offer be shown so often on a day, and be accepted by some."""
    at, each = MONDAY + day * DAY + 10 * HOUR, [uuid.uuid4() for _ in range(shown)]
    for number, decision in enumerate(each):
        facts = {"unit": decision.bytes, "arm": "stable", "propensity": 0.9, "context": {"hour": 10}, "score": score}
        facts |= {"eligible": [offer.pk], "margins": [300], "offer_id": offer.pk, "picked_id": offer.pk}
        version_id = version.pk if version else None
        OfferDecision.objects.create(shop=offer.shop, at=at, decision=decision, version_id=version_id, **facts)
        if number < taken:
            reserve(offer, decision, at=at)
    accept_all(offer.shop, each[:taken], at + HOUR)


def judged(shop: Shop, day: float) -> int:
    now = MONDAY + day * DAY + HOUR
    histories.pulled(shop, now)
    return stage.judge(shop, SLUG, now)


def value(metric: str, version: ModelVersion | None) -> Measurement:
    return Measurement.objects.get(metric=metric, version=version, starts_at=MONDAY)


def test_a_day_is_judged_once_its_picks_had_their_time(shop: Shop, version: ModelVersion) -> None:
    offer = an_offer(shop)
    picked(offer, version, 0, 0.2, shown=30, taken=6)
    picked(offer, version, 0, 0.6, shown=10, taken=5)
    assert judged(shop, 1) == 0
    assert judged(shop, 2) == 2 and judged(shop, 3) == 0, "the version and the simple rule"
    came = np.repeat([1.0, 0.0, 1.0, 0.0], [6, 24, 5, 5])
    said = np.repeat([0.2, 0.6], [30, 10])
    assert value("brier_1d", version).value == pytest.approx(((said - came) ** 2).mean())
    assert (value("came_share_1d", version).value, value("brier_1d", version).n) == (pytest.approx(11 / 40), 40)
    assert not Measurement.objects.filter(metric__startswith="ordered").exists()


def test_who_was_shown_nothing_or_held_out_says_nothing(shop: Shop, version: ModelVersion) -> None:
    offer = an_offer(shop)
    picked(offer, version, 0, 0.2, shown=5, taken=1)
    picked(offer, version, 0, 0.0, shown=7, taken=0)
    picked(offer, None, 0, 0.2, shown=9, taken=0)
    judged(shop, 3)
    assert value("brier_1d", version).n == 5 == value("brier_1d", None).n


def test_each_version_is_judged_by_its_own_picks_and_no_other_shops(shop: Shop, version: ModelVersion) -> None:
    canary, theirs = histories.a_version(shop, use_case=SLUG), histories.a_shop(domain=OTHER_SHOP)
    offer = an_offer(shop)
    picked(offer, version, 0, 0.2, shown=5, taken=1)
    picked(offer, canary, 0, 0.4, shown=8, taken=2)
    picked(an_offer(theirs), histories.a_version(theirs, use_case=SLUG), 0, 0.4, shown=6, taken=2)
    judged(shop, 3)
    assert [value("brier_1d", each).n for each in (version, canary, None)] == [5, 8, 13]
    assert not Measurement.objects.for_shop(theirs).exists()


def test_picks_are_no_orders_that_were_said_of_the_busiest_hours() -> None:
    assert not busiest.is_watched(SLUG)
