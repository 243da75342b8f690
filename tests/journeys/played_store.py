"""A shop whose days the development store plays, in this process: its own scenario, its own bodies, our own jobs.

Both live by the test's one clock; what the store would send by HTTP is put where the webhook door puts it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from devstore import clock as store_clock
from devstore.book import Plan
from devstore.faults import Faults
from devstore.habits import midnight
from devstore.playing import Playing, Run, told
from devstore.seeding import seed
from devstore.store import Store
from devstore.trading import Trade
from pipelines.jobs import alerts, ingest, monitoring, releases, training
from tests import factories, histories

DOMAIN = "northbeck-outfitters.myshopify.com"
AT_NIGHT = 3  # o'clock: yesterday is whole, and its nightly jobs are due


@dataclass
class Outbox:
    """What the store tells, with the moment at which it happened."""

    waiting: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    paused: bool = False

    def send(self, shop: str, topic: str, body: dict[str, Any], event: str | None = None) -> None:
        self.waiting.append((topic, body))

    def wake(self) -> None:
        """Have nobody to wake."""

    def turn(self, changes: dict[str, float]) -> None:
        """Have no knobs."""


class PlayedStore:
    """One store and the app's shop of it."""

    def __init__(self, folder: Path, clock: Any, *, days: int, orders_per_day: float) -> None:
        self.clock, self.outbox = clock, Outbox()
        seed(folder, Plan(DOMAIN, days=days, orders_per_day=orders_per_day))
        self.store = Store(folder)
        self.trade = Trade(self.store, self.outbox, DOMAIN)
        self.playing = Playing(self.store, self.outbox, Faults(), self.trade, DOMAIN)
        self.shop = histories.a_shop(domain=DOMAIN)
        self.import_everything()

    def import_everything(self) -> None:
        """Let the app know all that the store holds."""
        writer = self.trade.writer
        for row in self.store.all("SELECT id FROM products"):
            self.outbox.send(DOMAIN, "products/create", writer.product(row["id"]))
        for row in self.store.all("SELECT id FROM variants"):
            self.outbox.send(DOMAIN, "inventory_items/update", writer.item(row["id"]))
        for row in self.store.all("SELECT item_id, location_id FROM levels"):
            self.outbox.send(DOMAIN, "inventory_levels/update", writer.level(row["item_id"], row["location_id"]))
        for row in self.store.all("SELECT id FROM orders ORDER BY id"):
            self.outbox.send(DOMAIN, "orders/create", writer.order(row["id"]))
        self.arrive()

    def arrive(self) -> None:
        """Apply what the store told, and note that it was compared with Shopify."""
        for topic, body in self.outbox.waiting:
            factories.a_delivery(DOMAIN, topic, body)
        self.outbox.waiting.clear()
        ingest.drain()
        histories.pulled(self.shop)

    def begin(self, scenario: str) -> Run:
        return self.playing.begin(scenario, 0)

    def night(self, day: int) -> dict[str, Any]:
        """Play up to the night before a day of the scenario, and let the clock of the app tick; return the truth."""
        run = self.playing.run()
        assert run is not None
        at = midnight(run.first_day + timedelta(days=day), run.zone) + AT_NIGHT * 3600
        self.clock.move_to(at)
        run = self.playing.play(at)
        self.arrive()
        training.carry_on()
        monitoring.keep_up()
        training.carry_on()
        releases.keep_time()
        alerts.keep()
        return told(run)


def unturned(monkeypatch: Any) -> None:
    """Let the store live by the clock of this process alone."""
    monkeypatch.setattr(store_clock, "_start", 0.0)
    monkeypatch.setattr(store_clock, "_ahead", 0.0)
