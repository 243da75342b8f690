"""Compare with Shopify: what changed lately, hour by hour, and what deliveries asked to be read again.

Both read by page or by id, with all lines and refunds, and their word is final for its moment.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines.lifecycle.ingest import backfill, facts, inventory, privacy, pulls
from pipelines.models import Order, Product, Shop, StockLevel, SyncRun
from pipelines.shopify import orders
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import ShopifyError
from pipelines.shopify.reading import nodes
from pipelines.shopify.reading.nodes import Source
from pipelines.shopify.reading.shapes import EPOCH, Malformed, OrderWithLines, Refund, gid

log = logging.getLogger(__name__)
Kind, State = SyncRun.Kind, SyncRun.State

EVERY = timedelta(hours=1)
OVERLAP = timedelta(minutes=10)
PAGE = 40
PER_TURN = 200  # things read again in one go
STUB_TIME = datetime.fromisoformat(EPOCH)


def due(now: datetime, shop_id: int | None = None) -> list[int]:
    """Return the shops whose recent orders should be compared: an hour after the last time, once they are imported.

    A comparison whose process is gone is made again at once, and if that one goes too, when the hour is over.
    """
    mine = SyncRun.objects.filter(shop=OuterRef("pk"))
    imported = mine.filter(kind=Kind.ORDERS, state=State.DONE)
    recent = mine.filter(kind=Kind.RECONCILE, created_at__gt=now - EVERY).exclude(abandoned(now))
    shops = pulls.reachable(shop_id).filter(Exists(imported), ~Exists(recent))
    return list(shops.values_list("pk", flat=True))


def reconcile(shop: Shop) -> SyncRun:
    """Read the orders that changed since the last comparison, with overlap."""
    now = timezone.now()
    for gone in SyncRun.objects.for_shop(shop).filter(abandoned(now), kind=Kind.RECONCILE):
        backfill.give_up(gone, "The comparison was interrupted.")
    run = backfill.request_pull(shop, Kind.RECONCILE, "hourly", since=last_good(shop))
    if run.state != State.QUEUED:  # another process compares right now
        return run
    backfill.move(run, state=State.LOADING, started_at=now, due_at=now + backfill.LEASE)
    try:
        for page in pages(orders.updated(AdminApi(shop), run.since or now - timedelta(days=1))):
            compare(run, page, source_of(shop, now))
    except ShopifyError as error:
        backfill.give_up(run, str(error))
        return run
    backfill.move(run, state=State.DONE, finished_at=timezone.now(), objects_total=run.objects_done)
    return run


def abandoned(now: datetime) -> Q:
    """Describe the comparisons whose process is gone."""
    begun, asked = Q(state=State.LOADING, due_at__lt=now), Q(state=State.QUEUED, due_at__lt=now - backfill.LEASE)
    return begun | asked


def last_good(shop: Shop) -> datetime | None:
    """Return from when on orders have not been compared."""
    good = SyncRun.objects.for_shop(shop).filter(kind__in=[Kind.RECONCILE, Kind.ORDERS], state=State.DONE)
    newest = good.exclude(is_partial=True).order_by("-started_at").values_list("started_at", flat=True).first()
    return newest - OVERLAP if newest else None


def pages(things: Iterable[Any]) -> Iterator[list[Any]]:
    """Cut a stream into pages."""
    stream = iter(things)
    while page := list(islice(stream, PAGE)):
        yield page


def source_of(shop: Shop, at: datetime) -> Source:
    return Source(shop.pk, shop.currency, f"fetch:{at.isoformat()}", at.isoformat())


def compare(run: SyncRun, page: list[nodes.Node], source: Source) -> None:
    """Write what differs from what we know, and count both."""
    with transaction.atomic():
        read = [held for held in (order_of(node, source) for node in page) if held]
        known = dict(
            Order.objects.for_shop(run.shop_id)
            .filter(shopify_id__in=[held.order.shopify_id for held, _ in read])
            .values_list("shopify_id", "updated_at")
        )
        changed = [pair for pair in read if is_news(pair[0], known)]
        write([held for held, _ in changed], [refund for _, refunds in changed for refund in refunds])
        done, rows = run.objects_done + len(page), run.rows_written + len(changed)
        backfill.move(run, objects_done=done, rows_written=rows, due_at=timezone.now() + backfill.LEASE)


def is_news(held: OrderWithLines, known: dict[int, datetime]) -> bool:
    before = known.get(held.order.shopify_id)
    return before is None or before < datetime.fromisoformat(held.order.updated_at)


def order_of(node: nodes.Node, source: Source) -> tuple[OrderWithLines, list[Refund]] | None:
    """Read an order with its refunds; one that makes no sense is left as it is known."""
    try:
        return nodes.order_with_lines(node, source), nodes.refunds(node, source)
    except Malformed as malformed:
        log.warning("an order of shop %d cannot be read: %s", source.shop_id, malformed)
        return None


def write(held: list[OrderWithLines], refunds: list[Refund]) -> None:
    facts.write_orders(held, facts.FETCH_WINS)
    privacy.cut_who_returned(each.order for each in held)
    facts.write_refunds(refunds)


def shops_with_questions(now: datetime) -> list[int]:
    """Return the shops of which something must be read again."""
    asked = {"fetch_due_at__lte": now}
    found = set(Order.objects.filter(**asked).values_list("shop", flat=True).distinct())
    found |= set(Product.objects.filter(**asked).values_list("shop", flat=True).distinct())
    found |= set(StockLevel.objects.filter(is_contested=True).values_list("shop", flat=True).distinct())
    return sorted(found)


def read_again(shop: Shop) -> int:
    """Read orders, products and stock levels that were asked for; return how many things that were."""
    now = timezone.now()
    return read_orders_again(shop, now) + read_products_again(shop, now) + read_stock_again(shop, now)


def read_orders_again(shop: Shop, now: datetime) -> int:
    """Read orders by id, the newest first: what is sold now matters most."""
    due = Order.objects.for_shop(shop).filter(fetch_due_at__lte=now)
    ids = list(due.order_by("-processed_at").values_list("shopify_id", flat=True)[:PER_TURN])
    source = source_of(shop, now)
    for page in pages(ids):
        found = orders.by_ids(AdminApi(shop), [f"gid://shopify/Order/{order_id}" for order_id in page])
        read = [held for held in (order_of(node, source) for node in found) if held]
        with transaction.atomic():
            write([held for held, _ in read], [refund for _, refunds in read for refund in refunds])
            answered = due.filter(shopify_id__in=page)
            answered.filter(updated_at=STUB_TIME).delete()  # Shopify does not show it to us
            answered.update(fetch_due_at=None)
    return len(ids)


def read_products_again(shop: Shop, now: datetime) -> int:
    """Read products by id, with their variants and costs."""
    due = Product.objects.for_shop(shop).filter(fetch_due_at__lte=now)
    ids = list(due.values_list("shopify_id", flat=True)[:PER_TURN])
    source = source_of(shop, now)
    for product_id in ids:
        gids = [f"gid://shopify/Product/{product_id}"]
        found = AdminApi(shop).execute("products_by_ids", {"ids": gids}).data.get("nodes") or []
        with transaction.atomic():
            for node in filter(None, found):
                write_product(node, source)
            due.filter(shopify_id=product_id).update(fetch_due_at=None)
    return len(ids)


def write_product(node: nodes.Node, source: Source) -> None:
    try:
        product = nodes.product_with_variants(node, source)
        items = [nodes.item(held, source) for held in nodes.nodes(node.get("variants"))]
    except Malformed as malformed:
        log.warning("a product of shop %d cannot be read: %s", source.shop_id, malformed)
        return
    facts.write_products([product], facts.FETCH_WINS)
    inventory.write_items(filter(None, items))


def read_stock_again(shop: Shop, now: datetime) -> int:
    """Read the stock of items for which two values of one moment are known."""
    contested = StockLevel.objects.for_shop(shop).filter(is_contested=True)
    ids = list(contested.values_list("inventory_item_id", flat=True).distinct()[:PER_TURN])
    source = source_of(shop, now)
    for page in pages(ids):
        gids = [f"gid://shopify/InventoryItem/{item_id}" for item_id in page]
        found = AdminApi(shop).execute("stock_by_items", {"ids": gids}).data.get("nodes") or []
        with transaction.atomic():
            inventory.replace_stock([level for node in filter(None, found) for level in levels_of(node, source)])
            contested.filter(inventory_item_id__in=page).update(is_contested=False)
    return len(ids)


def levels_of(node: nodes.Node, source: Source) -> list[Any]:
    try:
        return [nodes.stock(level, gid(node.get("id")), source) for level in nodes.nodes(node.get("inventoryLevels"))]
    except Malformed as malformed:
        log.warning("a stock level of shop %d cannot be read: %s", source.shop_id, malformed)
        return []
