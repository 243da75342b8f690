"""How many lists a second the app proxy's door gives, beside an app that answers nothing and MLflow's server.

All are asked over as many connections, from a process of its own, in rounds that take turns; medians are compared.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.conf import settings
from django.utils import timezone

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.ingest import wait_for, web_process
from benchmarks.rig.rates import median_rate, rate
from benchmarks.rig.scratch import scratch_database
from pipelines.ops import demo_settings
from shopmlops import server

CONNECTIONS, QUESTIONS, ROUNDS, PRODUCTS = 32, 3_000, 3, 2_000
SHOP, SLUG = "benchmark.myshopify.com", "recommendations"
RIG = "benchmarks.usecases.recommendations.rig"
OF_EMPTY, OF_MLFLOW, SLOWER, MEGABYTES = 0.35, 8.0, 3.0, 150.0


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Ask all three in turns."""
    with scratch_database(), ExitStack() as servers:
        secrets = demo_settings.demo_secrets(settings.STATE_DIR)
        settings.SECRET_KEY, settings.SIGNING_KEY = secrets["SECRET_KEY"], secrets["SIGNING_KEY"]
        settings.SHOPIFY_API_SECRET = secrets.get("SHOPIFY_API_SECRET", settings.SHOPIFY_API_SECRET)
        write_lists()
        door = servers.enter_context(web_process(secrets))
        empty = servers.enter_context(process("empty"))
        mlflow = servers.enter_context(process("mlflow_server", str(settings.STATE_DIR), str(server.WORKERS)))
        for _ in range(8):  # until both workers answer from lists
            ask(door, signed(200))
            time.sleep(0.25)
        told: dict[str, list[dict[str, Any]]] = {"door": [], "empty": [], "mlflow": []}
        for number in range(ROUNDS):
            told["door"].append(ask(door, signed(QUESTIONS)))
            told["empty"].append(ask(empty, [("GET", "/", "")] * QUESTIONS))
            told["mlflow"].append(ask(mlflow, invocations(QUESTIONS // 10)))
            say(f"round {number + 1}: " + ", ".join(f"{name} {rate(each[-1]):,.0f}/s" for name, each in told.items()))
        largest = max(megabytes())
    rates = {name: median_rate(results) for name, results in told.items()}
    return [
        at_least("lists beside an empty app", rates["door"], "answers/s", OF_EMPTY, reference=rates["empty"]),
        at_least("lists beside MLflow's server", rates["door"], "answers/s", OF_MLFLOW, reference=rates["mlflow"]),
        at_most("p99", 1000 * p99(told["door"]), "ms", SLOWER, reference=1000 * p99(told["empty"])),
        at_most("refused", sum(each["refused"] for each in told["door"]), "answers", 0),
        at_most("one process", largest, "MB", MEGABYTES),
    ]


def p99(results: list[dict[str, Any]]) -> float:
    """Give the time within which 99 of 100 are answered."""
    latencies = sorted(latency for result in results for latency in result["latencies"])
    return float(latencies[int(len(latencies) * 0.99)])


def write_lists() -> None:
    """Let a version of a shop have lists for some thousand products, and hand MLflow the same."""
    from pipelines.models import DatasetSnapshot, Deployment, ModelVersion, Product, Shop, Variant
    from pipelines.models.usecases.recommendations import RecommendationList

    now, rng = timezone.now(), np.random.default_rng(0)
    shop = Shop.objects.create(domain=SHOP, currency="EUR", installed_at=now)
    snapshot = DatasetSnapshot.objects.create(shop=shop, use_case=SLUG, digest="d" * 64)
    version = ModelVersion.objects.create(shop=shop, use_case=SLUG, number=1, state="validated", dataset=snapshot)
    ids, facts = range(1, PRODUCTS + 1), {"shop": shop, "updated_at": now}
    Product.objects.bulk_create(Product(shopify_id=each, title=f"Thing {each}", **facts) for each in ids)
    Variant.objects.bulk_create(Variant(shopify_id=each, product_id=each, is_tracked=False, **facts) for each in ids)
    picks = {each: rng.permutation(PRODUCTS)[:20] + 1 for each in ids}
    told = {"version": version, "origin": now.date(), "reasons": [0] * 20, "details": [3] * 20}
    scores = np.linspace(1, 0.1, 20).tolist()
    RecommendationList.objects.bulk_create(
        RecommendationList(kind=kind, unit_id=each, picks=picks[each].tolist(), scores=scores, **told, **facts)
        for kind in ("page", "cart")
        for each in ids
    )
    Deployment.objects.create(shop=shop, use_case=SLUG, active=version, held_at=now + timedelta(seconds=1))
    lists = {str(each): picks[each].tolist() for each in ids}
    (Path(settings.STATE_DIR) / "lists.json").write_text(json.dumps(lists))


def signed(count: int) -> list[tuple[str, str, str]]:
    """Return questions of carts and product pages as Shopify forwards them, signed now."""
    from pipelines.shopify.hmac import proxy_signature

    now, asked = str(int(time.time())), []
    for number in range(count):
        product = 1 + number % PRODUCTS
        question = {"cart": [product, 1 + number % 97, 1 + number % 31]} if number % 2 else {"product": product}
        pairs = [("shop", SHOP), ("logged_in_customer_id", ""), ("path_prefix", "/apps/x"), ("timestamp", now)]
        pairs += [("unit", f"visitor-{number:06d}"), ("question", json.dumps(question))]
        signature = proxy_signature(pairs, settings.SHOPIFY_API_SECRET)
        asked.append(("GET", f"/proxy/{SLUG}?{urlencode([*pairs, ('signature', signature)])}", ""))
    return asked


def invocations(count: int) -> list[tuple[str, str, str]]:
    """Return the same questions of product pages in MLflow's form."""
    bodies = ({"dataframe_records": [{"product": 1 + number % PRODUCTS}]} for number in range(count))
    return [("POST", "/invocations", json.dumps(body)) for body in bodies]


def ask(port: int, asked: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Send requests from a process of its own."""
    file = Path(settings.STATE_DIR) / "asked.json"
    file.write_text(json.dumps(asked))
    command = [sys.executable, "-m", f"{RIG}.asking", str(port), str(CONNECTIONS), str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@contextmanager
def process(name: str, *arguments: str) -> Iterator[int]:
    """Run a server of the rig on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = Path(settings.STATE_DIR) / f"{name}.log"
    with log.open("w") as file:
        command = [sys.executable, "-m", f"{RIG}.{name}", str(port), *arguments]
        server = subprocess.Popen(command, stdout=file, stderr=file)  # noqa: S603
        try:
            wait_for(port, server, log, seconds=180)
            yield port
        finally:
            server.terminate()
            server.wait(20)


def megabytes() -> Iterator[float]:
    """Yield what the processes of the web process take of memory, of what they do not share a part each."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"shopmlops.server" in (folder / "cmdline").read_bytes() and int(folder.name) != os.getpid():
                lines = (folder / "smaps_rollup").read_text().splitlines()
                yield next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        except (OSError, StopIteration):
            continue
