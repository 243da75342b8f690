"""A merchant describes an offer, starts it and stops it; what no door could follow is refused in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle import preferences
from pipelines.models import LifecycleEvent, Shop, ShopSettings
from pipelines.models.usecases.offers import Offer, OfferSpend, OwnOffer, SwitchedOffer, saying, till
from pipelines.usecases.offers.eligible import whom
from pipelines.usecases.offers.eligible.whom import NotAllowed
from tests import factories
from tests.offering import reserve

pytestmark = pytest.mark.django_db
NOW = timezone.now()
OWN = OwnOffer("Ten off", Offer.Kind.CODE, code=" TEN ", for_whom={"value_from": 4000}, cost_percent=Decimal(10))


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def say(shop: Shop, told: Any) -> None:
    preferences.say(shop, told, revision=ShopSettings.of(shop).revision, by="7")


def test_an_offer_is_kept_with_nothing_spent_and_told_to_the_ledger(shop: Shop) -> None:
    say(shop, OWN)
    row = Offer.objects.get()
    assert (row.name, row.code, row.state, row.sub, row.whom) == ("Ten off", "TEN", "draft", "7", whom.Whom(4000))
    assert (row.spend.reserved_minor, row.spend.spent_minor) == (0, 0)
    event = LifecycleEvent.objects.get()
    assert event.kind == "offer.set" and event.details["values"]["cost_percent"] == "10"


def test_the_same_again_changes_nothing_and_another_code_is_unchecked(shop: Shop) -> None:
    say(shop, OWN)
    row = Offer.objects.get()
    Offer.objects.update(code_state=Offer.Code.ACTIVE)
    say(shop, replace(OWN, code="TEN", number=row.pk))
    assert LifecycleEvent.objects.count() == 1
    assert Offer.objects.get().code_state == Offer.Code.ACTIVE
    say(shop, replace(OWN, code="ELEVEN", number=row.pk))
    assert Offer.objects.get().code_state == Offer.Code.UNCHECKED
    assert OfferSpend.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "is_anew"),
    [
        ({"cost_percent": Decimal(5)}, True),
        ({"code": "FIVE"}, True),
        ({"for_whom": {"value_from": 9000}}, True),
        ({"margin_floor_minor": 200}, True),
        ({"name": "A tenth off", "budget_minor": 9000, "weekly_cap": 5, "ends_at": NOW + timedelta(days=9)}, False),
    ],
)
def test_on_other_terms_it_is_judged_anew_once_it_was_started(
    shop: Shop, changes: dict[str, Any], is_anew: bool
) -> None:
    say(shop, OWN)
    offer = Offer.objects.get()
    say(shop, replace(OWN, cost_percent=Decimal(20), number=offer.pk))
    assert Offer.objects.get().terms_at is None, "nobody has seen a draft"
    say(shop, SwitchedOffer(offer.pk, is_live=True))
    say(shop, replace(OWN, **{"cost_percent": Decimal(20)} | changes, number=offer.pk))
    assert (Offer.objects.get().terms_at is not None) == is_anew == (offer.pk in till.since(shop))


def test_it_starts_and_stops_at_once(shop: Shop) -> None:
    say(shop, OWN)
    offer = Offer.objects.get()
    assert reserve(offer) == 0
    say(shop, SwitchedOffer(offer.pk, is_live=True))
    assert reserve(offer) == offer.pk
    say(shop, SwitchedOffer(offer.pk, is_live=False))
    say(shop, SwitchedOffer(offer.pk, is_live=False))
    assert reserve(offer) == 0
    kinds = list(LifecycleEvent.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds == ["offer.set", "offer.started", "offer.stopped"]


def test_another_shops_offer_is_neither_changed_nor_started(shop: Shop) -> None:
    say(shop, OWN)
    offer, other = Offer.objects.get(), factories.a_shop()
    with pytest.raises(NotAllowed, match=saying.GONE):
        say(other, replace(OWN, number=offer.pk))
    say(other, SwitchedOffer(offer.pk, is_live=True))
    assert Offer.objects.get().state == Offer.State.DRAFT


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, saying.NO_NAME),
        ({"name": "x" * 81}, saying.NO_NAME),
        ({"code": ""}, saying.NO_CODE),
        ({"kind": Offer.Kind.FREE_SHIPPING, "threshold_minor": 0}, saying.NO_THRESHOLD),
        ({"kind": Offer.Kind.PRODUCT}, saying.NO_PRODUCT),
        ({"kind": Offer.Kind.MESSAGE}, saying.NO_MESSAGE),
        ({"message": "x" * 241}, saying.NO_MESSAGE),
        ({"cost_minor": -1}, saying.NO_MONEY),
        ({"margin_floor_minor": 1.5}, saying.NO_MONEY),
        ({"budget_minor": 10**13}, saying.NO_MONEY),
        ({"cost_percent": Decimal(101)}, saying.NO_MONEY),
        ({"cost_percent": Decimal("NaN")}, saying.NO_MONEY),
        ({"cost_percent": Decimal(0)}, saying.NO_COST),
        ({"weekly_cap": 0}, saying.NO_CAP),
        ({"starts_at": NOW, "ends_at": NOW}, saying.NO_DATES),
        ({"for_whom": {"country": "GB"}}, whom.UNKNOWN.format(names="country")),
    ],
)
def test_what_cannot_be_is_refused_in_words(shop: Shop, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        say(shop, replace(OWN, **changes))
    assert str(refused.value) == sentence
    assert not Offer.objects.exists() and ShopSettings.of(shop).revision == 0


def test_a_name_is_used_once_and_offers_are_few(shop: Shop) -> None:
    say(shop, OWN)
    with pytest.raises(NotAllowed, match=saying.TAKEN):
        say(shop, replace(OWN, code="OTHER"))
    for number in range(saying.MOST_OFFERS - 1):
        say(shop, replace(OWN, name=f"Offer {number}", ends_at=NOW + timedelta(days=number)))
    with pytest.raises(NotAllowed, match="stop one first"):
        say(shop, replace(OWN, name="One more"))


def test_one_that_was_stopped_makes_room_and_comes_back_only_where_there_is_room(shop: Shop) -> None:
    for number in range(saying.MOST_OFFERS):
        say(shop, replace(OWN, name=f"Offer {number}"))
    first, second = Offer.objects.order_by("pk")[:2]
    say(shop, SwitchedOffer(first.pk, is_live=False))
    say(shop, replace(OWN, name="One more"))
    with pytest.raises(NotAllowed) as refused:
        say(shop, SwitchedOffer(first.pk, is_live=True))
    assert str(refused.value) == saying.TOO_MANY and Offer.objects.get(pk=first.pk).state == Offer.State.STOPPED
    say(shop, SwitchedOffer(second.pk, is_live=True))  # a draft has its room already
    say(shop, SwitchedOffer(second.pk, is_live=False))
    say(shop, SwitchedOffer(first.pk, is_live=True))
    assert Offer.objects.get(pk=first.pk).state == Offer.State.LIVE


def test_the_name_of_one_that_was_stopped_is_free(shop: Shop) -> None:
    say(shop, OWN)
    first = Offer.objects.get()
    say(shop, SwitchedOffer(first.pk, is_live=False))
    say(shop, replace(OWN, code="OTHER"))
    with pytest.raises(NotAllowed) as refused:
        say(shop, SwitchedOffer(first.pk, is_live=True))
    assert str(refused.value) == saying.TAKEN_SINCE and Offer.objects.get(pk=first.pk).state == Offer.State.STOPPED
    say(shop, replace(OWN, name="Ten off in spring", number=first.pk))
    say(shop, SwitchedOffer(first.pk, is_live=True))
    assert Offer.objects.get(pk=first.pk).state == Offer.State.LIVE
