"""Behind pgbouncer in transaction mode: each transaction meets another connection, and leaves it as it was."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from pipelines.endpoints import webhooks
from pipelines.jobs import training
from pipelines.lifecycle.ingest import drain
from pipelines.lifecycle.monitor.measure import measure
from pipelines.models import Deployment, ModelVersion, Order, Release, TrainingRun
from pipelines.usecases import USE_CASES
from tests import factories, histories, pooling, toy_use_case
from tests.identities import signed_webhook
from tests.pipelines.endpoints.test_webhooks import Door

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = [path for name in ("pipelines", "dashboard", "shopmlops") for path in sorted((ROOT / name).rglob("*.py"))]
# What would outlive its transaction, on a connection that the next one has not.
OF_A_SESSION = re.compile(
    r"pg_(?:try_)?advisory_lock|pg_advisory_unlock|\bLISTEN \w|\bPREPARE \w+ (?:AS|\()|WITH HOLD|cursor\(name="
    r"|\bSET (?:SESSION|(?:lock|statement|idle\w*)_timeout|work_mem|search_path|synchronous_commit|role|timezone)\b"
    r"|CREATE TEMP(?:ORARY)? TABLE (?![\s\S]{0,40}ON COMMIT DROP)"
)
LEFT = """
SELECT (SELECT count(*) FROM pg_prepared_statements) + (SELECT count(*) FROM pg_cursors)
    + (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')
    + (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
    (SELECT array_agg(name::text) FROM pg_settings WHERE source = 'session')
"""
TRACKED = {"TimeZone", "DateStyle", "client_encoding", "application_name", "standard_conforming_strings"}
ORDERS = 400


@pytest.fixture(scope="module")
def pooler(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), pooling.running(connection.settings_dict) as running:
        yield running


@pytest.fixture
def pooled(transactional_db, pooler):
    """Let every connection of this process go through the pooler, as DATABASE_URL would."""
    settings = connections["default"].settings_dict
    direct = {name: settings[name] for name in ("HOST", "PORT")}
    connection.close()
    settings.update(HOST="127.0.0.1", PORT=str(pooler.port))
    yield pooler
    connection.close()
    settings.update(direct)


@pytest.fixture
def shop(pooled, monkeypatch):
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    with USE_CASES.only(toy_use_case.TOY):
        yield histories.a_shop_to_learn_from()


def servers(work):
    """Do something on each of the pooler's connections at once, and return what came of it by connection."""
    found = {}
    with ExitStack() as stack:
        for _ in range(pooling.SERVERS):
            client = webhooks.connect()
            stack.callback(client.close)
            stack.callback(client.rollback)  # who leaves in the middle takes the connection along
            cursor = client.cursor()
            cursor.execute("SELECT pg_backend_pid()")
            (backend,) = cursor.fetchone()
            cursor.execute(work)
            found[backend] = cursor.fetchone()
    assert len(found) == pooling.SERVERS
    return found


def left():
    """Say what was left on the connections that the next transaction would meet."""
    found = servers(LEFT).values()
    return sum(count for count, _ in found), {name for _, names in found for name in names or []} - TRACKED


def test_transactions_meet_one_connection_after_the_other(pooled):
    opened, met = servers("SELECT 1").keys(), set()
    for _ in range(6):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            met.add(cursor.fetchone()[0])
    assert met == opened


def test_a_version_is_trained_released_served_and_measured(shop):
    training.train_version.enqueue(shop.pk, "toy", "first")
    histories.approved(Release.objects.get())
    assert Deployment.of(shop, "toy").active == ModelVersion.objects.get()
    assert TrainingRun.objects.get().state == TrainingRun.State.DONE
    measure(timezone.now())
    assert left() == (0, set())


def test_webhooks_are_stored_and_applied(pooled, monkeypatch):
    shop, door = factories.a_shop(), Door()
    monkeypatch.setattr(webhooks, "outbox", lambda: door.outbox)
    sent = [
        signed_webhook("orders/create", factories.order_body(number), shop.domain) for number in range(1, ORDERS + 1)
    ]
    assert door.send_together(sent) == [200] * ORDERS
    door.outbox.disconnect()
    assert drain.drain() == ORDERS and Order.objects.for_shop(shop).count() == ORDERS
    assert left() == (0, set())


def test_many_more_than_it_has_connections_take_turns(shop):
    together = threading.Barrier(12)

    def work(_):
        together.wait()
        try:
            for _ in range(10):
                with transaction.atomic():
                    histories.an_order(shop, factories.NOON, [])
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(work, range(12)))
    assert Order.objects.for_shop(shop).filter(processed_at=factories.NOON).count() == 120


def test_a_server_in_another_zone_tells_the_same_times(pooled):
    shop, name = factories.a_shop(), connection.settings_dict["NAME"]
    order = histories.an_order(shop, factories.NOON, [])
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE \"{name}\" SET timezone TO 'Asia/Tokyo'")
    try:
        for _ in range(4):
            connection.close()
            assert Order.objects.get(pk=order.pk).processed_at == order.processed_at
            with connection.cursor() as cursor:
                cursor.execute("SELECT processed_at::text FROM pipelines_order WHERE id = %s", [order.pk])
                assert cursor.fetchone()[0].endswith("+00")
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'ALTER DATABASE "{name}" RESET timezone')


def test_nothing_of_ours_asks_for_what_lasts_longer_than_a_transaction():
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in PRODUCT
        if "migrations" not in path.parts and "ops" not in path.parts
        for match in OF_A_SESSION.finditer(path.read_text())
    }
    assert found == set()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_advisory_lock(1)",
        "LISTEN news",
        "SET lock_timeout = 1",
        "PREPARE p AS SELECT 1",
        "CREATE TEMP TABLE t (n int)",
    ],
)
def test_what_would_is_found(sql):
    assert OF_A_SESSION.search(sql)
