"""Of a checkout likely to be lost Flow is told once, where the merchant set below which chance; of nobody's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipelines.lifecycle.evidence.asked import leaving
from pipelines.lifecycle.ingest import privacy
from pipelines.models import AlertChannel, AlertDelivery, OptOut, Order, Shop, ShopSettings
from pipelines.usecases import USE_CASES
from tests import histories
from tests.families.visits import SLUG, moments
from tests.identities import OTHER_SHOP
from tests.pipelines.lifecycle.data.test_moments import KEY, bought, did, started, unit
from tests.pipelines.lifecycle.evidence.asked.test_underway import MINUTE, NOW, TOKEN, says

pytestmark = pytest.mark.django_db
SAYING = replace(moments.USE_CASE, monitored=replace(moments.USE_CASE.monitored, says="chances"))


@pytest.fixture(autouse=True)
def family() -> Iterator[None]:
    with USE_CASES.also(SAYING):
        yield


@pytest.fixture
def shop() -> Shop:
    shop = histories.a_shop(currency="GBP")
    ShopSettings.of(shop)
    ShopSettings.objects.filter(shop=shop).update(lost_below=40)
    return shop


def told(shop: Shop) -> int:
    return leaving.tell(shop, SLUG, NOW)


def test_one_below_the_chance_is_told_of_once(shop: Shop) -> None:
    started(shop, NOW - 10 * MINUTE)
    says(shop, TOKEN, 9, 0.39, "checkout")
    assert (told(shop), told(shop)) == (1, 0)
    row = AlertDelivery.objects.get()
    assert (row.checkout_key, row.kind, row.state, row.alert, row.next_at) == (KEY, "lost", "waiting", None, NOW)
    says(shop, TOKEN, 1, 0.1, "checkout")
    assert told(shop) == 0 and AlertChannel.objects.count() == 1


def test_it_says_what_is_at_stake_and_nothing_of_a_person(shop: Shop) -> None:
    did(shop, NOW - 10 * MINUTE, "checkout_started", checkout_key=KEY, value_minor=4550)
    says(shop, unit("ann"), 9, 0.254, "checkout")
    told(shop)
    facts = AlertDelivery.objects.get().facts
    assert facts.pop("checkout") and facts.pop("url").startswith("https://")
    assert facts == {
        "chance": 25.4,
        "limit": 40.0,
        "scoredAt": (NOW - 9 * MINUTE).isoformat(),
        "version": None,
        "atStake": 45.5,
        "currency": "GBP",
    }


def test_one_that_was_likely_and_fell_is_told_of(shop: Shop) -> None:
    started(shop, NOW - 10 * MINUTE)
    says(shop, TOKEN, 9, 0.7, "checkout")
    assert told(shop) == 0
    says(shop, TOKEN, 2, 0.3, "checkout")
    assert told(shop) == 1


def test_nobody_is_told_of_what_is_likely_finished_old_or_a_visit(shop: Shop) -> None:
    started(shop, NOW - 10 * MINUTE)
    says(shop, TOKEN, 9, 0.4, "checkout")
    did(shop, NOW - MINUTE)
    says(shop, unit("ann"), 1, 0.1)
    started(shop, NOW - 61 * MINUTE, key=2, token_digest=b"\x02" * 16)
    says(shop, b"\x02" * 16, 59, 0.1, "checkout")
    started(shop, NOW - 10 * MINUTE, key=3, token_digest=b"\x03" * 16)
    says(shop, b"\x03" * 16, 9, 0.1, "checkout")
    bought(shop, NOW - MINUTE, checkout_key=3)
    assert told(shop) == 0


def test_it_is_off_until_somebody_sets_a_chance(shop: Shop) -> None:
    other = histories.a_shop(domain=OTHER_SHOP)
    started(other, NOW - 10 * MINUTE)
    says(other, TOKEN, 9, 0.1, "checkout")
    assert leaving.tell(other, SLUG, NOW) == 0 and not AlertChannel.objects.exists()


def test_of_who_wants_no_decisions_nobody_is_told(shop: Shop) -> None:
    did(shop, NOW - 10 * MINUTE, "checkout_started", checkout_key=KEY)
    says(shop, unit("ann"), 9, 0.1, "checkout")
    OptOut.objects.create(shop=shop, unit=unit("ann"), at=NOW)
    assert told(shop) == 0


def test_shops_know_nothing_of_each_other(shop: Shop) -> None:
    other = histories.a_shop(domain=OTHER_SHOP)
    started(other, NOW - 10 * MINUTE)
    says(other, TOKEN, 9, 0.1, "checkout")
    assert told(shop) == 0


def test_what_was_told_goes_with_whose_order_it_became(shop: Shop) -> None:
    for key in (KEY, 2):
        token = key.to_bytes(16)
        started(shop, NOW - 10 * MINUTE, key=key, token_digest=token)
        says(shop, token, 9, 0.1, "checkout")
    assert told(shop) == 2
    order = bought(shop, NOW - MINUTE, checkout_key=KEY)
    privacy.forget_checkouts(shop, Order.objects.filter(pk=order.pk))
    assert [row.checkout_key for row in AlertDelivery.objects.all()] == [2]


def test_what_was_told_goes_with_the_shop(shop: Shop) -> None:
    started(shop, NOW - 10 * MINUTE)
    says(shop, TOKEN, 9, 0.1, "checkout")
    told(shop)
    privacy.redact_shop(shop)
    assert not AlertDelivery.objects.exists() and not AlertChannel.objects.exists()
