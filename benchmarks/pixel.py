"""How many events a second the pixel's door takes, beside the webhook door of the same web process.

Rounds of both take turns; medians are compared. Each event comes from an address of its own, as shoppers do; every one
that was taken must stand in the table afterwards.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from benchmarks import ingest
from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig.rates import median_rate, rate
from benchmarks.rig.scratch import scratch_database
from pipelines.ops import demo_settings

EVENTS, ROUNDS, LEAST = 3_000, 5, 0.5


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Measure both doors in turns, and count what was written."""
    with scratch_database():
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        settings.ENCRYPTION_KEYS = secrets["ENCRYPTION_KEYS"]  # this process makes the pixel's key
        ingest.make_shop()
        with ingest.web_process(secrets) as port:
            tell(port, first=90_000_000, count=500)
            ingest.post(port, secrets["SHOPIFY_API_SECRET"], first=90_000_000, count=500)
            pixels, webhooks = rounds(port, secrets["SHOPIFY_API_SECRET"], say)
            time.sleep(1)  # rows that are on their way
        taken = 500 + sum(len(result["acknowledged"]) for result in pixels)
        lost = taken - ingest.count("pipelines_storefrontevent")
    latencies = sorted(latency for result in pixels for latency in result["latencies"])
    return [
        at_least("pixel", median_rate(pixels), "events/s", LEAST, reference=median_rate(webhooks)),
        Check("pixel_p99", 1000 * latencies[int(len(latencies) * 0.99)], "ms"),
        at_most("refused", sum(result["refused"] for result in pixels), "events", 0),
        at_most("rows_lost", lost, "rows", 0),
    ]


def rounds(port: int, secret: str, say: Say) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Take turns between the two doors."""
    pixels, webhooks = [], []
    for number in range(ROUNDS):
        first = (number + 1) * 1_000_000
        pixels.append(tell(port, first, EVENTS))
        webhooks.append(ingest.post(port, secret, first, EVENTS))
        say(f"round {number + 1}: pixel {rate(pixels[-1]):,.0f}/s, webhooks {rate(webhooks[-1]):,.0f}/s")
    return pixels, webhooks


def tell(port: int, first: int, count: int) -> dict[str, Any]:
    """Send events from a process of its own."""
    from pipelines.lifecycle.storefront import keys

    facts = {"shop": ingest.SHOP, "key": keys.give(ingest.SHOP), "now": timezone.now().isoformat()}
    file = Path(settings.STATE_DIR) / "pixels.json"
    file.write_text(json.dumps(facts | {"first": first, "count": count}))
    command = [sys.executable, "-m", "benchmarks.rig.pixels", str(port), str(ingest.CONNECTIONS), str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    result: dict[str, Any] = json.loads(done.stdout)
    return result
