"""A shop whose orders the development store plays, on a clock that only the test moves: webhooks tell of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from devstore.playing import Playing
from pipelines.jobs import ingest, monitoring
from pipelines.models import Deployment, ModelVersion, Order, OrderLine, Shop, TrainingRun, Variant, WebhookDelivery
from tests import histories
from tests.devstore import small_store
from tests.factories import a_delivery

DAY = timedelta(days=1)
BEGAN = datetime.fromtimestamp(small_store.after(0), UTC)  # the Monday's midnight, as the shop has it
NIGHT = timedelta(hours=3)  # the hour at which the app looks
TOLD = ("orders/create", "orders/cancelled")  # of what is sold; stock is left out


class PlayingStore:
    """A store that plays, and the app that hears of it."""

    def __init__(self, folder: Path, clock: Any, per_day: float) -> None:
        self.clock = clock  # time_machine's
        self.playing: Playing = small_store.made(folder, per_day)
        self.shop: Shop = histories.a_shop(domain=small_store.SHOP)
        self.remember()

    def remember(self) -> None:
        """Know what was sold before the app was there, as an import does."""
        store = self.playing.store
        for row in store.all("SELECT id FROM products"):
            a_delivery(self.shop, "products/create", self.playing.trade.writer.product(row["id"]))
        ingest.drain()
        things = {thing.shopify_id: thing for thing in Variant.objects.for_shop(self.shop)}
        orders = {row["id"]: self.order(row) for row in store.all("SELECT * FROM orders WHERE cancelled_at IS NULL")}
        Order.objects.bulk_create(orders.values())
        OrderLine.objects.bulk_create(
            histories.a_line(orders[row["order_id"]], things[row["variant_id"]], row["quantity"])
            for row in store.all("SELECT * FROM lines")
            if row["order_id"] in orders
        )

    def order(self, row: Any) -> Order:
        at = datetime.fromtimestamp(row["created_at"], UTC)
        facts = {"created_at": at, "processed_at": at, "updated_at": at, "currency": "GBP"}
        return Order(shop=self.shop, shopify_id=row["id"], name=f"#{row['number']}", **facts)

    def begin(self, scenario: str) -> ModelVersion:
        """Let a scenario begin in a shop of which a version runs."""
        self.playing.begin(scenario, 0)
        self.hear()
        version = histories.a_version(self.shop)
        histories.healthy(histories.a_live_release(version))
        deployment = Deployment.of(self.shop, version.use_case)
        Deployment.objects.filter(pk=deployment.pk).update(active=version, active_since=timezone.now(), revision=1)
        self.learned(version)
        return version

    def pass_to(self, day: int) -> None:
        """Let time pass up to the night before a day."""
        self.clock.move_to(BEGAN + day * DAY + NIGHT)
        self.playing.play(small_store.after(day))
        self.hear()

    def night(self, day: int) -> None:
        """Let time pass up to the night before a day, and the app look at what it knows by then."""
        self.pass_to(day)
        monitoring.keep_up()

    def learned(self, version: ModelVersion) -> None:
        """Note that the weekly training has just learned the same again."""
        facts = {"use_case": version.use_case, "trigger": "weekly", "version": version}
        TrainingRun.objects.create(shop=self.shop, state=TrainingRun.State.DONE, **facts)

    def hear(self) -> None:
        """Hand over what the store told, and read it."""
        sent = self.playing.webhooks.heard
        for topic, body, _ in sent:
            if topic in TOLD:
                a_delivery(self.shop, topic, body)
        sent.clear()
        ingest.drain()
        assert not WebhookDelivery.objects.exclude(state__in=("applied", "superseded")).exists()
        histories.pulled(self.shop)
