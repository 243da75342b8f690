"""Offers of a merchant's, shown and accepted."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from pipelines.models import Shop
from pipelines.models.usecases.offers import Offer, OfferReservation, OfferSpend, OfferTally


def an_offer(
    shop: Shop, name: str = "Free delivery", *, shown: int = 0, accepted: int = 0, spent: int = 0, **changes: Any
) -> Offer:
    """Return an offer that runs, with what was counted of it."""
    facts = {"kind": "free_shipping", "threshold_minor": 8000, "cost_minor": 450, "state": "live", "sub": "1"}
    offer = Offer.objects.create(shop=shop, name=name, **facts | changes)
    OfferSpend.objects.create(shop=shop, offer=offer, spent_minor=spent)
    OfferTally.objects.create(shop=shop, offer=offer, shown=shown, accepted=accepted)
    return offer


def spent(offer: Offer, minor: int, at: datetime, *, state: str = "spent") -> None:
    """Write down what an offer gave that was shown then."""
    facts = {"cost_minor": minor, "week": at.date(), "state": state, "expires_at": at, "at": at}
    OfferReservation.objects.create(shop_id=offer.shop_id, offer=offer, decision=uuid.uuid4(), **facts)


def several(shop: Shop) -> None:
    """Let a merchant have one of each kind."""
    an_offer(
        shop, "Free delivery from £80", shown=3460, accepted=401, spent=168_400, budget_minor=300_000,
        for_whom={"value_from": 6000, "value_to": 8000}, margin_floor_minor=800,
    )  # fmt: skip
    an_offer(
        shop, "Moss Beanie with a jacket", kind="product", product_id=100_004, shown=2140, accepted=118, spent=82_600
    )
    an_offer(
        shop, "10 % off a second base layer", kind="code", code="BASE10", cost_percent=10, code_state="unknown",
        shown=1220, accepted=44, spent=26_000, budget_minor=60_000,
    )  # fmt: skip
    an_offer(shop, "Free gift wrap", kind="message", message="We wrap it.", state="draft")
