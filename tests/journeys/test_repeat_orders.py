"""Orders that name customers become a list of who is due: trained, approved, told each night, held to who came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import time_machine
from django.utils import timezone

from dashboard.usecases.repeat_orders.due import due_page
from pipelines.jobs import monitoring, training
from pipelines.jobs import releases as jobs
from pipelines.lifecycle.ingest import privacy
from pipelines.models import Measurement, ModelVersion, Order, Release, Shop, Staff, TrainingRun
from pipelines.models.usecases.repeat_orders import RepeatChance
from pipelines.shopify import vault
from pipelines.usecases import USE_CASES
from pipelines.usecases.repeat_orders import USE_CASE
from tests import factories, histories
from tests.histories import numbers

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 9, 14, 3, tzinfo=UTC)
DAY = timedelta(days=1)
CUSTOMERS, BEFORE, AFTER = 150, 84, 9  # days


class Customers:
    """Customers of one shop, each with an interval; a third are soon gone, and some come once."""

    def __init__(self, shop: Shop) -> None:
        rng = np.random.default_rng(3)
        self.shop, self.dates = shop, []
        for customer in range(CUSTOMERS):
            usual, day = float(rng.lognormal(2.3, 0.5)), float(rng.uniform(0, 40))
            until = day + rng.uniform(0, 50) if customer % 3 == 0 else BEFORE + AFTER
            while day < until:
                self.dates.append((int(day), customer))
                day += max(1.0, float(rng.gamma(5, usual / 5)))

    def order(self, first: int, after: int, begin: datetime) -> None:
        """Let the days from one to another pass: each order as its webhook tells it."""
        rows = [
            Order(
                shop=self.shop, shopify_id=next(numbers), name=f"#{customer}", created_at=at, processed_at=at,
                updated_at=at, currency="GBP", total_minor=2000 + 100 * (customer % 30),
                customer_ref=vault.customer_ref(self.shop, customer + 1),
            )
            for day, customer in self.dates
            if first <= day < after
            for at in [begin + day * DAY]
        ]  # fmt: skip
        Order.objects.bulk_create(rows)


def test_customers_who_are_due_are_told_for_the_whole_life_of_a_version() -> None:
    with USE_CASES.only(USE_CASE), time_machine.travel(MONDAY, tick=False) as clock:
        shop, begin = factories.a_shop(domain="again.myshopify.com"), MONDAY - BEFORE * DAY
        Staff.objects.create(shop=shop, sub=histories.OWNER, is_owner=True, is_collaborator=False)
        customers = Customers(shop)
        customers.order(0, BEFORE, begin)
        histories.pulled(shop)

        # It is trained; nothing can be told of its money, so the merchant decides.
        training.train_version.enqueue(shop.pk, USE_CASE.slug, "first")
        version = ModelVersion.objects.get()
        assert version.metrics["candidate"]["log_loss"] < version.metrics["baseline"]["log_loss"]
        assert version.metrics["serving"]["units"] == CUSTOMERS and version.metrics["leakage"]["changed"] == 0
        open_gates = {gate["name"] for gate in version.gates if gate["verdict"] != "passed"}
        assert version.state == "undecided" and "Worth money on your own past" in open_gates
        assert not [gate for gate in version.gates if gate["verdict"] == "failed"]
        histories.approved(Release.objects.get())
        training.carry_on()
        assert RepeatChance.objects.filter(version=version).count() == CUSTOMERS

        # Each night it is told anew; a week later its first day is held to who came.
        for day in range(BEFORE, BEFORE + AFTER):
            customers.order(day, day + 1, begin)
            clock.shift(DAY)
            histories.pulled(shop, timezone.now())
            jobs.refresh.enqueue(shop.pk, USE_CASE.slug)
            monitoring.judge.enqueue(shop.pk, USE_CASE.slug)
        page = due_page(shop)
        assert page.live == 1 and page.customers == CUSTOMERS and len(page.rows) == 50
        assert 0.5 * page.again < page.expected < 2 * page.again
        told = Measurement.objects.filter(version=version, metric="log_loss_1d", value__isnull=False)
        assert told.exists()
        assert Measurement.objects.filter(metric="drift", segment__contains="gap").exists()

        # Who asks to be forgotten is in no list any more.
        somebody = page.rows[0].said.customer
        ref = Order.objects.get(shopify_id=page.rows[0].said.last_order).customer_ref
        privacy.redact_customer(shop, bytes(ref), [])
        assert not RepeatChance.objects.filter(customer=somebody).exists()
        assert RepeatChance.objects.exists()


def test_a_shop_whose_orders_name_nobody_is_told_so() -> None:
    with USE_CASES.only(USE_CASE):
        shop = factories.a_shop()
        histories.sell(shop, variants=2, days=70)
        training.train_version.enqueue(shop.pk, USE_CASE.slug, "first")
        run = TrainingRun.objects.get()
        assert (run.state, run.error_code) == ("stopped", "NotEnoughHistory")
        assert "names a customer" in run.error and run.error in due_page(shop).lacks
        jobs.refresh.enqueue(shop.pk, USE_CASE.slug)  # the simple rule has nothing to go by either
        assert not RepeatChance.objects.exists()
