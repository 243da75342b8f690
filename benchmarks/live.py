"""What 500 open streams of live pages cost a webhook and `/healthz`, beside none in the same run; how soon they hear.

Rounds with and without streams take turns, as other work on the machine comes and goes; medians are compared. While
streams are open, something of every shop changes each second, which is far more than happens.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
from django.conf import settings
from django.db import connection
from django.utils import timezone

from benchmarks import ingest
from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig import load
from benchmarks.rig.scratch import scratch_database
from pipelines.lifecycle.alerts import board
from pipelines.models import Shop
from pipelines.ops import demo_settings

STREAMS, SHOPS, ROUNDS = 500, 50, 5
DELIVERIES, PROBES, CONNECTIONS = 4_000, 2_000, 8
HEALTHZ = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SLOWER = 0.9  # of the rate without streams that must be left
PAUSE = 1.0  # seconds between changes
TOLD_SECONDS = 4.0  # a look every two, a pause, and a busy machine


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure both doors in rounds with streams and without."""
    with scratch_database():
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        settings.ENCRYPTION_KEYS = secrets["ENCRYPTION_KEYS"]
        ingest.make_shop()
        shops = [a_shop(number) for number in range(SHOPS)]
        with ingest.web_process(secrets) as port:
            measured = Measured(port, secrets, shops, say)
            measured.take_turns()
    return measured.checks()


def a_shop(number: int) -> Shop:
    return Shop.objects.create(domain=f"live-{number}.myshopify.com", currency="EUR", installed_at=timezone.now())


class Measured:
    """What the rounds have shown."""

    def __init__(self, port: int, secrets: dict[str, str], shops: list[Shop], say: Say) -> None:
        self.port, self.secrets, self.shops, self.say = port, secrets, shops, say
        self.webhooks: dict[bool, list[float]] = {False: [], True: []}
        self.probes: dict[bool, list[float]] = {False: [], True: []}
        self.told: list[float] = []
        self.refused = 0
        self.first = 0

    def take_turns(self) -> None:
        """Measure without streams, then with them, again and again."""
        self.measure(False)
        for warm in (*self.webhooks.values(), *self.probes.values()):
            warm.clear()
        for number in range(ROUNDS):
            self.measure(False)
            with streams(self.port, self.secrets, self.shops) as (listening, changes):
                self.measure(True)
            self.told += delays(listening, changes)
            rates = [f"{rate:,.0f}" for rate in (self.webhooks[True][-1], self.webhooks[False][-1])]
            probes = [f"{rate:,.0f}" for rate in (self.probes[True][-1], self.probes[False][-1])]
            self.say(f"round {number + 1}: webhooks {' beside '.join(rates)}/s, healthz {' beside '.join(probes)}/s")

    def measure(self, with_streams: bool) -> None:
        """Send deliveries, then probes."""
        self.first += 1_000_000
        sent = ingest.post(self.port, self.secrets["SHOPIFY_API_SECRET"], self.first, DELIVERIES)
        self.refused += sent["refused"]
        self.webhooks[with_streams].append(len(sent["acknowledged"]) / sent["seconds"])
        asked = load.run(self.port, CONNECTIONS, dict.fromkeys(range(PROBES), HEALTHZ))
        self.refused += asked.refused
        self.probes[with_streams].append(len(asked.acknowledged) / asked.seconds)

    def checks(self) -> list[Check]:
        """Say what came out."""
        webhooks, probes = (
            {key: statistics.median(rates[key]) for key in rates} for rates in (self.webhooks, self.probes)
        )
        told = sorted(self.told)
        return [
            at_least("webhooks", webhooks[True], "deliveries/s", SLOWER, reference=webhooks[False]),
            at_least("healthz", probes[True], "answers/s", SLOWER, reference=probes[False]),
            at_most("refused", self.refused, "requests", 0),
            at_least("streams_told", len(told), "events", STREAMS),
            at_most("told_within", told[len(told) // 2] if told else 1e9, "s", TOLD_SECONDS),
        ]


@contextmanager
def streams(port: int, secrets: dict[str, str], shops: list[Shop]) -> Iterator[tuple[list[str], list[float]]]:
    """Keep streams open, and let something of every shop change now and then."""
    file = Path(settings.STATE_DIR) / "tokens.json"
    file.write_text(json.dumps([id_token(shops[number % SHOPS].domain, secrets) for number in range(STREAMS)]))
    command = [sys.executable, "-m", "benchmarks.rig.streams", str(port), str(file)]
    changes: list[float] = []
    is_over = threading.Event()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as pages:  # noqa: S603
        assert pages.stdin and pages.stdout
        said: list[str] = []
        while not said or not said[-1].startswith("open"):
            said.append(pages.stdout.readline())
        changing = threading.Thread(target=change, args=(shops, changes, is_over))
        changing.start()
        yield said, changes
        while not changes:  # a quick machine is done before the first one
            time.sleep(0.1)
        is_over.set()
        changing.join()
        time.sleep(TOLD_SECONDS)
        pages.stdin.close()
        said += pages.stdout.readlines()


def change(shops: list[Shop], changes: list[float], is_over: threading.Event) -> None:
    """Tell of something in every shop, every few seconds."""
    while not is_over.wait(PAUSE):
        changes.append(time.time())
        for shop in shops:
            said = f"at {changes[-1]}"
            board.tell(shop, "slow", title="Answers are slow", text=said, next_step="Wait.", now=timezone.now())
    connection.close()


def delays(said: list[str], changes: list[float]) -> list[float]:
    """Return how long after the change before it each event came."""
    told = [float(line.split()[1]) for line in said if line.startswith("told")]
    return [at - max(began for began in changes if began <= at) for at in told if changes and at >= changes[0]]


def id_token(domain: str, secrets: dict[str, str]) -> str:
    """Return an ID token as Shopify's admin signs it."""
    now = int(time.time())
    claims = {"iss": f"https://{domain}/admin", "dest": f"https://{domain}", "aud": secrets["SHOPIFY_API_KEY"]}
    claims |= {"sub": "1", "sid": "session"}
    whole: dict[str, Any] = claims | {"exp": now + 60, "nbf": now, "iat": now, "jti": str(now)}
    return jwt.encode(whole, secrets["SHOPIFY_API_SECRET"], "HS256")
