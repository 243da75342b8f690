"""A decision's name outlives a new release of ours: else one checkout would be decided about, and reserve, twice."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from django.conf import settings

from pipelines.endpoints.answering.memory import Place
from pipelines.endpoints.checkout import deciding, told
from tests.pipelines.endpoints.checkout.paying import UNIT, a_cart

KEY = ("a.myshopify.com", "offers")
AT = datetime(2026, 1, 2, 9, 5, 7, 8, tzinfo=UTC)


def named(at: datetime) -> str:
    return deciding.decision_of(KEY, told.understand(a_cart(), Place("Europe/Paris", "GBP"), at))


def test_a_decision_is_named_as_every_release_of_ours_named_it() -> None:
    checkout = told.understand(a_cart(), Place("Europe/Paris", "GBP"), AT).checkout
    about = f"{settings.SECRET_KEY}|{KEY}|{UNIT}|{checkout}|2026010209"
    assert named(AT) == hashlib.sha256(about.encode()).hexdigest()[:32]


def test_it_is_the_same_within_an_hour_and_another_after_it() -> None:
    assert named(AT) == named(AT.replace(minute=59, second=0, microsecond=0)) != named(AT + timedelta(hours=1))
