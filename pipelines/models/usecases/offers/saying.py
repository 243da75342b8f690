"""What a merchant says of an offer, read strictly: nothing is kept that a door could not follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from pipelines.models.ledger import Noted
from pipelines.models.shops import Shop
from pipelines.models.usecases.offers.tables import LONGEST_CODE, LONGEST_MESSAGE, LONGEST_NAME, Offer, OfferSpend
from pipelines.usecases.offers.eligible import whom
from pipelines.usecases.offers.eligible.whom import NotAllowed

LARGEST = whom.LARGEST
BESIDE_TERMS = frozenset(("name", "starts_at", "ends_at", "budget_minor", "weekly_cap"))
MOST_OFFERS = 20  # that a shop has at once, drafts included, stopped ones not

NO_NAME = f"An offer has a name of up to {LONGEST_NAME} characters."
NO_CODE = "An offer of a discount code names the code as it is in Shopify."
NO_THRESHOLD = "Free shipping is given from a cart value on."
NO_PRODUCT = "An added product is one of the shop's."
NO_MESSAGE = f"A message has up to {LONGEST_MESSAGE} characters, and says something."
NO_MONEY = "Costs, floor and budget are whole amounts of at least 0; a share of the cart lies between 0 and 100 %."
NO_CAP = "A weekly cap is a whole number of at least 1."
NO_DATES = "An offer ends after it begins."
NO_COST = "Say what this offer costs you each time it is accepted: without it no margin can be kept."
TAKEN = "Another offer has this name."
TAKEN_SINCE = "Another offer has this name since this one was stopped. Rename one of them, then start it."
TOO_MANY = f"A shop has up to {MOST_OFFERS} offers at once, drafts included; stop one first."
GONE = "This offer is not there any more."


@dataclass(frozen=True)
class OwnOffer:
    """An offer as the merchant wants it from now on; with a number, in the place of the one that has it."""

    name: str
    kind: Offer.Kind
    code: str = ""
    threshold_minor: int | None = None
    product_id: int | None = None
    message: str = ""
    for_whom: dict[str, Any] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    margin_floor_minor: int = 0
    cost_minor: int = 0
    cost_percent: Decimal = Decimal(0)
    budget_minor: int | None = None
    weekly_cap: int | None = None
    number: int | None = None

    def keep(self, shop: Shop, *, by: str) -> Noted | None:
        """Write it down; raises NotAllowed with a sentence."""
        self.check()
        refuse(is_taken(shop, self.name.strip(), self.number), TAKEN)
        refuse(self.number is None and is_full(shop), TOO_MANY)
        row = Offer.objects.for_shop(shop).filter(pk=self.number).first() if self.number else Offer(shop=shop, sub=by)
        if row is None:
            raise NotAllowed(GONE)
        before = {name: getattr(row, name) for name in self.columns()} if row.pk else {}
        if row.code != self.code:
            row.code_state, row.code_ends_at, row.code_checked_at = Offer.Code.UNCHECKED, None, None
        for name, value in self.columns().items():
            setattr(row, name, value)
        if before == self.columns():
            return None
        if row.state != Offer.State.DRAFT and terms_of(before) != terms_of(self.columns()):
            row.terms_at = timezone.now()
        row.save()
        OfferSpend.objects.get_or_create(offer=row, defaults={"shop": shop})
        told = {name: str(value) for name, value in self.columns().items()}
        return Noted("offer.set", "The merchant described an offer", {"offer": row.pk, "values": told})

    def columns(self) -> dict[str, Any]:
        """Give the values of the row."""
        names = ["kind", "threshold_minor", "product_id", "starts_at", "ends_at", "margin_floor_minor", "cost_minor"]
        names += ["cost_percent", "budget_minor", "weekly_cap"]
        rules = whom.read(self.for_whom).as_dict()
        texts = {name: getattr(self, name).strip() for name in ("name", "code", "message")}
        return texts | {"for_whom": rules} | {name: getattr(self, name) for name in names}

    def check(self) -> None:
        """Refuse what cannot be, in words."""
        whom.read(self.for_whom)
        refuse(not 0 < len(self.name.strip()) <= LONGEST_NAME, NO_NAME)
        refuse(self.kind == Offer.Kind.CODE and not 0 < len(self.code.strip()) <= LONGEST_CODE, NO_CODE)
        refuse(self.kind == Offer.Kind.FREE_SHIPPING and not is_amount(self.threshold_minor, least=1), NO_THRESHOLD)
        refuse(self.kind == Offer.Kind.PRODUCT and not is_amount(self.product_id, least=1, most=2**63 - 1), NO_PRODUCT)
        is_said = self.kind != Offer.Kind.MESSAGE or bool(self.message.strip())
        refuse(not is_said or len(self.message) > LONGEST_MESSAGE, NO_MESSAGE)
        amounts = (self.margin_floor_minor, self.cost_minor, 0 if self.budget_minor is None else self.budget_minor)
        refuse(not all(map(is_amount, amounts)) or not is_share(self.cost_percent), NO_MONEY)
        gives = self.kind in (Offer.Kind.CODE, Offer.Kind.FREE_SHIPPING)
        refuse(gives and not self.cost_minor and not self.cost_percent, NO_COST)
        refuse(self.weekly_cap is not None and not is_amount(self.weekly_cap, least=1, most=10**9), NO_CAP)
        refuse(bool(self.starts_at and self.ends_at and self.ends_at <= self.starts_at), NO_DATES)


@dataclass(frozen=True)
class SwitchedOffer:
    """That the merchant starts an offer, or stops it: from that moment on nothing more of it is reserved."""

    number: int
    is_live: bool

    def keep(self, shop: Shop, *, by: str) -> Noted | None:
        """Let it run, or end it; raises NotAllowed where one that was stopped has no room, or no name, any more."""
        state = Offer.State.LIVE if self.is_live else Offer.State.STOPPED
        mine = Offer.objects.for_shop(shop).filter(pk=self.number)
        back = mine.filter(state=Offer.State.STOPPED).first() if self.is_live else None
        refuse(back is not None and is_full(shop), TOO_MANY)
        refuse(back is not None and is_taken(shop, back.name, self.number), TAKEN_SINCE)
        changed = mine.exclude(state=state).update(state=state)
        told = {"offer": self.number}
        because = "The merchant started an offer" if self.is_live else "The merchant stopped an offer"
        return Noted("offer.started" if self.is_live else "offer.stopped", because, told) if changed else None


def terms_of(columns: dict[str, Any]) -> dict[str, Any]:
    """Keep what an offer is, gives and whom it is for: by these it is judged, not by its name, dates or bounds."""
    return {name: value for name, value in columns.items() if name not in BESIDE_TERMS}


def is_full(shop: Shop) -> bool:
    """Tell whether a shop has as many offers as it may have; those that were stopped do not count."""
    return Offer.objects.for_shop(shop).exclude(state=Offer.State.STOPPED).count() >= MOST_OFFERS


def is_taken(shop: Shop, name: str, number: int | None) -> bool:
    """Tell whether another offer has a name; of those that were stopped it is free."""
    others = Offer.objects.for_shop(shop).exclude(pk=number or 0).exclude(state=Offer.State.STOPPED)
    return others.filter(name=name).exists()


def refuse(is_wrong: bool, sentence: str) -> None:
    """Raise NotAllowed where something is wrong."""
    if is_wrong:
        raise NotAllowed(sentence)


def is_amount(value: Any, least: int = 0, most: int = LARGEST) -> bool:
    """Tell whether a value is a whole number within bounds."""
    return type(value) is int and least <= value <= most


def is_share(value: Decimal) -> bool:
    """Tell whether a value is a percentage."""
    return value.is_finite() and 0 <= value <= 100
