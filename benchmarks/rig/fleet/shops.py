"""Shops of three sizes with a year behind them, straight into the tables; many of a size are copies of a few.

METHODS 6: orders a day follow the week and vary more than chance; what sells follows Zipf; a fifth buys as a guest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone

from benchmarks.rig.copying import columns_of
from benchmarks.rig.one_core import copy
from pipelines.models import Shop, ShopSettings, SyncRun
from pipelines.shopify import vault

DAYS = 365
WEEK = (1.0, 0.95, 0.95, 0.95, 1.0, 1.1, 1.05)
GUESTS, LINES = 0.225, 1.9  # share of orders, lines of one
NUMBERS = count(1_000)
COPIED = ("product", "variant", "stocklevel", "order", "orderline")


@dataclass(frozen=True)
class Size:
    """How large a shop is, and how many of a fleet are."""

    name: str
    orders: int  # a day
    variants: int
    share: float
    alike: int  # how many different ones are drawn; the others are copies


TINY, MIDDLE, LARGE = Size("tiny", 5, 40, 0.79, 3), Size("middle", 60, 250, 0.2, 2), Size("large", 600, 2_000, 0.01, 1)
SIZES = (TINY, MIDDLE, LARGE)
GIANT = Size("giant", 1_500, 10_000, 0.0, 1)  # in no fleet's mix; benchmark giant


def counts(shops: int) -> dict[Size, int]:
    """Say how many of each size a fleet has: one large one at least, and the rest by their shares."""
    large, middle = max(1, round(shops * LARGE.share)), round(shops * MIDDLE.share)
    return {TINY: max(1, shops - large - middle), MIDDLE: max(1, middle), LARGE: large}


def drawn(seed: int, *sizes: Size) -> dict[Size, list[Shop]]:
    """Draw a few shops of each size."""
    made = {size: [a_shop(f"{size.name}-{number}") for number in range(size.alike)] for size in sizes or SIZES}
    for size, shops in made.items():
        for number, shop in enumerate(shops):
            draw(shop, size, np.random.default_rng([seed, size.orders, number]))
    analyze()
    return made


def copied(alike: dict[Size, list[Shop]], wanted: dict[Size, int]) -> dict[Size, list[Shop]]:
    """Write so many shops of each size, each a copy of one that was drawn."""
    made = {}
    for size, many in wanted.items():
        made[size] = [a_shop(f"{size.name}-{next(NUMBERS)}") for _ in range(many)]
        for number, shop in enumerate(alike[size]):
            copies(shop, made[size][number :: len(alike[size])])
    analyze()
    return made


def analyze() -> None:
    """Tell PostgreSQL how large its tables have become, as autovacuum does where a shop grows in its own time."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def a_shop(name: str) -> Shop:
    """Write a shop that nobody answers for, with an import of yesterday."""
    now, domain = timezone.now(), f"{name}.myshopify.com"
    since = now - timedelta(days=DAYS)
    ended = {"access_ended_at": now, "access_ended_reason": "nobody answers for this shop"}
    facts: dict[str, Any] = {"timezone": "Europe/London", "currency": "GBP", "country": "GB", "installed_at": since}
    shop = Shop.objects.create(domain=domain, customer_key=vault.new_customer_key(domain), **facts, **ended)
    ShopSettings.objects.create(shop=shop)
    yesterday = {"started_at": now - timedelta(days=1), "finished_at": now - timedelta(days=1)}
    kinds = (SyncRun.Kind.PRODUCTS, SyncRun.Kind.STOCK, SyncRun.Kind.ORDERS)
    SyncRun.objects.bulk_create(
        SyncRun(shop=shop, kind=kind, trigger="install", state="done", **yesterday) for kind in kinds
    )
    return shop


def copies(shop: Shop, others: Sequence[Shop]) -> None:
    """Give other shops the same rows."""
    with connection.cursor() as cursor:
        for table in (f"pipelines_{name}" for name in COPIED):
            columns = columns_of(cursor, table).split(", ")
            taken = ", ".join("other" if column == "shop_id" else column for column in columns)
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {taken} FROM {table},"
                " unnest(%s::bigint[]) AS other WHERE shop_id = %s",
                [[other.pk for other in others], shop.pk],
            )


def draw(shop: Shop, size: Size, rng: np.random.Generator) -> None:
    """Write what a shop sells, and a year of orders until yesterday."""
    now = timezone.now()
    catalogue(shop, size, rng, now)
    first = now.astimezone(shop.zone).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    rates = np.array([size.orders * WEEK[(first + timedelta(days=day)).weekday()] for day in range(DAYS)])
    day = np.repeat(np.arange(DAYS), rng.negative_binomial(rates, 0.5))
    second = np.sort(day * 86_400 + rng.integers(8 * 3600, 22 * 3600, len(day)))
    when = np.datetime64(first.replace(tzinfo=None)) + second.astype("timedelta64[s]")
    orders(shop, rng, np.char.add(np.datetime_as_string(when), "+00:00"), size)


def catalogue(shop: Shop, size: Size, rng: np.random.Generator, now: datetime) -> None:
    """Write products of one variant each, and their stock."""
    ids, since = np.arange(1, size.variants + 1), (now - timedelta(days=DAYS + 30)).isoformat()
    kinds = np.char.add("Type ", (ids % 12).astype(str))
    seen = {"shop_id": shop.pk, "shopify_id": ids, "updated_at": since, "created_at": since, "source_id": ""}
    words = {"title": np.char.add("Product ", ids.astype(str)), "product_type": kinds, "vendor": kinds}
    copy("product", seen | words | {"status": "active", "tags": "[]"})
    item = {"sku": np.char.add("SKU-", ids.astype(str)), "inventory_item_id": ids, "is_tracked": True}
    copy("variant", seen | item | {"product_id": ids, "title": "", "price_minor": prices(size, rng)})
    level = {"shop_id": shop.pk, "inventory_item_id": ids, "location_id": 1, "available": 40}
    copy("stocklevel", level | {"updated_at": since})


def prices(size: Size, rng: np.random.Generator) -> np.ndarray:
    return rng.lognormal(7.6, 0.9, size.variants).astype(int) + 100


def orders(shop: Shop, rng: np.random.Generator, when: np.ndarray, size: Size) -> None:
    """Write orders and their lines."""
    ids = np.arange(1, len(when) + 1)
    who = (rng.pareto(1.2, len(ids)) * len(ids) / 20).astype(int) % max(1, len(ids) // 2)
    names = np.array([f"\\x{number:032x}" for number in who])
    names[rng.random(len(ids)) < GUESTS] = "\\N"
    lines = rng.geometric(1 / LINES, len(ids))
    popularity = 1 / np.arange(1, size.variants + 1) ** 0.95
    variant = 1 + rng.choice(size.variants, lines.sum(), p=popularity / popularity.sum())
    order = {"shop_id": shop.pk, "shopify_id": ids, "name": "", "created_at": when, "processed_at": when}
    order |= {"updated_at": when, "source_id": "", "is_test": False, "financial_status": "paid", "currency": "GBP"}
    order |= {"fulfillment_status": "fulfilled", "source_name": "web", "customer_ref": names}
    order |= {"discounts_minor": 0, "refunded_minor": 0, "subtotal_minor": 3000 * lines, "total_minor": 3000 * lines}
    copy("order", order)
    line = {"shop_id": shop.pk, "line_id": np.arange(1, len(variant) + 1), "order_id": np.repeat(ids, lines)}
    line |= {"variant_id": variant, "product_id": variant, "sku": "", "title": "", "quantity": 1, "current_quantity": 1}
    line |= {"removed": 0, "returned": 0, "price_minor": 3000, "discount_minor": 0, "is_gift_card": False}
    copy("orderline", line | {"needs_shipping": True, "processed_at": np.repeat(when, lines)})
