"""How many webhooks a second are stored and answered, beside pgbench inserting the same row; and how many are applied,
beside plain COPY of the rows that come of them.

Rounds of all four take turns, as other work on the machine comes and goes; medians are compared. Figures without a
reference are printed and are no claim: they are the machine's.
"""

from __future__ import annotations

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig import copying, load
from benchmarks.rig.scratch import scratch_database
from pipelines.ops import binaries, demo_settings
from pipelines.ops.postgres import plain_environment

CONNECTIONS, REQUESTS, ROUNDS, PGBENCH_SECONDS = 32, 10_000, 5, 4
SHOP = "benchmark.myshopify.com"
INSERT = """
\\set number random(1, 1000000000000)
INSERT INTO pipelines_webhookdelivery (
    shop_domain, webhook_id, topic, event_id, api_version, triggered_at, body_digest, payload, subject, state, error)
VALUES ('pgbench.myshopify.com', 'b5a7c2d0-5b1d-4c2e-9a77-' || :number, 'orders/create', 'event-' || :number, '2026-10',
    '2026-11-22T10:00:00.123456Z', decode(md5(:number::text) || md5(:number::text), 'hex'), '{payload}', '#1042',
    'received', '')
ON CONFLICT DO NOTHING;
"""


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure the door in rounds beside pgbench, and the drain of each round beside COPY."""
    with scratch_database():
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        settings.ENCRYPTION_KEYS = secrets["ENCRYPTION_KEYS"]  # this process and the web process share the shop's key
        make_shop()
        with web_process(secrets) as port:
            door, inserts, drains, copies = rounds(port, secrets["SHOPIFY_API_SECRET"], say)
        lost = acknowledged_but_absent(door)
        applied = count("pipelines_order")
    latencies = sorted(latency for result in door for latency in result["latencies"])
    rate = statistics.median(len(result["acknowledged"]) / result["seconds"] for result in door)
    return [
        at_least("door", rate, "deliveries/s", 0.6, reference=statistics.median(inserts)),
        Check("door_p99", 1000 * latencies[int(len(latencies) * 0.99)], "ms"),
        at_most("refused", sum(result["refused"] for result in door), "deliveries", 0),
        at_most("acknowledged_but_absent", lost, "deliveries", 0),
        at_least("drain", statistics.median(drains), "orders/s", 0.3, reference=statistics.median(copies)),
        at_least("drained_orders", applied, "orders", ROUNDS * REQUESTS),
    ]


def make_shop() -> None:
    from pipelines.models import Shop
    from pipelines.shopify import vault

    key = vault.new_customer_key(SHOP)
    Shop.objects.create(domain=SHOP, currency="EUR", installed_at=timezone.now(), customer_key=key)


@contextmanager
def web_process(secrets: dict[str, str], settings_module: str = "shopmlops.settings") -> Iterator[int]:
    """Run the real web process on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state = Path(settings.STATE_DIR)
    place = connection.settings_dict
    environment = (
        os.environ
        | secrets
        | {
            "DATABASE_URL": f"postgresql://{place['USER']}@/{place['NAME']}?host={place['HOST']}",
            "DJANGO_SETTINGS_MODULE": settings_module,
            "SHOPMLOPS_STATE": str(state),
            "APP_URL": f"http://127.0.0.1:{port}",
        }
    )
    command = [
        sys.executable,
        "-m",
        "shopmlops.server",
        "--port",
        str(port),
    ]
    with (state / "web.log").open("w") as log:
        web = subprocess.Popen(  # noqa: S603
            command, env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(port, web, state / "web.log")
            yield port
        finally:
            web.terminate()
            web.wait(20)


def wait_for(port: int, web: subprocess.Popen[bytes], log: Path, seconds: int = 30) -> None:
    for _ in range(10 * seconds):
        if web.poll() is not None:
            raise RuntimeError(f"the web process stopped:\n{log.read_text()[-2000:]}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the web process does not answer")


def rounds(port: int, secret: str, say: Say) -> tuple[list[dict[str, Any]], list[float], list[float], list[float]]:
    """Take turns between the door, pgbench, the drain and COPY, after a short warm-up of the first three."""
    post(port, secret, first=90_000_000, count=500)
    payload = stored_payload()
    pgbench(payload, seconds=1)
    drained()
    door, inserts, drains, copies = [], [], [], []
    for number in range(ROUNDS):
        door.append(post(port, secret, first=(number + 1) * 1_000_000, count=REQUESTS))
        inserts.append(pgbench(payload, PGBENCH_SECONDS))
        orders, lines = copying.newest("pipelines_order"), copying.newest("pipelines_orderline")
        done, seconds = drained()
        drains.append(done / seconds)
        written = ("pipelines_order", f"id > {orders}"), ("pipelines_orderline", f"id > {lines}")
        copies.append(done / copying.seconds_to_copy(*written))
        rate = len(door[-1]["acknowledged"]) / door[-1]["seconds"]
        say(f"round {number + 1}: door {rate:,.0f}/s, pgbench {inserts[-1]:,.0f}/s")
        say(f"         drain {drains[-1]:,.0f} orders/s, COPY of the same rows {copies[-1]:,.0f} orders/s")
    return door, inserts, drains, copies


def post(port: int, secret: str, first: int, count: int) -> dict[str, Any]:
    """Send signed deliveries from a process of its own."""
    arguments = [str(value) for value in (port, CONNECTIONS, first, count, secret, SHOP)]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "benchmarks.rig.load", *arguments], check=True, capture_output=True, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def stored_payload() -> str:
    """Return a payload as the door minimised it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM pipelines_webhookdelivery LIMIT 1")
        return orjson.dumps(orjson.loads(cursor.fetchone()[0])).decode()


def pgbench(payload: str, seconds: int) -> float:
    """Return how many of the same rows a second pgbench inserts over as many connections."""
    script = Path(settings.STATE_DIR) / "insert.sql"
    script.write_text(
        INSERT.replace("{payload}", payload.replace("'", "''")).replace("\n    ", " ").replace("\n", " ", 0)
    )
    place = connection.settings_dict
    program = binaries.postgres_bin() / "pgbench"
    arguments = ["-n", "-c", str(CONNECTIONS), "-j", "2", "-T", str(seconds), "-f", str(script)]
    target = ["-h", place["HOST"], "-U", place["USER"], place["NAME"]]
    done = subprocess.run(  # noqa: S603
        [str(program), *arguments, *target], env=plain_environment(), check=True, capture_output=True, text=True
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found.group(1))


def acknowledged_but_absent(door: list[dict[str, Any]]) -> int:
    """Count deliveries that were answered with 200 and are not in the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT webhook_id FROM pipelines_webhookdelivery WHERE shop_domain = %s", [SHOP])
        stored = {webhook_id for (webhook_id,) in cursor.fetchall()}
    return sum(load.webhook_id(number) not in stored for result in door for number in result["acknowledged"])


def drained() -> tuple[int, float]:
    """Apply all that was stored for our shop; return how many orders and how long it took."""
    from pipelines.lifecycle.ingest import drain

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM pipelines_webhookdelivery WHERE shop_domain <> %s", [SHOP])
        cursor.execute("VACUUM ANALYZE pipelines_webhookdelivery")
    began = time.perf_counter()
    done = drain.drain()
    return done, time.perf_counter() - began


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
