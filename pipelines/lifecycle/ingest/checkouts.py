"""A checkout is completed by its order, whichever of the two is heard of first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.lifecycle.ingest.sql.sets import Key, among, arrays
from pipelines.shopify.reading.shapes import Order

# Locked in the order of their keys: two drains never wait for each other.
COMPLETE = """
WITH mine AS (
    SELECT held.id FROM pipelines_checkout AS held WHERE held.completed_at IS NULL AND {which}
    ORDER BY held.shop_id, held.shopify_id FOR UPDATE)
UPDATE pipelines_checkout AS held SET completed_at = placed.processed_at
FROM pipelines_order AS placed, mine
WHERE held.id = mine.id AND placed.shop_id = held.shop_id AND placed.checkout_key = held.shopify_id
    AND placed.deleted_at IS NULL
"""


def completed_by(cursor: Any, orders: Sequence[Order]) -> None:
    """Complete the checkouts of orders that were just written."""
    keys = [(order.shop_id, order.checkout_key) for order in orders if order.checkout_key is not None]
    completed(cursor, keys)


def completed(cursor: Any, keys: Sequence[Key]) -> None:
    """Complete checkouts, by shop and key, whose orders are known."""
    if keys:
        cursor.execute(COMPLETE.format(which=among("held.shopify_id", "held.shop_id")), arrays(keys))
