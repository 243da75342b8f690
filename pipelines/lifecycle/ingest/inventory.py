"""Write what Shopify tells of inventory: costs and tracking of items, and levels, of which none is ever changed."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction

from pipelines.lifecycle.ingest.facts import ITEMS, STOCK, staged
from pipelines.lifecycle.ingest.sql.sets import Key
from pipelines.shopify.reading import shapes
from pipelines.shopify.reading.shapes import is_later


@transaction.atomic
def write_items(items: Iterable[shapes.Item]) -> set[Key]:
    """Write costs and tracking to the variants of inventory items; return the items that have a variant."""
    newest: dict[Key, shapes.Item] = {}
    for item in items:
        known = newest.get(item[:2])
        if known is None or not is_later(known.item_updated_at, item.item_updated_at):
            newest[item[:2]] = item
    with connection.cursor() as cursor, staged(cursor, ITEMS, newest.values()) as incoming:
        cursor.execute(
            "UPDATE pipelines_variant AS old SET is_tracked = new.is_tracked, unit_cost_minor = new.unit_cost_minor,"
            f" item_updated_at = new.item_updated_at FROM {incoming} AS new"
            " WHERE old.shop_id = new.shop_id AND old.inventory_item_id = new.inventory_item_id"
            " AND (old.item_updated_at IS NULL OR old.item_updated_at <= new.item_updated_at)"
        )
        cursor.execute(
            f"SELECT DISTINCT shop_id, inventory_item_id FROM {incoming} AS new WHERE EXISTS ("
            "SELECT FROM pipelines_variant AS old"
            " WHERE old.shop_id = new.shop_id AND old.inventory_item_id = new.inventory_item_id)"
        )
        return set(cursor.fetchall())


# A webhook tells only what is available; what is under way is carried on from the level before it.
APPEND_STOCK = """
INSERT INTO pipelines_stocklevel AS old (
    shop_id, inventory_item_id, location_id, updated_at, available, on_hand, committed, incoming, is_contested)
SELECT shop_id, inventory_item_id, location_id, updated_at, max(available), NULL, NULL, (
        SELECT before.incoming FROM pipelines_stocklevel AS before
        WHERE before.shop_id = new.shop_id AND before.inventory_item_id = new.inventory_item_id
          AND before.location_id = new.location_id AND before.updated_at < new.updated_at
        ORDER BY before.updated_at DESC LIMIT 1),
    count(DISTINCT available) > 1
FROM {incoming} AS new GROUP BY shop_id, inventory_item_id, location_id, updated_at ORDER BY 1, 2, 3, 4
ON CONFLICT (shop_id, inventory_item_id, location_id, updated_at) DO UPDATE SET is_contested = true
WHERE old.available <> excluded.available OR excluded.is_contested
"""
REPLACE_STOCK = """
INSERT INTO pipelines_stocklevel AS old ({columns}, is_contested) SELECT {columns}, false FROM {incoming}
ORDER BY shop_id, inventory_item_id, location_id
ON CONFLICT (shop_id, inventory_item_id, location_id, updated_at) DO UPDATE SET
    available = excluded.available, on_hand = excluded.on_hand, committed = excluded.committed,
    incoming = excluded.incoming, is_contested = false
"""


@transaction.atomic
def append_stock(levels: Iterable[shapes.Stock]) -> None:
    """Append levels told by webhooks; two values for one moment are marked to be read again."""
    with connection.cursor() as cursor, staged(cursor, STOCK, levels) as incoming:
        cursor.execute(APPEND_STOCK.format(incoming=incoming))


@transaction.atomic
def replace_stock(levels: Iterable[shapes.Stock]) -> int:
    """Write levels read from Shopify itself: they are the truth of their moment."""
    newest = {(level.shop_id, level.inventory_item_id, level.location_id, level.updated_at): level for level in levels}
    with connection.cursor() as cursor, staged(cursor, STOCK, newest.values()) as incoming:
        cursor.execute(REPLACE_STOCK.format(incoming=incoming, columns=", ".join(STOCK.columns)))
        return int(cursor.rowcount)
