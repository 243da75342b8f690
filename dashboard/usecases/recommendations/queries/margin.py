"""What a thousand shoppers who are shown it bring more in margin: added sales, at the margin of what sells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from pipelines import words
from pipelines.lifecycle.evidence.hold_out.told import Standing
from pipelines.models import Shop

LATELY = timedelta(days=28)
SHOPPERS = 1000
LEAST_KNOWN = 0.5  # of sales, whose cost must be known

# Sales of late, those of products whose cost Shopify knows, and what these cost.
SOLD = """
    SELECT coalesce(sum(l.sales), 0), coalesce(sum(l.sales) FILTER (WHERE v.unit_cost_minor IS NOT NULL), 0),
        coalesce(sum(v.unit_cost_minor * l.units), 0)
    FROM (
        SELECT variant_id, current_quantity AS units,
            current_quantity * (price_minor - discount_minor::float8 / quantity) AS sales
        FROM pipelines_orderline
        WHERE shop_id = %(shop)s AND processed_at > %(since)s AND current_quantity > 0 AND quantity > 0) AS l
    LEFT JOIN pipelines_variant v ON v.shop_id = %(shop)s AND v.shopify_id = l.variant_id
"""


def sentence(shop: Shop, standing: Standing, now: datetime) -> str:
    """Say it as a range, or why it cannot be said."""
    sales = standing.sales
    if sales is None or not standing.shown.units:
        return f"Added margin of {SHOPPERS:,} shoppers: not measured yet."
    share = margin(shop, now)
    if share is None:
        return f"Added margin of {SHOPPERS:,} shoppers: not known, for Shopify knows the cost of too little that sells."
    of_each = SHOPPERS * share / standing.shown.units
    value, low, high = (round(-of_each * figure) for figure in (sales.value, sales.high, sales.low))
    more, between = words.less(value, shop.currency), words.less_between(low, high, shop.currency)
    said = f"{more}, very likely {between}, at the {share:.0%} of sales that were margin in the last 28 days"
    return f"Added margin of {SHOPPERS:,} shoppers: {said}."


def margin(shop: Shop, now: datetime) -> float | None:
    """Return which share of sales was margin of late; nothing where too few costs are known, or nothing sold."""
    told: dict[str, Any] = {"shop": shop.pk, "since": now - LATELY}
    with connection.cursor() as cursor:
        cursor.execute(SOLD, told)
        sales, known, cost = (float(each) for each in cursor.fetchone())
    if known <= 0 or known < LEAST_KNOWN * sales:
        return None
    return 1 - cost / known
