"""A shop of which pixels and checkouts tell, on a clock that only the test moves: nobody asks at a door, we do."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from pipelines.jobs import monitoring
from pipelines.jobs import releases as jobs
from pipelines.models import Checkout, Order, OrderLine, StorefrontEvent
from pipelines.shopify.reading.shapes import checkout_key
from pipelines.usecases.conversion import USE_CASE
from tests import histories
from tests.histories import numbers
from tests.journeys.visiting_store import DAY, HOUR, OPEN, PRICE, VisitingStore

PASS = timedelta(minutes=15)  # that a test lets pass between two looks at what is open
LOOKED = ("page_viewed", "product_viewed", "collection_viewed", "page_viewed", "product_viewed")
FILLS, CHECKS_OUT, BUYS = -1.6, 0.2, 0.3  # log odds of each step


class BuyingStore(VisitingStore):
    """Visitors look, fill carts and check out; who comes by phone or for the first time does so less often."""

    slug = USE_CASE.slug

    def come(self, count: int, at: datetime, gives_up: float = 0.0) -> None:
        """Let visitors come from a moment on, a third of a minute apart; as many as are told give up at the end."""
        events: list[StorefrontEvent] = []
        checkouts: list[Checkout] = []
        orders: list[Order] = []
        for number in range(count):
            self.visit(at + number * timedelta(seconds=20), gives_up, events, checkouts, orders)
        StorefrontEvent.objects.bulk_create(events)
        Checkout.objects.bulk_create(checkouts)
        Order.objects.bulk_create(orders)
        OrderLine.objects.bulk_create(histories.a_line(order, self.thing, 1) for order in orders)

    def visit(
        self,
        at: datetime,
        gives_up: float,
        events: list[StorefrontEvent],
        checkouts: list[Checkout],
        orders: list[Order],
    ) -> None:
        """Let one visitor come, and write down what pixel and Shopify tell of it."""
        rng, unit = self.rng, digest()
        device, source = rng.choice(["phone", "desktop"]), rng.choice(["social", "search", "email"])
        keen = float(rng.normal(0, 1)) + (0.8 if device == "desktop" else -0.4) + (0.8 if source == "email" else -0.2)
        looks = 1 + int(rng.poisson(1.5 + max(0.0, keen)))
        steps = [LOOKED[each % len(LOOKED)] for each in range(looks)]
        is_filled = rng.random() < chance(FILLS + keen)
        is_begun = is_filled and rng.random() < chance(CHECKS_OUT + 0.5 * keen)
        buys = is_begun and rng.random() < chance(BUYS + 0.5 * keen) and rng.random() >= gives_up
        steps += ["product_added_to_cart", "cart_viewed"] * is_filled + ["checkout_started"] * is_begun
        token = digest()
        key = checkout_key(token.hex())
        size = {"value_minor": PRICE, "lines": 1, "units": 1}
        for number, kind in enumerate(steps):
            facts: dict[str, Any] = size if kind in ("product_added_to_cart", "cart_viewed", "checkout_started") else {}
            facts = facts | ({"checkout_key": key} if kind == "checkout_started" else {})
            moment = at + number * timedelta(seconds=5)
            facts |= {"device": device, "source": source if number == 0 else ""}
            told = StorefrontEvent(shop=self.shop, event=uuid.uuid4(), kind=kind, at=moment, unit=unit, **facts)
            events.append(told)
        moment = at + len(steps) * timedelta(seconds=5)
        if is_begun:
            begun = {"token_digest": token, "currency": "GBP", "subtotal_minor": PRICE, "updated_at": moment}
            checkouts.append(Checkout(shop=self.shop, shopify_id=key, created_at=moment, **begun))
        if buys:
            paid = moment + timedelta(minutes=8)
            facts = {"created_at": paid, "processed_at": paid, "updated_at": paid, "currency": "GBP"}
            facts |= {"unit": unit, "checkout_key": key, "total_minor": PRICE}
            orders.append(Order(shop=self.shop, shopify_id=next(numbers), **facts))

    def before(self, days: int, a_day: int) -> None:
        """Let days pass on which no version runs."""
        for _ in range(days):
            for hour in OPEN:
                self.come(a_day // len(OPEN), self.now + hour * HOUR)
            self.clock.shift(DAY)
        self.end_day()

    def lived(self, a_day: int, gives_up: float = 0.0) -> None:
        """Let a day pass: visitors come in three hours, and we ask about them while they are there."""
        midnight = self.now
        for hour in OPEN:
            self.clock.move_to(midnight + hour * HOUR)
            self.come(a_day // len(OPEN), self.now, gives_up)
            for _ in range(2):
                self.clock.shift(PASS)
                monitoring.ask_ourselves()
            monitoring.sum_up()
            jobs.keep_time()
        self.clock.move_to(midnight + DAY)
        self.end_day()
        jobs.measure_asked()


def digest() -> bytes:
    """Return a digest that nobody had before."""
    return hashlib.sha256(str(next(numbers)).encode()).digest()[:16]


def chance(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
