"""Drainers that work side by side, and drainers that are killed in the middle: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from pipelines.lifecycle.ingest import drain, facts, privacy
from pipelines.models import Order, OrderLine, Shop, WebhookDelivery
from pipelines.shopify.reading import payloads
from pipelines.shopify.reading.topics import TOPICS, minimise
from tests import factories, histories, times, waiting

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[4]
ORDERS, STATES = 1_500, 3
PAYMENTS = ["pending", "authorized", "paid"]
DRAIN = f"{times.SET_UP}from pipelines.lifecycle.ingest import drain; print('ready', flush=True); drain.drain()"


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


def fill(shop: Shop, seed: int) -> None:
    """Store every state of every order, in no order, and some of them twice under another id."""
    states = [(number, minute) for number in range(1, ORDERS + 1) for minute in range(STATES)]
    random.Random(seed).shuffle(states)
    WebhookDelivery.objects.bulk_create(
        delivery(shop, number, minute, copy)
        for number, minute in states
        for copy in range(2 if number % 10 == 0 else 1)
    )


def delivery(shop: Shop, number: int, minute: int, copy: int) -> WebhookDelivery:
    body = factories.order_body(number, minutes=minute, financial_status=PAYMENTS[minute])
    return WebhookDelivery(
        shop_domain=shop.domain,
        webhook_id=f"{number}-{minute}-{copy}",
        topic="orders/updated",
        triggered_at=factories.NOON,
        received_at=timezone.now(),
        not_before=timezone.now(),
        body_digest=os.urandom(32),
        payload=minimise(TOPICS["orders/updated"], body).payload,
    )


def start_drainer() -> subprocess.Popen[str]:
    place = connection.settings_dict
    url = f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}"
    env = os.environ | {"DATABASE_URL": url}
    drainer = subprocess.Popen([sys.executable, "-c", DRAIN], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    assert drainer.stdout and drainer.stdout.readline() == "ready\n"
    return drainer


def assert_everything_arrived_once() -> None:
    left = WebhookDelivery.objects.exclude(state__in=["applied", "superseded"])
    assert list(left.values_list("state", "error")[:5]) == []
    assert Order.objects.count() == ORDERS
    assert set(Order.objects.values_list("financial_status", flat=True)) == {PAYMENTS[-1]}
    assert OrderLine.objects.count() == 2 * ORDERS
    assert not Order.objects.exclude(fetch_due_at=None).exists()


def test_killed_drainers_lose_and_double_nothing(shop: Shop) -> None:
    fill(shop, seed=1)
    chance = random.Random(2)
    for _ in range(4):
        drainer = start_drainer()
        time.sleep(chance.uniform(0.0, 0.3))
        drainer.send_signal(signal.SIGKILL)
        drainer.wait()
    drain.drain()
    assert_everything_arrived_once()


def test_drainers_share_the_work(shop: Shop) -> None:
    fill(shop, seed=3)
    drainers = [start_drainer() for _ in range(3)]
    assert [drainer.wait(waiting.SECONDS) for drainer in drainers] == [0, 0, 0]
    drain.drain()
    assert_everything_arrived_once()


def test_a_backlog_is_worked_off_by_two_hands(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop, seed=4)
    both, in_turn = threading.Barrier(2, timeout=waiting.SECONDS), drain.drain_in_turn

    def beside_the_other(limit: int | None, stop: threading.Event) -> int:
        both.wait()
        return in_turn(limit, stop)

    monkeypatch.setattr(drain, "BATCH", 200)
    monkeypatch.setattr(drain, "drain_in_turn", beside_the_other)
    drain.drain()
    assert_everything_arrived_once()


def test_who_was_let_go_of_in_a_circle_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [None, 5, None, 0]  # None where PostgreSQL undoes our part to let somebody else go on

    def batch(size: int) -> int:
        handled = outcomes.pop(0)
        if handled is None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'a circle' USING ERRCODE = '40P01'; END $$")
        return handled

    monkeypatch.setattr(drain, "drain_together", batch)
    assert drain.drain() == 5


def test_what_somebody_else_wrote_meanwhile_is_merged(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    sender = payloads.Sender(shop.pk, "GBP", "w", factories.at(0), 0)
    old, new = (
        [payloads.order(factories.order_body(number, minutes=minutes), sender) for number in (1, 2)]
        for minutes in (0, 1)
    )
    looked = facts.known_keys

    def too_early(cursor: Any, table: Any, wanted: Any) -> Any:
        known = looked(cursor, table, wanted)
        if not Order.objects.exists():
            monkeypatch.setattr(facts, "known_keys", looked)
            facts.write_orders(old, facts.WEBHOOK_WINS)
        return known

    monkeypatch.setattr(facts, "known_keys", too_early)
    assert len(facts.write_orders(new, facts.WEBHOOK_WINS)) == 2
    assert [at.isoformat() for at in Order.objects.values_list("updated_at", flat=True)] == [factories.at(1)] * 2


def test_a_hand_that_fails_lets_the_other_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    applied: list[int] = []

    def batch(size: int) -> int:
        if threading.current_thread() is threading.main_thread() and applied:
            raise MemoryError
        applied.append(size)
        time.sleep(0.001)
        return size

    monkeypatch.setattr(drain, "drain_together", batch)
    with pytest.raises(MemoryError):
        drain.drain_side_by_side(drain.BATCH * 10_000)
    assert len(applied) < 10_000


def test_two_who_write_the_same_orders_the_other_way_round_wait_for_each_other(shop: Shop) -> None:
    sender = payloads.Sender(shop.pk, "GBP", "w", factories.at(0), 0)
    orders = [payloads.order(factories.order_body(number), sender) for number in range(1, 2_001)]
    begin = threading.Barrier(2)

    def write(batch: list[Any]) -> None:
        with transaction.atomic():
            begin.wait()
            facts.write_orders(batch, facts.WEBHOOK_WINS)
        connection.close()

    with ThreadPoolExecutor(2) as threads:  # a deadlock would be raised here
        list(threads.map(write, [orders, orders[::-1]]))
    assert Order.objects.count() == 2_000


def test_a_customer_is_forgotten_at_once_although_who_writes_their_order_waits_for_the_shop(shop: Shop) -> None:
    """Here the order is held and the shop wanted, there the other way round: the database ends one of them."""
    ref = b"\x01" * 32
    histories.an_order(shop, factories.NOON, [(None, 1)], customer_ref=ref)
    asked = factories.a_delivery(shop, "customers/redact", {"shop_domain": shop.domain})
    WebhookDelivery.objects.update(payload=asked.payload | {"customer_ref": ref.hex()})

    def forget() -> int:
        try:
            return drain.drain_alone()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '60s'")  # the other one finds it, and is the one to end
            list(Order.objects.select_for_update())
            other = thread.submit(forget)
            waiting.until(lambda: somebody_waits(cursor))
            privacy.lock_shared([shop.pk])
        assert other.result() == 1
    asked.refresh_from_db()
    assert (asked.state, asked.attempts, Order.objects.get().customer_ref) == ("applied", 0, None)


def somebody_waits(cursor: Any) -> bool:
    cursor.execute(
        "SELECT count(*) FROM pg_locks JOIN pg_database AS here ON here.oid = database OR database IS NULL"
        " WHERE NOT granted AND here.datname = current_database() AND pid <> pg_backend_pid()"
    )
    return bool(cursor.fetchone()[0])
