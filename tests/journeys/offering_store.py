"""A shop whose shoppers are offered something at the checkout, and react as those of the development store do."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from devstore.scenarios import Appeal
from devstore.visiting.reacting import Reaction, reaction
from pipelines.jobs import hold_outs, storefront, training
from pipelines.lifecycle import preferences
from pipelines.models import Order, OrderLine, Release, ShopSettings
from pipelines.models.usecases.offers import Offer, OwnOffer, SwitchedOffer
from pipelines.shopify.reading.shapes import checkout_key
from pipelines.shopify.reading.topics import token_digest
from pipelines.usecases.offers import USE_CASE
from tests import histories
from tests.histories import numbers
from tests.journeys.visiting_store import SOON, Answer, VisitingStore, nobody

BUYS = 0.5  # of who is at the checkout, without any offer
MARGIN = 0.5  # of a price


@dataclass
class Truth:
    """What an offer did to who was shown it, in minor units."""

    shown: int = 0
    accepted: int = 0
    orders: int = 0
    orders_without: int = 0
    profit: float = 0.0
    profit_without: float = 0.0


@dataclass
class Basket:
    """What lies in one checkout, and how its shopper would do without an offer."""

    unit: str
    token: str
    units: int
    price: int
    would: bool
    seen: Reaction | None = None

    @property
    def value(self) -> int:
        return self.units * self.price


class OfferingStore(VisitingStore):
    """Half of those at the checkout buy; what is offered makes some stay, some go, and some take what they need not."""

    slug = USE_CASE.slug
    door: Any

    def __init__(self, clock: Any, door: Any) -> None:
        super().__init__(clock, door)
        histories.stocked(self.shop, self.thing, 10**6, self.now)
        self.appeals: dict[str, Appeal] = {}
        self.truth: dict[str, Truth] = {}
        self.answers: Counter[str] = Counter()

    def say(self, told: Any) -> None:
        """Let the merchant say something in the app."""
        preferences.say(self.shop, told, revision=ShopSettings.of(self.shop).revision, by=histories.OWNER)

    def define(self, name: str, appeal: Appeal, budget: int | None = None) -> Offer:
        """Let the merchant define an offer and start it."""
        kind = Offer.Kind.CODE if appeal.code else Offer.Kind.MESSAGE
        told = {"code": appeal.code, "message": appeal.message, "cost_percent": Decimal(appeal.percent)}
        self.say(OwnOffer(name, kind, budget_minor=budget, **told))
        offer = Offer.objects.get(name=name)
        self.say(SwitchedOffer(offer.pk, is_live=True))
        self.appeals[appeal.name] = appeal
        return offer

    def visited(self, count: int, puts_off: Callable[[Answer], bool] = nobody) -> list[Answer]:
        """Let shoppers come to the checkout, see what the door answers, and buy or go."""
        self.door.warm(self.shop, self.slug)
        self.door.memory.shelves.of((self.shop.domain, self.slug))
        self.door.looks()
        baskets = [self.basket() for _ in range(count)]
        told = [self.seen(each) for each in baskets]
        self.sold([each for each in baskets if (each.seen.buys if each.seen else each.would)])
        return told

    def basket(self) -> Basket:
        """Return the cart of somebody new."""
        would = bool(self.rng.random() < BUYS)
        unit, units = self.rng.bytes(16).hex(), int(self.rng.poisson(2)) + 1
        return Basket(unit, uuid.uuid4().hex, units, self.thing.price_minor or 0, would)

    def seen(self, basket: Basket) -> Answer:
        """Ask for a shopper as the extension does; react to what is shown."""
        line = {"product": self.thing.product_id, "variant": self.thing.shopify_id, "price": basket.price}
        told = {"value": basket.value, "lines": [line | {"quantity": basket.units}], "is_returning": None}
        said = self.door.at("/checkout/offers", self.shop, unit=basket.unit, checkout=basket.token, **told)
        answer: Answer = said.told
        self.answers["shown" if "shown" in answer else answer.get("why", "nothing")] += 1
        if shown := answer.get("shown"):
            appeal = self.appeals[shown.get("code") or shown["message"]]
            basket.seen = reaction(shown, appeal.percent, [appeal], 1.0, basket.would, self.rng)
            if basket.seen.accepts:
                accepted = {"api": 1, "accept": answer["accept"]}
                assert self.door.at("/checkout/accepted", self.shop, accepted).status == 202
            self.note(basket, basket.seen)
        return answer

    def note(self, basket: Basket, seen: Reaction) -> None:
        """Keep what an offer did, beside what would have been without it."""
        truth = self.truth.setdefault(seen.name, Truth())
        truth.shown += 1
        truth.accepted += seen.accepts
        truth.orders += seen.buys
        truth.orders_without += seen.would
        truth.profit += (
            seen.buys * MARGIN * basket.value - seen.accepts * self.appeals[seen.name].percent / 100 * basket.value
        )
        truth.profit_without += seen.would * MARGIN * basket.value

    def sold(self, baskets: list[Basket]) -> None:
        """Write orders as the import would, each with its checkout, and what its code took off."""
        at, orders, lines = self.now + SOON, [], []
        for basket in baskets:
            accepts = basket.seen is not None and basket.seen.accepts
            off = round(basket.value * self.appeals[basket.seen.name].percent / 100) if basket.seen and accepts else 0
            facts = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP"}
            facts |= {"subtotal_minor": basket.value - off, "total_minor": basket.value - off, "discounts_minor": off}
            facts |= {"unit": bytes.fromhex(basket.unit), "checkout_key": checkout_key(token_digest(basket.token))}
            orders.append(Order(shop=self.shop, shopify_id=next(numbers), **facts))
            lines.append((basket.units, off))
        Order.objects.bulk_create(orders)
        made = [histories.a_line(order, self.thing, units) for order, (units, _) in zip(orders, lines, strict=True)]
        for line, (_, off) in zip(made, lines, strict=True):
            line.discount_minor = off
        OrderLine.objects.bulk_create(made)

    def end_day(self) -> None:
        """Settle, count who is shown nothing, learn what is due; the merchant says yes to what is asked."""
        storefront.settle()
        super().end_day()
        hold_outs.keep()
        training.carry_on()
        for card in Release.objects.filter(shop=self.shop, phase=Release.Phase.AWAITING_APPROVAL):
            self.approve(card.version.number)
