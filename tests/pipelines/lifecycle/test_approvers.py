"""Who may decide, and whether enough of them said yes to exactly what a release is now."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle import approvers
from pipelines.models import Approval, Release, ShopSettings, Staff
from tests import histories
from tests.histories import COLLEAGUE, OWNER

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY = timedelta(days=1)


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.pulled(shop)
    return shop


@pytest.fixture
def card(shop):
    return histories.a_card(shop)


def say_yes(card: Release, sub: str = OWNER, **changes) -> Approval:
    facts = {"artifact_digest": card.version.artifact_digest, "evidence_digest": card.evidence_digest}
    return Approval.objects.create(shop=card.shop, release=card, sub=sub, **{"expires_at": NOW + DAY} | facts | changes)


@pytest.mark.parametrize(
    ("sub", "why"),
    [(OWNER, ""), (COLLEAGUE, "Only the account owner"), ("9", "Shopify has not told us yet"), ("operator:ann", "")],
)
def test_the_owner_decides_and_an_operator_is_of_no_shops_staff(shop, sub, why):
    assert approvers.why_not(shop.pk, sub).startswith(why) and bool(approvers.why_not(shop.pk, sub)) is bool(why)


def test_who_is_named_may_and_whose_role_is_not_known_may_not(shop):
    ShopSettings.objects.filter(shop=shop).update(approvers=[COLLEAGUE])
    assert approvers.why_not_allowed(shop, COLLEAGUE) == ""
    Staff.objects.filter(sub=COLLEAGUE).update(is_owner=None)
    assert "has not told us yet" in approvers.why_not_allowed(shop, COLLEAGUE)


def test_the_owner_of_another_shop_is_nobody_here(shop):
    Staff.objects.for_shop(shop).delete()
    histories.a_shop()
    assert approvers.why_not_allowed(shop, OWNER)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"artifact_digest": "0" * 64}, False),
        ({"evidence_digest": "0" * 64}, False),
        ({"voided_because": "A rollback"}, False),
        ({"expires_at": NOW}, False),
        ({"expires_at": NOW - DAY, "consumed_at": NOW - 2 * DAY}, True),  # used up in time
        ({"sub": COLLEAGUE}, False),
        ({"sub": COLLEAGUE, "consumed_at": NOW}, True),  # could say it then
    ],
)
def test_a_yes_counts_to_exactly_this_in_time_and_of_somebody_who_may(card, changes, counts):
    say_yes(card, **changes)
    assert approvers.is_approved(card, NOW) is counts


def test_nobody_said_yes_is_no(card):
    assert not approvers.is_approved(card, NOW)


def test_where_two_are_needed_one_is_not_enough(card):
    card.evidence["plan"]["approvals_needed"] = 2
    say_yes(card)
    assert not approvers.is_approved(card, NOW)
    ShopSettings.objects.update(approvers=[COLLEAGUE])
    say_yes(card, COLLEAGUE)
    assert approvers.is_approved(card, NOW)


def test_a_yes_to_another_card_counts_for_that_one(shop, card):
    histories.approved(card)
    assert not approvers.is_approved(histories.a_card(shop), NOW)
