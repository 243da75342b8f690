"""What was decided about somebody goes with them; what was given stays, and names nobody."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle import retention
from pipelines.lifecycle.data import dataset
from pipelines.lifecycle.data.dataset import Source
from pipelines.lifecycle.ingest import privacy
from pipelines.models import Order, Shop
from pipelines.models.usecases.offers import Offer, OfferDecision, OfferReservation
from pipelines.usecases.offers.frames import OWN_FRAMES
from tests import factories
from tests.offering import an_offer, reserve

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def decided(shop: Shop, unit: bytes, days: int = 0) -> uuid.UUID:
    decision, at = uuid.uuid4(), NOW - timedelta(days=days)
    facts = {"unit": unit, "arm": "stable", "eligible": [], "margins": []}
    OfferDecision.objects.create(shop=shop, at=at, decision=decision, **facts)
    return decision


def test_who_asks_to_be_forgotten_takes_along_what_was_decided() -> None:
    shop, unit = factories.a_shop(), b"u" * 16
    decision = decided(shop, unit)
    decided(shop, b"v" * 16)
    reserve(an_offer(shop), decision)
    facts = {"created_at": NOW, "processed_at": NOW, "updated_at": NOW, "currency": "GBP"}
    Order.objects.create(shop=shop, shopify_id=1, unit=unit, **facts)
    privacy.redact_customer(shop, None, [1])
    assert [bytes(row.unit) for row in OfferDecision.objects.all()] == [b"v" * 16]
    assert OfferReservation.objects.count() == 1  # money is still accounted for


def test_all_goes_with_the_shop() -> None:
    shop = factories.a_shop()
    reserve(an_offer(shop), decided(shop, b"u" * 16))
    privacy.redact_shop(shop)
    assert not any(table.objects.exists() for table in (Offer, OfferDecision, OfferReservation))


def test_an_offer_that_ended_runs_no_more_for_who_learns() -> None:
    shop = factories.a_shop()
    an_offer(shop, "Over", ends_at=NOW)
    an_offer(shop, "Ends later", ends_at=NOW + timedelta(hours=1))
    an_offer(shop, "Never ends")
    an_offer(shop, "Draft", ends_at=NOW + timedelta(hours=1), state=Offer.State.DRAFT)
    (own,) = (each for each in OWN_FRAMES if each.name == "offers")
    found = dataset.own(Source(shop, NOW), own)
    assert found["is_live"].tolist() == [0, 1, 1, 0]


def test_decisions_end_after_a_year_and_a_bit() -> None:
    shop = factories.a_shop()
    decided(shop, b"u" * 16, days=399)
    decided(shop, b"v" * 16, days=401)
    retention.forget(NOW)
    assert [bytes(row.unit) for row in OfferDecision.objects.all()] == [b"u" * 16]
