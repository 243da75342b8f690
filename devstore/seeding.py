"""Create a store once: from a file of real order lines, from the generator, or like another store."""

import json
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from devstore.clock import now
from devstore.store import Store

LOCATIONS = ("Warehouse", "High Street shop")
BATCH = 20_000


@dataclass(frozen=True)
class Plan:
    """Say what store to create."""

    shop: str
    orders: Path | None = None
    days: int = 540
    history_days: int | None = None
    size: str = "small"
    orders_per_day: float | None = None
    seed: int = 0
    timezone: str = "Europe/London"
    currency: str = "GBP"
    like: str | None = None  # the store whose catalogue, zone and currency it has

    @property
    def source(self) -> str:
        """Name what the store is made from, so that a second start can tell."""
        if self.like:
            return f"the catalogue of {self.like}"
        if self.orders:
            return f"{self.orders.name} ({self.orders.stat().st_size} bytes)"
        return f"generated {self.size} {self.orders_per_day or ''} {self.days} days seed {self.seed}"


class Book:
    """Collect the rows of a new store, each with an id of its own, and write them in batches."""

    def __init__(self, store: Store, plan: Plan, locations: list[int]) -> None:
        self.store, self.plan, self.locations = store, plan, locations
        self.written: Counter[str] = Counter()
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._next: dict[str, int] = {}
        self._first: dict[str, int] = {}

    def take(self, kind: str) -> int:
        """Return the next free id of a kind."""
        if kind not in self._next:
            self._first[kind] = self._next[kind] = self.store.next_ids(kind, 0)
        self._next[kind] += 1
        return self._next[kind] - 1

    def add(self, table: str, **values: Any) -> None:
        """Add a row of this shop."""
        waiting = self._waiting.setdefault(table, [])
        waiting.append({"shop": self.plan.shop, **values})
        self.written[table] += 1
        if len(waiting) >= BATCH:
            self._write(table)

    def _write(self, table: str) -> None:
        rows = self._waiting.pop(table)
        columns = list(rows[0])
        sql = f"INSERT INTO {table} ({', '.join(columns)}) VALUES (:{', :'.join(columns)})"
        self.store.db.executemany(sql, rows)

    def save(self) -> None:
        """Write what is left, and note which ids are taken."""
        for table in list(self._waiting):
            self._write(table)
        for kind, upto in self._next.items():
            self.store.next_ids(kind, upto - self._first[kind])

    def stock(self, item: int, available: int, committed: int, incoming: int) -> None:
        """Spread a variant's stock over the warehouse, which takes all orders, and the shop."""
        shop_floor = available // 5
        parts = ((available - shop_floor, committed, incoming), (shop_floor, 0, 0))
        for place, (left, promised, coming) in zip(self.locations, parts, strict=True):
            self.add(
                "levels", item_id=item, location_id=place, available=left, committed=promised, incoming=coming,
                created_at=now(), updated_at=now(),
            )  # fmt: skip


def seed(state: Path, plan: Plan) -> dict[str, Any]:
    """Create the store unless it is there, and return what it holds."""
    from devstore.order_files import WrongFile

    if plan.orders and not plan.orders.is_file():
        raise WrongFile(f"{plan.orders}: there is no such file.")
    store = Store(state)
    shop = store.shop(plan.shop)
    if shop is None:
        return _create(store, plan)
    summary = json.loads(shop["seeded"])
    if summary["source"] != plan.source:
        raise WrongFile(
            f"{plan.shop} was already made from {summary['source']}; for {plan.source} use another --state."
        )
    return {**summary, "already_there": True}


def _create(store: Store, plan: Plan) -> dict[str, Any]:
    from devstore.generate import generate
    from devstore.seed_file import fill_from_file
    from devstore.twin import fill_like, model_of

    with store.writing():
        if plan.like:
            model = model_of(store, plan.like)
            plan = replace(plan, timezone=model["timezone"], currency=model["currency"])
        book = Book(store, plan, _add_shop(store, plan))
        fill = fill_like if plan.like else fill_from_file if plan.orders else generate
        summary = {"shop": plan.shop, "source": plan.source, "seed": plan.seed, **fill(book)}
        book.save()
        store.db.execute("UPDATE shops SET seeded = ? WHERE domain = ?", (json.dumps(summary), plan.shop))
    return {**summary, "already_there": False}


def _add_shop(store: Store, plan: Plan) -> list[int]:
    name = plan.shop.partition(".")[0].replace("-", " ").title()
    store.insert(
        "shops",
        domain=plan.shop,
        id=store.next_ids("shop"),
        name=name,
        timezone=plan.timezone,
        currency=plan.currency,
        country="GB",
        plan="Basic",
        history_days=plan.history_days,
        seeded=None,
        created_at=now(),
    )
    ids = [store.next_ids("location") for _ in LOCATIONS]
    for number, title in zip(ids, LOCATIONS, strict=True):
        store.insert("locations", id=number, shop=plan.shop, name=title, active=1, created_at=now(), updated_at=now())
    return ids


def handle(title: str, number: int) -> str:
    """Return an address part for a product, unique by a short tail."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in title.lower()).strip("-")
    return f"{plain or 'product'}-{zlib.crc32(str(number).encode()) % 10_000:04d}"
