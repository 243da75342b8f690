"""What a checkout is offered: one of four codes, reserved of its budget before it is shown."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.checks import Check, at_least
from benchmarks.rig.serving.served import Served
from benchmarks.rig.serving.shops import checkouts, runs

OFFERS, BUDGET = 4, 10**9
SHOWN = 0.99  # of what was picked


def put_up(shop: Any) -> None:
    """Let a shop have offers, and a version that picks among them."""
    from pipelines.models.usecases.offers import Offer, OfferSpend

    for number in range(OFFERS):
        facts = {"kind": Offer.Kind.CODE, "code": f"CODE{number}", "cost_minor": 100 + number, "state": "live"}
        offer = Offer.objects.create(shop=shop, name=f"Offer {number}", sub="1", budget_minor=BUDGET, **facts)
        OfferSpend.objects.create(shop=shop, offer=offer)
    runs(shop, "offers", {"prior": [1, 9], "explore": 0.1, "seed": 0})


def shown() -> list[Check]:
    """Tell how much of what was picked could be reserved in time, and was shown."""
    from pipelines.models.usecases.offers import OfferDecision

    picked = OfferDecision.objects.exclude(picked_id=0)
    share = picked.exclude(offer_id=0).count() / max(picked.count(), 1)
    return [at_least("picked offers that are shown", share, "of all", SHOWN)]


SERVED = Served("offers", 0.3, put_up, partial(checkouts, "offers"), afterwards=shown)
