"""Offers live their whole life at the checkout's door: defined, learned, approved, shown; what harms is given up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from devstore.scenarios import GOOD, HARMFUL
from pipelines.lifecycle.hold_outs import drawn
from pipelines.models import LifecycleEvent, Release
from pipelines.models.usecases.offers import Offer, OfferDecision, OfferSpend
from pipelines.usecases.offers import USE_CASE
from tests.journeys import visiting_store
from tests.journeys.offering_store import OfferingStore
from tests.pipelines.endpoints.answering import asking
from tests.pipelines.endpoints.checkout.paying import Counter

pytestmark = pytest.mark.django_db(transaction=True)
A_DAY, BUDGET = 60, 30_000


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[OfferingStore]:
    monkeypatch.setattr(asking, "Door", Counter)
    patient = dataclasses.replace(USE_CASE, score_seconds=5.0)
    with visiting_store.opened(monkeypatch, OfferingStore, patient) as opened:
        yield opened
        opened.door.close()


def spent(offer: Offer) -> int:
    row = OfferSpend.objects.get(offer=offer)
    return row.reserved_minor + row.spent_minor


def test_offers_live_their_whole_life(store: OfferingStore) -> None:
    store.days_before(1, A_DAY)  # nothing is offered yet
    assert not OfferDecision.objects.exists() and store.answers.keys() <= {"nothing fits", "not loaded yet"}
    store.say(drawn.Chosen(store.slug, 20))
    good, harmful = store.define("5 % for finishing", GOOD), store.define("20 % off", HARMFUL, BUDGET)
    for _ in range(4):
        store.day(A_DAY)
    first = store.version(1)
    assert store.release(1).phase in (Release.Phase.LIVE, Release.Phase.CANARY)
    assert first.state in ("validated", "undecided") and LifecycleEvent.broken_at(store.shop) is None
    assert store.truth.keys() <= {GOOD.name, HARMFUL.name}
    assert spent(harmful) <= BUDGET and spent(good) > 0
    held_out = OfferDecision.objects.filter(arm="held_out")
    assert held_out.exists() and not held_out.exclude(offer_id=0).exists()
