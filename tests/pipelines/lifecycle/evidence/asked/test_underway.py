"""Who is on a visit or in checkout now, and nobody else, with the last chance that was said of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.lifecycle.evidence.asked import underway
from pipelines.models import Checkout, OptOut, PredictionLog, Shop
from tests import histories
from tests.families.visits import SLUG
from tests.identities import OTHER_SHOP
from tests.pipelines.lifecycle.data.test_moments import KEY, bought, did, started, unit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TOKEN = b"\x01" * 16  # of the checkout that `started` makes


@pytest.fixture
def shop() -> Shop:
    return histories.a_shop(currency="GBP")


def says(shop: Shop, who: bytes, ago: int, score: float | None, of: str = "session", **changes: Any) -> PredictionLog:
    facts = {"arm": "stable", "outcome": "answered", "features": {"of": of, "value": 4500.0}}
    at = NOW - ago * MINUTE
    return PredictionLog.objects.create(
        **{"shop": shop, "use_case": SLUG, "unit": who, "at": at, "score": score} | facts | changes
    )


def told(shop: Shop, after: int = 0, most: int = 10) -> list[underway.Underway]:
    return underway.of(shop, SLUG, NOW, after=after, most=most)


def chances(shop: Shop) -> list[tuple[str, float]]:
    return [(each.of, each.chance) for each in told(shop)]


class TestVisits:
    def test_the_newest_chance_of_a_visitor_is_told_with_the_cart(self, shop: Shop) -> None:
        did(shop, NOW - 2 * MINUTE)
        version = histories.a_version(shop, use_case=SLUG)
        says(shop, unit("ann"), 9, 0.1)
        row = says(shop, unit("ann"), 4, 0.3, version_id=version.pk)
        (only,) = told(shop)
        assert (only.of, only.chance, only.at, only.minor) == ("session", 0.3, NOW - 4 * MINUTE, 4500)
        assert (only.version, only.said) == (version.number, row.pk)

    def test_who_rested_for_half_an_hour_is_gone(self, shop: Shop) -> None:
        says(shop, unit("ann"), 40, 0.3)
        did(shop, NOW - 30 * MINUTE)
        assert told(shop) == []
        did(shop, NOW - 29 * MINUTE, "product_viewed")
        assert chances(shop) == [("session", 0.3)]

    def test_who_ordered_or_went_to_the_checkout_is_on_no_visit(self, shop: Shop) -> None:
        for who in ("ann", "bob", "eve", "cat"):
            did(shop, NOW - 5 * MINUTE, who=who)
            says(shop, unit(who), 5, 0.3)
        bought(shop, NOW - MINUTE, unit=unit("ann"))
        did(shop, NOW - MINUTE, "checkout_started", who="bob", checkout_key=KEY)
        did(shop, NOW - MINUTE, "checkout_contact_info_submitted", who="eve", checkout_key=KEY + 1)
        assert [each.who for each in told(shop)] == [unit("cat").hex()]

    def test_an_empty_cart_has_nothing_at_stake(self, shop: Shop) -> None:
        did(shop, NOW - MINUTE)
        says(shop, unit("ann"), 1, 0.3, features={"of": "session", "value": None})
        assert [each.minor for each in told(shop)] == [None]


class TestCheckouts:
    def test_one_that_shopify_told_of_is_known_by_its_token(self, shop: Shop) -> None:
        started(shop, NOW - 10 * MINUTE)
        says(shop, TOKEN, 10, 0.7, "checkout")
        says(shop, TOKEN, 8, 0.6, "checkout")
        (only,) = told(shop)
        assert (only.of, only.who, only.chance, only.minor) == ("checkout", str(KEY), 0.6, 9900)

    def test_one_that_the_pixel_told_of_is_known_by_its_visitor_and_told_once(self, shop: Shop) -> None:
        did(shop, NOW - 10 * MINUTE, "checkout_started", checkout_key=KEY, value_minor=4000)
        says(shop, unit("ann"), 10, 0.7, "checkout")
        assert [(each.of, each.minor) for each in told(shop)] == [("checkout", 4000)]

    def test_finished_or_an_hour_old_it_is_over(self, shop: Shop) -> None:
        says(shop, TOKEN, 10, 0.7, "checkout")
        row = started(shop, NOW - 61 * MINUTE)
        assert told(shop) == []
        Checkout.objects.filter(pk=row.pk).update(created_at=NOW - 10 * MINUTE)
        assert chances(shop) == [("checkout", 0.7)]
        did(shop, NOW - MINUTE, "checkout_completed", checkout_key=KEY)
        assert told(shop) == []

    def test_its_order_ends_it(self, shop: Shop) -> None:
        started(shop, NOW - 10 * MINUTE)
        says(shop, TOKEN, 10, 0.7, "checkout")
        bought(shop, NOW - MINUTE, checkout_key=KEY)
        assert told(shop) == []

    def test_one_of_which_nothing_was_said_has_no_chance_to_tell(self, shop: Shop) -> None:
        started(shop, NOW - 10 * MINUTE)
        assert told(shop) == []

    def test_money_of_another_market_is_not_told(self, shop: Shop) -> None:
        started(shop, NOW - 10 * MINUTE, currency="USD")
        says(shop, TOKEN, 10, 0.7, "checkout")
        assert [each.minor for each in told(shop)] == [None]


def test_of_who_wants_no_decisions_nothing_is_told(shop: Shop) -> None:
    did(shop, NOW - 2 * MINUTE, who="ann")
    says(shop, unit("ann"), 2, 0.3)
    started(shop, NOW - 5 * MINUTE)
    says(shop, TOKEN, 5, 0.7, "checkout")
    did(shop, NOW - 5 * MINUTE, "checkout_started", who="bob", checkout_key=KEY)
    assert len(told(shop)) == 2
    for who in ("ann", "bob"):
        OptOut.objects.create(shop=shop, unit=unit(who), at=NOW)
    assert told(shop) == []


def test_what_answers_unseen_or_failed_is_not_told(shop: Shop) -> None:
    did(shop, NOW - 2 * MINUTE)
    says(shop, unit("ann"), 2, 0.3, is_shown=False)
    says(shop, unit("ann"), 1, None, outcome="error")
    says(shop, unit("ann"), 1, 0.4, use_case="other")
    assert told(shop) == []


def test_pages_follow_each_other_and_miss_nobody(shop: Shop) -> None:
    for number, who in enumerate("abcde"):
        did(shop, NOW - MINUTE, who=who)
        says(shop, unit(who), 1, 0.1 * (number + 1))
    first = told(shop, most=2)
    says(shop, unit("e"), 0, 0.9)  # meanwhile
    rest = told(shop, after=first[-1].said)
    assert [round(each.chance, 1) for each in [*first, *rest]] == [0.1, 0.2, 0.3, 0.4, 0.9]


def test_shops_see_only_their_own(shop: Shop) -> None:
    other = histories.a_shop(domain=OTHER_SHOP)
    did(other, NOW - MINUTE)
    says(other, unit("ann"), 1, 0.3)
    assert told(shop) == [] and len(told(other)) == 1


def test_a_pseudonym_is_a_shops_own_and_a_visitors_for_a_day(shop: Shop) -> None:
    other = histories.a_shop(domain=OTHER_SHOP)
    visit = underway.Underway(1, "session", unit("ann").hex(), 0.3, NOW, None, None)
    checkout = underway.Underway(1, "checkout", str(KEY), 0.3, NOW, None, None)
    tomorrow = NOW + timedelta(days=1)
    later = [underway.Underway(2, each.of, each.who, 0.5, tomorrow, None, None) for each in (visit, checkout)]
    names = [underway.pseudonym(shop, each) for each in (visit, checkout, *later)]
    assert len({*names, underway.pseudonym(other, visit)}) == 4 and names[1] == names[3]
    assert not any(part in name for name in names for part in (unit("ann").hex(), str(KEY)))
