"""A checkout is completed by its order, whichever of the two is heard of first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.lifecycle.ingest.sets import Key, among, arrays
from pipelines.shopify.shapes import Order

COMPLETE = """
UPDATE pipelines_checkout AS held SET completed_at = placed.processed_at FROM pipelines_order AS placed
WHERE placed.shop_id = held.shop_id AND placed.checkout_key = held.shopify_id AND placed.deleted_at IS NULL
    AND held.completed_at IS NULL AND {which}
"""


def completed_by(cursor: Any, orders: Sequence[Order]) -> None:
    """Complete the checkouts of orders that were just written."""
    keys = [(order.shop_id, order.checkout_key) for order in orders if order.checkout_key is not None]
    completed(cursor, keys)


def completed(cursor: Any, keys: Sequence[Key]) -> None:
    """Complete checkouts, by shop and key, whose orders are known."""
    if keys:
        cursor.execute(COMPLETE.format(which=among("held.shopify_id", "held.shop_id")), arrays(keys))
