"""Create a store once: from a file of real order lines, or from the generator."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devstore.store import Store, now

COLUMNS = {
    "products": ("id", "shop", "title", "handle", "product_type", "vendor", "status", "tags", "created_at", "updated_at"),
    "variants": (
        "id", "shop", "product_id", "title", "sku", "price", "compare_at", "cost", "position", "tracked", "item_id",
        "created_at", "updated_at",
    ),
    "levels": ("item_id", "location_id", "shop", "available", "committed", "incoming", "created_at", "updated_at"),
    "customers": ("id", "shop", "country", "created_at"),
    "orders": (
        "id", "shop", "number", "customer_id", "created_at", "updated_at", "cancelled_at", "cancel_reason", "closed_at",
        "test", "financial_status", "fulfillment_status", "source", "country", "subtotal", "discounts", "shipping",
        "refunded", "current_subtotal",
    ),
    "lines": (
        "id", "shop", "order_id", "variant_id", "product_id", "sku", "title", "variant_title", "vendor", "quantity",
        "current_quantity", "price", "discount",
    ),
    "refunds": ("id", "shop", "order_id", "created_at", "note", "amount"),
    "refund_lines": (
        "id", "shop", "refund_id", "line_id", "quantity", "restock_type", "location_id", "subtotal",
    ),
    "lost_sales": ("shop", "variant_id", "day", "units"),
}  # fmt: skip

LOCATIONS = ("Warehouse", "High Street shop")


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

    @property
    def source(self) -> str:
        """Name what the store is made from, so that a second start can tell."""
        if self.orders:
            return f"{self.orders.name} ({self.orders.stat().st_size} bytes)"
        return f"generated {self.size} {self.orders_per_day or ''} {self.days} days seed {self.seed}"


@dataclass
class Book:
    """Collect the rows of a new store, each with an id of its own."""

    store: Store
    plan: Plan
    locations: list[int]
    rows: dict[str, list[tuple]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    counters: dict[str, int] = field(default_factory=dict)
    firsts: dict[str, int] = field(default_factory=dict)

    def take(self, kind: str) -> int:
        """Return the next free id of a kind."""
        if kind not in self.counters:
            self.firsts[kind] = self.counters[kind] = self.store.next_ids(kind, 0)
        self.counters[kind] += 1
        return self.counters[kind] - 1

    def save(self) -> None:
        """Write all rows in the caller's transaction."""
        for kind, upto in self.counters.items():
            self.store.next_ids(kind, upto - self.firsts[kind])
        for table, rows in self.rows.items():
            self.store.insert_many(table, COLUMNS[table], rows)


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

    with store.writing():
        book = Book(store, plan, _add_shop(store, plan))
        fill = fill_from_file if plan.orders else generate
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


def split_stock(book: Book, item: int, available: int, committed: int, incoming: int, at: int) -> Iterator[tuple]:
    """Spread a variant's stock over the warehouse, which takes all orders, and the shop."""
    shop_floor = available // 5
    for location, parts in zip(
        book.locations, ((available - shop_floor, committed, incoming), (shop_floor, 0, 0)), strict=True
    ):
        yield (item, location, book.plan.shop, *parts, at, at)


def handle(title: str, number: int) -> str:
    """Return an address part for a product, unique by a short tail."""
    plain = "".join(letter if letter.isalnum() else "-" for letter in title.lower()).strip("-")
    return f"{plain or 'product'}-{zlib.crc32(str(number).encode()) % 10_000:04d}"
