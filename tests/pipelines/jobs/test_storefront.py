"""What a checkout reserved is settled by the clock, for every use case that picks something there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.jobs import storefront
from pipelines.models.usecases.offers import OfferReservation, blocks
from pipelines.usecases import USE_CASES
from tests import factories
from tests.offering import an_offer, reserve
from tests.pipelines.endpoints.checkout.paying import BOTH

pytestmark = pytest.mark.django_db


def test_what_nobody_accepted_is_given_back() -> None:
    reserve(an_offer(factories.a_shop()), at=timezone.now() - blocks.HELD_FOR - timedelta(seconds=1))
    with USE_CASES.also(*BOTH):
        storefront.settle()
    assert OfferReservation.objects.get().state == OfferReservation.State.RELEASED
