"""What a merchant offers at the checkout, what of it is given, and what was decided about whom (decision 118)."""

from pipelines.models.usecases.offers.saying import OwnOffer, SwitchedOffer
from pipelines.models.usecases.offers.tables import (
    Offer,
    OfferBlock,
    OfferDecision,
    OfferReservation,
    OfferSpend,
    OfferTally,
)

__all__ = [
    "Offer",
    "OfferBlock",
    "OfferDecision",
    "OfferReservation",
    "OfferSpend",
    "OfferTally",
    "OwnOffer",
    "SwitchedOffer",
]
