"""The rows of a new store: what is planned, and the book that collects and writes them."""

import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstore.clock import now
from devstore.store import Store

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
    kits: float = 0  # of what is bought beside a first thing goes with it; of stores that are made up
    like: str | None = None  # the store whose catalogue, zone and currency it has

    @property
    def source(self) -> str:
        """Name what the store is made from, so that a second start can tell."""
        if self.like:
            return f"the catalogue of {self.like}"
        if self.orders:
            return f"{self.orders.name} ({self.orders.stat().st_size} bytes)"
        kits = f" kits {self.kits:g}" if self.kits else ""
        return f"generated {self.size} {self.orders_per_day or ''} {self.days} days seed {self.seed}{kits}"


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


def handle(title: str, number: int) -> str:
    """Return an address part for a product, unique by a short tail."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in title.lower()).strip("-")
    return f"{plain or 'product'}-{zlib.crc32(str(number).encode()) % 10_000:04d}"
