"""Which products cannot be bought now: gone, not shown by the online store, or with nothing left (standard library)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.utils import timezone

CLOSED = """
    SELECT p.shopify_id FROM pipelines_product p
    WHERE p.shop_id = %(shop)s AND (%(among)s::bigint[] IS NULL OR p.shopify_id = ANY(%(among)s)) AND (
        p.deleted_at IS NOT NULL OR p.status <> 'active' OR p.published_at IS NULL OR p.published_at > %(now)s
        OR NOT EXISTS (
            SELECT FROM pipelines_variant v
            LEFT JOIN LATERAL (
                SELECT sum(s.available) AS units FROM (
                    SELECT DISTINCT ON (l.location_id) l.available FROM pipelines_stocklevel l
                    WHERE l.shop_id = v.shop_id AND l.inventory_item_id = v.inventory_item_id
                    ORDER BY l.location_id, l.updated_at DESC) AS s) AS left_over ON true
            WHERE v.shop_id = p.shop_id AND v.product_id = p.shopify_id AND v.deleted_at IS NULL
                AND (NOT v.is_tracked OR v.continues_selling OR left_over.units > 0)))
"""


def products(shop: int, among: Collection[int] | None = None) -> frozenset[int]:
    """Name the products of a shop, or of some of its products those, that cannot be bought now."""
    asked: dict[str, Any] = {"shop": shop, "now": timezone.now(), "among": None if among is None else list(among)}
    with connection.cursor() as cursor:
        cursor.execute(CLOSED, asked)
        return frozenset(number for (number,) in cursor.fetchall())
