"""Is the process alive, is it ready, and what does it count?

`door` is called by shopmlops/asgi.py before Django is asked: probes come by IP address, and are answered also while
every thread for pages waits. Readiness and counts ask the database on one thread of their own.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import connection
from django.utils import timezone
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from redis import Redis, RedisError

from pipelines.endpoints.patience import Receive, Scope, Send, answer
from pipelines.lifecycle.alerts import pulses

log = logging.getLogger(__name__)

Said = TypeVar("Said")
PATHS = ("/healthz", "/readyz", "/metrics")
SECONDS = 2.0  # that a question may take; probes give up soon after
JSON = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
METRICS = [(b"content-type", b"text/plain; version=0.0.4; charset=utf-8"), (b"cache-control", b"no-store")]


async def door(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a probe."""
    path = scope["path"]
    if scope["method"] not in ("GET", "HEAD"):
        await answer(send, 405, b"GET only", [(b"allow", b"GET")])
    elif path == "/healthz":
        await answer(send, 200, b'{"ok": true}', JSON)
    elif path == "/readyz":
        parts = await READINESS.ask() or {"database": False, "redis": False, "monitoring": False}
        # Webhooks are stored without Redis, and while nobody watches: that is named, and stops no process.
        is_ready = parts["database"]
        if is_ready and not parts["monitoring"]:
            OPERATORS.begin()
        await answer(send, 200 if is_ready else 503, json.dumps({"ok": is_ready, **parts}).encode(), JSON)
    elif not knows_the_token(dict(scope["headers"]).get(b"authorization", b"")):
        await answer(send, 404, b"")
    else:
        counts = await COUNTS.ask()
        await answer(send, 200 if counts else 503, counts or b"", METRICS)


class Question(Generic[Said]):
    """A question to the database that one thread at a time asks, for all who wait for its answer."""

    def __init__(self, ask: Callable[[], Said]) -> None:
        self.function = ask
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="health")
        self.asked: Future[Said] | None = None

    def begin(self) -> Future[Said]:
        """Have it asked, unless it is being asked."""
        if self.asked is None or self.asked.done():
            self.asked = self.thread.submit(self.function)
        return self.asked

    async def ask(self) -> Said | None:
        """Return the answer, or nothing where it does not come in time."""
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self.begin())), SECONDS)
        except TimeoutError:
            return None
        except Exception as error:
            log.warning("health could not be told: %s", type(error).__name__)
            return None


def readiness() -> dict[str, bool]:
    """Return which parts answer."""
    has_database = database_answers()
    return {"database": has_database, "redis": redis_answers(), "monitoring": has_database and somebody_watches()}


def somebody_watches() -> bool:
    """Tell whether all that watches was heard of lately; where its signs cannot be read, nobody can tell."""
    try:
        return not pulses.silent(timezone.now())
    except DatabaseTrouble:
        return False


def tell_operators() -> None:
    """Write to the operators that monitoring stopped: this process is none of those that watch."""
    pulses.tell_operators(timezone.now())


def database_answers() -> bool:
    """Ask the database for nothing; where it was restarted since the last time, on a new connection."""
    for _ in range(2):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
                return True
        except DatabaseTrouble:
            connection.close()
    return False


def redis_answers() -> bool:
    """Ping Redis."""
    try:
        return bool(Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1).ping())
    except RedisError:
        return False


def knows_the_token(given: bytes) -> bool:
    """Say whether the fleet's counts are for who asks."""
    token = f"Bearer {settings.METRICS_TOKEN}".encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(given, token)


FLEET = {
    "shopmlops_shops_installed": "SELECT count(*) FROM pipelines_shop WHERE installed_at IS NOT NULL"
    " AND uninstalled_at IS NULL AND redacted_at IS NULL",
    "shopmlops_deliveries_due": "SELECT count(*) FROM pipelines_webhookdelivery WHERE state IN ('received', 'failed')",
    "shopmlops_deliveries_dead": "SELECT count(*) FROM pipelines_webhookdelivery WHERE state = 'dead'",
    "shopmlops_trainings_open": "SELECT count(*) FROM pipelines_trainingrun WHERE state IN ('queued', 'running')",
    "shopmlops_alerts_open": "SELECT count(*) FROM pipelines_alert WHERE closed_at IS NULL",
    "shopmlops_alert_messages_waiting": "SELECT count(*) FROM pipelines_alertdelivery WHERE state = 'waiting'",
    "shopmlops_alert_messages_failed": "SELECT count(*) FROM pipelines_alertdelivery WHERE state = 'failed'",
    "shopmlops_monitoring_seen_timestamp_seconds": "SELECT coalesce(extract(epoch FROM min(at)), 0)"
    " FROM pipelines_pulse",
    "shopmlops_storefront_events_ignored": "SELECT coalesce(sum(events), 0) FROM pipelines_ignoredevents",
    "shopmlops_decisions_waiting": "SELECT count(*) FROM pipelines_release WHERE phase = 'awaiting_approval'",
}


def fleet() -> bytes:
    """Count the fleet, in the database: the same answer from every process."""
    registry = CollectorRegistry()
    with connection.cursor() as cursor:
        for name, query in FLEET.items():
            cursor.execute(query)
            Gauge(name, name.removeprefix("shopmlops_").replace("_", " "), registry=registry).set(cursor.fetchone()[0])
    return generate_latest(registry)


READINESS, COUNTS, OPERATORS = Question(readiness), Question(fleet), Question(tell_operators)
