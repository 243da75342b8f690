"""How fast an export of orders is imported, on one core: download, parse, COPY, upsert, commit.

The references take turns with it: COPY of the same rows from CSV is the limit, Django's bulk_create what people write.
"""

from __future__ import annotations

import functools
import http.server
import json
import multiprocessing
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.checks import Check, Say, at_least, at_most
from benchmarks.rig import copying
from benchmarks.rig.one_core import one_core
from benchmarks.rig.scratch import scratch_database

LINES, ROUNDS = 400_000, 3
LINES_PER_ORDER = 3
CREATED = 6_000  # orders, with their lines, in a round of bulk_create
MEGABYTE = 2**20


def run(options: dict[str, Any], say: Say) -> list[Check]:
    """Import a generated export through the very steps of an import, and count what is stored."""
    with tempfile.TemporaryDirectory() as folder, scratch_database():
        export = Path(folder) / "export.jsonl"
        objects = write_export(export, options["seed"])
        say(f"{objects:,} objects, {export.stat().st_size / MEGABYTE:,.0f} MB")
        with served(Path(folder)) as url, one_core():
            imports, copies, creations, memory = rounds(url + export.name, objects, say)
        stored = count("pipelines_orderline")
    imported = statistics.median(imports)
    return [
        at_least("import_beside_copy", imported, "rows/s", 0.45, reference=statistics.median(copies)),
        at_least("import_beside_bulk_create", imported, "rows/s", 3, reference=statistics.median(creations)),
        at_most("memory", memory, "MB", 300),
        at_least("order_lines_stored", stored, "lines", ROUNDS * LINES),
    ]


def rounds(url: str, objects: int, say: Say) -> tuple[list[float], list[float], list[float], float]:
    """Take turns between an import into a new shop, COPY of the rows it wrote, and bulk_create; rows a second."""
    imports, copies, creations, memory = [], [], [], 0.0
    for number in range(ROUNDS):
        shop_id = make_shop(number)
        measured = in_child(url, objects, shop_id)
        imports.append(objects / measured["seconds"])
        memory = max(memory, measured["memory"])
        mine = f"shop_id = {shop_id}"
        copies.append(objects / copying.seconds_to_copy(("pipelines_order", mine), ("pipelines_orderline", mine)))
        creations.append(created(shop_id))
        say(f"round {number + 1}: import {imports[-1]:,.0f} rows/s ({measured['cpu']:.1f} s of CPU here)")
        say(f"         COPY {copies[-1]:,.0f} rows/s, bulk_create {creations[-1]:,.0f} rows/s")
    return imports, copies, creations, memory


def make_shop(number: int) -> int:
    from pipelines.models import Shop

    facts = {"currency": "EUR", "installed_at": timezone.now()}
    return Shop.objects.create(domain=f"benchmark-{number}.myshopify.com", **facts).pk


def created(shop_id: int) -> float:
    """Write some of the same rows once more by bulk_create, from nodes of the export, into a shop without any."""
    from pipelines.models import Order, OrderLine
    from pipelines.shopify.reading import nodes
    from pipelines.shopify.reading.nodes import Source

    chance, source = random.Random(0), Source(-shop_id, "EUR", "export:0", timezone.now().isoformat())
    told = [(order(n), [line(n, position, chance) for position in range(LINES_PER_ORDER)]) for n in range(CREATED)]
    began = time.perf_counter()
    with transaction.atomic():
        orders = [nodes.order(parent, source) for parent, _ in told]
        lines = [
            nodes.line(child, held.shopify_id, source, held)
            for held, (_, children) in zip(orders, told, strict=True)
            for child in children
        ]
        Order.objects.bulk_create([Order(**held._asdict()) for held in orders], batch_size=1000)
        OrderLine.objects.bulk_create([OrderLine(**held._asdict()) for held in lines], batch_size=1000)
    seconds = time.perf_counter() - began
    Order.objects.filter(shop_id=-shop_id).delete()
    OrderLine.objects.filter(shop_id=-shop_id).delete()
    return (len(orders) + len(lines)) / seconds


def write_export(path: Path, seed: int) -> int:
    """Write orders and their lines as a bulk operation does; a child in fifty stands before its parent."""
    chance = random.Random(seed)
    objects = 0
    with path.open("w") as file:
        for number in range(LINES // LINES_PER_ORDER + 1):
            count = min(LINES_PER_ORDER, LINES - number * LINES_PER_ORDER)
            family = [order(number), *(line(number, position, chance) for position in range(count))]
            if chance.random() < 0.02:
                family.reverse()
            file.writelines(json.dumps(node, separators=(",", ":")).replace("/", "\\/") + "\n" for node in family)
            objects += len(family)
    return objects


def order(number: int) -> dict[str, Any]:
    at = (datetime(2024, 11, 1, tzinfo=UTC) + timedelta(minutes=3 * number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "id": f"gid://shopify/Order/{6_000_000_000_000 + number}",
        "name": f"#{1000 + number}",
        "createdAt": at,
        "processedAt": at,
        "updatedAt": at,
        "cancelledAt": None,
        "test": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "sourceName": "web",
        "currencyCode": "EUR",
        "subtotalPriceSet": {"shopMoney": {"amount": "119.70"}},
        "totalPriceSet": {"shopMoney": {"amount": "125.60"}},
        "totalDiscountsSet": {"shopMoney": {"amount": "0.0"}},
        "totalRefundedSet": {"shopMoney": {"amount": "0.0"}},
    }


def line(number: int, position: int, chance: random.Random) -> dict[str, Any]:
    variant = chance.randrange(5000)
    price = {"shopMoney": {"amount": f"{5 + variant % 200}.95"}}
    return {
        "id": f"gid://shopify/LineItem/{8_000_000_000_000 + number * LINES_PER_ORDER + position}",
        "sku": f"SAMPLE-{variant:05d}",
        "title": f"Sample product {variant // 3}",
        "variantTitle": "Medium",
        "quantity": 1 + variant % 3,
        "currentQuantity": 1 + variant % 3,
        "originalUnitPriceSet": price,
        "discountedUnitPriceAfterAllDiscountsSet": price,
        "variant": {"id": f"gid://shopify/ProductVariant/{9_500_000_000_000 + variant}"},
        "product": {"id": f"gid://shopify/Product/{9_000_000_000_000 + variant // 3}"},
        "requiresShipping": True,
        "isGiftCard": False,
        "__parentId": f"gid://shopify/Order/{6_000_000_000_000 + number}",
    }


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the export over HTTP from a process of its own."""
    ready: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(folder, ready), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ready.get(timeout=30)}/"
    finally:
        server.terminate()
        server.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def serve(folder: Path, ready: Any) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        ready.put(server.server_port)
        server.serve_forever()


def in_child(url: str, objects: int, shop_id: int) -> dict[str, float]:
    """Import in a process of its own, so that its memory is the import's alone."""
    connection.close()
    answer: Any = multiprocessing.Queue()
    child = multiprocessing.Process(target=measure, args=(url, objects, shop_id, answer))
    child.start()
    measured: dict[str, float] = answer.get(timeout=600)
    child.join()
    return measured


def measure(url: str, objects: int, shop_id: int, answer: Any) -> None:
    from pipelines.lifecycle.ingest import backfill
    from pipelines.models import Shop, SyncRun

    settings.DEMO, settings.SHOPIFY_BULK_HOSTS = True, ["127.0.0.1"]
    now, shop = timezone.now(), Shop.objects.get(pk=shop_id)
    loading = {"state": SyncRun.State.LOADING, "url": url, "objects_total": objects, "started_at": now}
    run = SyncRun.objects.create(shop=shop, kind=SyncRun.Kind.ORDERS, trigger="install", **loading)
    began = time.perf_counter()
    done = backfill.advance(run.pk)
    seconds = time.perf_counter() - began
    assert done is not None
    assert done.state == SyncRun.State.DONE, done.error
    used = resource.getrusage(resource.RUSAGE_SELF)
    answer.put({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024})


def count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])
