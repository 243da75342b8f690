"""Who is in checkout now, and how many of them are likely to leave, by what was said of each last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from dashboard.usecases.conversion.queries.chances import SLUG
from pipelines.models import Shop, StorefrontEvent

A_WHILE = timedelta(hours=1)  # after which nobody is called in checkout any more
HALF = 0.5
OPEN = f"""
    WITH begun AS (
        SELECT c.shopify_id AS key, c.token_digest AS unit,
            CASE WHEN c.currency = %(currency)s THEN c.subtotal_minor END AS minor
        FROM pipelines_checkout c
        WHERE c.shop_id = %(shop)s AND c.created_at >= %(since)s AND c.created_at <= %(now)s
            AND c.completed_at IS NULL AND c.deleted_at IS NULL
        UNION ALL
        SELECT e.checkout_key, e.unit, e.value_minor FROM pipelines_storefrontevent e
        WHERE e.shop_id = %(shop)s AND e.at >= %(since)s AND e.at <= %(now)s
            AND e.kind = '{StorefrontEvent.Kind.CHECKOUT_STARTED}' AND e.checkout_key IS NOT NULL),
    open AS (
        SELECT b.key, max(b.minor) AS minor, array_agg(b.unit) AS units FROM begun b
        WHERE NOT EXISTS (
            SELECT FROM pipelines_order o WHERE o.shop_id = %(shop)s AND o.checkout_key = b.key)
        GROUP BY b.key)
    SELECT count(*), count(said.score), count(*) FILTER (WHERE said.score < {HALF}),
        coalesce(sum(o.minor), 0)::bigint, coalesce(sum(o.minor) FILTER (WHERE said.score < {HALF}), 0)::bigint
    FROM open o LEFT JOIN LATERAL (
        SELECT l.score FROM pipelines_predictionlog l
        WHERE l.shop_id = %(shop)s AND l.unit = ANY(o.units) AND l.use_case = %(use_case)s
            AND l.at >= %(since)s AND l.is_shown AND l.score IS NOT NULL AND l.features ->> 'of' = 'checkout'
        ORDER BY l.at DESC LIMIT 1) AS said ON true
"""


@dataclass(frozen=True)
class Now:
    """Checkouts that began within the hour and are not finished."""

    shoppers: int
    scored: int
    leaving: int
    minor: int
    leaving_minor: int


def in_checkout(shop: Shop, now: datetime) -> Now:
    """Count who is in checkout now."""
    facts: dict[str, Any] = {"shop": shop.pk, "currency": shop.currency, "use_case": SLUG}
    with connection.cursor() as cursor:
        cursor.execute(OPEN, facts | {"since": now - A_WHILE, "now": now})
        return Now(*cursor.fetchone())
