"""The families that a checkout asks, by their own scorers, at the doors themselves."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from pipelines.models import Deployment, Shop
from pipelines.models.usecases.offers import Offer, OfferDecision
from pipelines.usecases import USE_CASES, conversion, offers
from pipelines.usecases.contract import PARAMETERS
from tests import exposing, histories
from tests.offering import an_offer
from tests.pipelines.endpoints.checkout import paying
from tests.pipelines.endpoints.checkout.paying import Counter

pytestmark = pytest.mark.django_db(transaction=True)
till = paying.till
HEAD = {"intercept": 0.0, "amounts": {}, "names": {}}
LEARNED: dict[str, Any] = {
    "conversion": {"heads": {"session": HEAD, "checkout": HEAD}},
    "offers": {"prior": [1, 9], "explore": 0.1, "seed": 0},
}


def runs(shop: Shop, use_case: str) -> None:
    files = {PARAMETERS: json.dumps(LEARNED[use_case]).encode()}
    version = histories.a_version(shop, use_case=use_case, files=files)
    pointer = Deployment.of(shop, use_case)
    Deployment.objects.filter(pk=pointer.pk).update(active=version)


def test_a_checkout_is_scored_and_shown_what_pays_by_the_chance_that_is_told(till: Counter) -> None:
    shop = exposing.a_shop(currency="GBP")
    patient = [dataclasses.replace(case, score_seconds=5.0) for case in (conversion.USE_CASE, offers.USE_CASE)]
    with USE_CASES.only(*patient):
        for use_case in LEARNED:
            runs(shop, use_case)
        offer = an_offer(shop, kind=Offer.Kind.MESSAGE, code="", message="A card goes with it.")
        for use_case in LEARNED:
            till.warm(shop, use_case)
        till.memory.shelves.of((shop.domain, "offers"))
        till.memory.look()
        scored = till.at("/checkout/score", shop)
        assert scored.told == {"score": 0.5, "age": 0}
        shown = [till.at("/checkout/offers", shop, checkout=f"token-{number}") for number in range(12)]
        till.written()
    rows = {row.decision.hex: row for row in OfferDecision.objects.all()}
    told = {said.told["decision"]: said.told.get("shown", {}).get("id", 0) for said in shown}
    assert told == {decision: row.offer_id for decision, row in rows.items()}
    assert {*told.values()} <= {0, offer.pk}
    assert any(row.offer_id and row.propensity > 0.9 for row in rows.values())
    assert {row.chance for row in rows.values()} == {0.5}
