"""Kill and spoil everything at random for some minutes, and look at what was lost: nothing may be.

The whole product runs on this machine in a folder of its own, as the demo does, and everything that is killed was
started here. A store sells, edits and refunds; a second shop's deliveries come signed, doubled, out of order and late,
with forged, cut and broken ones between; a merchant clicks; Shopify's answers fail; the disk is full now and then.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.chaos import compared
from benchmarks.chaos.harm import Harm
from benchmarks.chaos.shoppers import Clicks, Sales
from benchmarks.checks import Check, Say
from benchmarks.rig.shops.deliveries import Sender, in_threads
from benchmarks.rig.shops.truth import second_shop
from pipelines.ops import smoke
from pipelines.ops.demo_settings import DemoPlan
from pipelines.ops.supervisor import Demo, free_ports, request_stop, running_demo

STORAGE = "benchmarks.rig.disk.FillingFileSystemStorage"
CALM_SECONDS = 900  # until all is worked off afterwards: what hangs ends


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Make trouble for so many minutes, let calm return, and count."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, request_stop)
    folder = Path(tempfile.mkdtemp(prefix="shopmlops-chaos-"))
    folder.chmod(0o711)  # run by root, PostgreSQL is another user and must pass
    chance = random.Random(options["seed"])
    port, store_port = free_ports(2)
    with filling_disk(), running_demo(DemoPlan(folder, port, store_port), say) as demo, smoke.reading(demo) as reader:
        merchant = smoke.Merchant(demo.plan)
        smoke.install(merchant)
        second_shop(demo)
        smoke.wait(lambda: reader.one(compared.IMPORTED), smoke.LONG, "the first import did not end")
        before = compared.newest_order(demo)
        say(f"Trouble for {options['minutes']:g} minutes ...")
        harm, sender = Harm(demo, chance, say), Sender(demo, random.Random(chance.random()))
        clicks, sales = Clicks(merchant, chance), Sales(merchant, random.Random(chance.random()))
        with in_threads(sender.work, clicks.work, sales.work):
            harm.work(60 * options["minutes"])
        say("Calm returns ...")
        harm.end()
        sender.finish()
        calm(demo, merchant, say)
        checks = [
            *harm.told(),
            *compared.sent(sender),
            *clicks.told(),
            *sales.told(),
            *compared.checks(demo, sender, before),
        ]
    if all(check.ok for check in checks):
        shutil.rmtree(folder)
    else:
        say(f"What it left is in {folder}.")
    return checks


@contextmanager
def filling_disk() -> Iterator[None]:
    """Let the processes that start now keep artifacts on a disk that can be full."""
    os.environ["ARTIFACT_STORAGE"] = STORAGE
    try:
        yield
    finally:
        del os.environ["ARTIFACT_STORAGE"]


def calm(demo: Demo, merchant: smoke.Merchant, say: Say) -> None:
    """Wait until the store has told everything and the app has applied it; the merchant brings a token if need be."""
    deadline = time.monotonic() + CALM_SECONDS
    while left := compared.unsettled(demo):
        merchant.get("/")
        if time.monotonic() > deadline:
            say(f"Not worked off after {CALM_SECONDS} s: {left}")
            return
        time.sleep(2)
