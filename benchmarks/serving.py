"""How many answers a second shoppers are given by each door, beside an app that answers nothing, all under granian.

A use case whose door is measured says so in `rig/served.py` of its folder, and may name another server that answers
the same. All are asked over as many connections, from a process of its own, in rounds that take turns; medians are
compared.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from benchmarks import folders, modules_in
from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.ingest import wait_for, web_process
from benchmarks.rig.rates import median_rate, rate
from benchmarks.rig.scratch import scratch_database
from benchmarks.rig.serving.served import Beside, Request, Served
from benchmarks.rig.serving.shops import SHOP
from pipelines.ops import demo_settings
from shopmlops import server

CONNECTIONS, QUESTIONS, ROUNDS = 32, 3_000, 3
EMPTY = "benchmarks.rig.serving.empty"
SLOWER, MEGABYTES = 3.0, 150.0
Results = list[dict[str, Any]]
Asked = tuple[int, Callable[[int], list[Request]], int]  # on which port, what, and how often


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Ask all of them in turns."""
    with scratch_database(), ExitStack() as servers:
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        for name in ("SECRET_KEY", "SIGNING_KEY", "SHOPIFY_API_KEY", "SHOPIFY_API_SECRET"):
            setattr(settings, name, secrets[name])
        measured = brought()
        fill(measured, say)
        web = servers.enter_context(web_process(secrets))
        empty = servers.enter_context(process(EMPTY))
        warm(web, measured)
        asked: dict[str, Asked] = {"empty": (empty, nothing, QUESTIONS)}
        asked |= {one.name: (web, one.asked, QUESTIONS) for one in measured}
        for other in [one.beside for one in measured if one.beside]:
            asked[other.name] = (servers.enter_context(beside(other)), other.asked, QUESTIONS // 10)
        told: dict[str, Results] = {name: [] for name in asked}
        for number in range(ROUNDS):
            for name, (port, requests, count) in asked.items():
                told[name].append(ask(port, requests(count)))
            say(f"round {number + 1}: " + ", ".join(f"{name} {rate(each[-1]):,.0f}/s" for name, each in told.items()))
        largest = max(megabytes())
        time.sleep(1)  # rows that are on their way
        checks = [check for one in measured for check in checked(one, told)]
    return [*checks, at_most("one process", largest, "MB", MEGABYTES)]


def nothing(count: int) -> list[Request]:
    """Return what an app is asked that answers nothing."""
    return [Request("GET", "/")] * count


def brought() -> list[Served]:
    """List the doors that use cases bring to be measured."""
    rigs = modules_in(*(f"{folder}.rig" for folder in folders()))
    return [importlib.import_module(address).SERVED for name, address in rigs if name == "served"]


def fill(measured: Sequence[Served], say: Say) -> None:
    """Make a shop in which all of them answer."""
    from pipelines.models import Shop

    shop = Shop.objects.create(domain=SHOP, currency="EUR", installed_at=timezone.now())
    for one in measured:
        say(f"filling a shop for {one.name}")
        one.fill(shop)


def warm(port: int, measured: Sequence[Served]) -> None:
    """Ask until both workers answer by their versions."""
    for _ in range(8):
        for one in measured:
            ask(port, one.asked(200))
        time.sleep(0.25)


def checked(one: Served, told: dict[str, Results]) -> list[Check]:
    """Hold one door to what is asked of it."""
    results, empty = told[one.name], told["empty"]
    mine, reference = median_rate(results), median_rate(empty)
    checks = [
        at_least(f"{one.name} beside an empty app", mine, "answers/s", one.least, reference=reference),
        at_most(f"{one.name} p99", 1000 * p99(results), "ms", SLOWER, reference=1000 * p99(empty)),
        at_most(f"{one.name} refused", sum(each["refused"] for each in results), "answers", 0),
    ]
    if one.beside:
        name, other = one.beside.name, median_rate(told[one.beside.name])
        checks.append(at_least(f"{one.name} beside {name}", mine, "answers/s", one.beside.times, reference=other))
    return checks + one.afterwards()


def p99(results: Results) -> float:
    """Give the time within which 99 of 100 are answered."""
    latencies = sorted(latency for result in results for latency in result["latencies"])
    return float(latencies[int(len(latencies) * 0.99)])


def ask(port: int, asked: Sequence[Request]) -> dict[str, Any]:
    """Send requests from a process of its own."""
    file = Path(settings.STATE_DIR) / "asked.json"
    file.write_text(json.dumps(asked))
    command = [sys.executable, "-m", "benchmarks.rig.serving.asking", str(port), str(CONNECTIONS), str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def beside(other: Beside) -> Any:
    """Run another server over what was filled."""
    return process(other.module, str(settings.STATE_DIR), str(server.WORKERS))


@contextmanager
def process(module: str, *arguments: str) -> Iterator[int]:
    """Run a server of the rig on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = Path(settings.STATE_DIR) / f"{module}.log"
    with log.open("w") as file:
        command = [sys.executable, "-m", module, str(port), *arguments]
        started = subprocess.Popen(command, stdout=file, stderr=file)  # noqa: S603
        try:
            wait_for(port, started, log, seconds=180)
            yield port
        finally:
            started.terminate()
            started.wait(20)


def megabytes() -> Iterator[float]:
    """Yield what the processes of the web process take of memory, of what they do not share a part each."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"shopmlops.server" in (folder / "cmdline").read_bytes() and int(folder.name) != os.getpid():
                lines = (folder / "smaps_rollup").read_text().splitlines()
                yield next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        except (OSError, StopIteration):
            continue
