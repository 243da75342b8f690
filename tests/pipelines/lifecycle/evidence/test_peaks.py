"""Peak hours are learned from orders, and what the merchant says of them holds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.lifecycle.evidence import peaks
from pipelines.models import LifecycleEvent, Shop, ShopSettings
from tests import exposing, histories
from tests.exposing import MONDAY
from tests.identities import OWNER

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOW = MONDAY + 12 * HOUR


@pytest.fixture
def shop() -> Shop:
    """Return a shop whose evenings bring the most, and which has not learned that yet."""
    shop = exposing.a_shop(timezone="America/New_York")
    ShopSettings.objects.filter(shop=shop).update(peak_hours={})
    for day in range(56):
        for hour, minor in ((9, 1000), (20, 4000)):
            moment = MONDAY - timedelta(days=day + 1) + timedelta(hours=hour + 4)
            histories.an_order(shop, moment, [], total_minor=minor)
    return shop


def known() -> dict[str, object]:
    return ShopSettings.objects.get().peak_hours


def test_they_are_learned_from_eight_weeks_of_orders_on_the_shops_clock(shop: Shop) -> None:
    histories.an_order(shop, MONDAY - timedelta(weeks=9), [], total_minor=10**9)
    peaks.learn(shop, NOW)
    assert known() == {"weekday": [20], "weekend": [20], "learned": "2026-09-14"}
    assert ShopSettings.objects.get().revision == 0


def test_what_the_merchant_chose_holds_and_learning_goes_on_beside_it(shop: Shop) -> None:
    peaks.learn(shop, NOW)
    peaks.choose(shop, {"weekday": [12, 11, 11], "weekend": []}, NOW, by=OWNER)
    peaks.learn(shop, NOW + 24 * HOUR)
    found = known()
    assert (found["weekday"], found["weekend"], found["chosen"]) == ([11, 12], [], "2026-09-14")
    assert found["found"] == {"weekday": [20], "weekend": [20]} and found["learned"] == "2026-09-15"


def test_they_can_be_given_back_to_what_orders_say(shop: Shop) -> None:
    assert not peaks.reset(shop, NOW, by=OWNER)
    peaks.choose(shop, {"weekday": [3]}, NOW, by=OWNER)
    assert peaks.reset(shop, NOW, by=OWNER)
    assert known() == {"weekday": [20], "weekend": [20], "learned": "2026-09-14"}
    kinds = LifecycleEvent.objects.filter(kind__startswith="peak_hours.").order_by("seq")
    assert list(kinds.values_list("kind", "by")) == [("peak_hours.chosen", OWNER), ("peak_hours.reset", OWNER)]


def test_a_shop_without_orders_has_none_and_is_not_asked_again_for_each_block(shop: Shop) -> None:
    other = histories.a_shop(timezone="UTC", domain="quiet.myshopify.com")
    assert peaks.peaks_of(other, NOW)["weekday"] == []


def test_shops_are_apart(shop: Shop) -> None:
    other = histories.a_shop(timezone="UTC", domain="other.myshopify.com")
    peaks.choose(other, {"weekday": [3]}, NOW, by=OWNER)
    assert ShopSettings.objects.get(shop=shop).peak_hours == {}
