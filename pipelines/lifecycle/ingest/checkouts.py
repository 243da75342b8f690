"""A checkout keeps its steps, and is completed by its order, in whatever order they are heard of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.lifecycle.ingest.sql.sets import Key, among, arrays
from pipelines.shopify.reading.shapes import Checkout, Order

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
MOST_STEPS = 30  # of one checkout: the first ones
# By time. Of what one second tells differently that with a delivery stands, then whichever jsonb puts last: the same in
# whatever order they come. Their rows are locked: they were just written.
GATHER = f"""
UPDATE pipelines_checkout AS held SET steps = (
    SELECT jsonb_agg(first.step ORDER BY first.at) FROM (
        SELECT DISTINCT ON (each ->> 'at') each AS step, each ->> 'at' AS at
        FROM jsonb_array_elements(coalesce(held.steps, '[]') || told.steps) AS each
        ORDER BY each ->> 'at', each @> '{{"has_shipping": true}}' DESC, each DESC
        LIMIT {MOST_STEPS}) AS first)
FROM (
    SELECT shop_id, shopify_id, jsonb_agg(step) AS steps
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS one(shop_id, shopify_id, steps),
        jsonb_array_elements(one.steps::jsonb) AS step
    GROUP BY 1, 2) AS told
WHERE held.shop_id = told.shop_id AND held.shopify_id = told.shopify_id
    AND NOT coalesce(held.steps, '[]') @> told.steps
"""


def gather_steps(cursor: Any, found: Sequence[Checkout]) -> None:
    """Join what is told of checkouts, while they went on, with what is known: the same in whatever order it comes."""
    told = [(each.shop_id, each.shopify_id, each.steps) for each in found if each.steps is not None]
    if told:
        cursor.execute(GATHER, arrays(told))


def completed_by(cursor: Any, orders: Sequence[Order]) -> None:
    """Complete the checkouts of orders that were just written."""
    keys = [(order.shop_id, order.checkout_key) for order in orders if order.checkout_key is not None]
    completed(cursor, keys)


def completed(cursor: Any, keys: Sequence[Key]) -> None:
    """Complete checkouts, by shop and key, whose orders are known."""
    if keys:
        cursor.execute(COMPLETE.format(which=among("held.shopify_id", "held.shop_id")), arrays(keys))
