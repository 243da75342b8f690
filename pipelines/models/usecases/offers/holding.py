"""What the door holds in memory of a shop's offers: three small queries, and now and then what variants cost."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from pipelines.models.ingest import Variant
from pipelines.models.shops import Shop, ShopSettings
from pipelines.models.usecases.offers.blocks import week_of
from pipelines.models.usecases.offers.tables import Offer
from pipelines.usecases.offers.eligible import whom
from pipelines.usecases.offers.eligible.shelf import Costs, OnOffer, Shelf

COSTS_EVERY = 600.0  # seconds

# The variant that is added is the cheapest that the shop has of a product.
RUNNING = """
    SELECT o.id, o.kind, o.for_whom, o.starts_at, o.ends_at, o.margin_floor_minor, o.cost_minor, o.cost_percent,
        o.threshold_minor, o.product_id, v.shopify_id, v.price_minor,
        o.budget_minor - s.reserved_minor - s.spent_minor,
        o.weekly_cap - CASE WHEN s.week >= %(week)s THEN s.week_reserved + s.week_spent ELSE 0 END,
        o.code_state, coalesce(t.shown, 0), coalesce(t.accepted, 0), o.code, o.message, o.name
    FROM pipelines_offer o
    JOIN pipelines_offerspend s ON s.offer_id = o.id
    LEFT JOIN LATERAL (
        SELECT sum(shown)::bigint AS shown, sum(accepted)::bigint AS accepted
        FROM pipelines_offertally WHERE offer_id = o.id) AS t ON true
    LEFT JOIN LATERAL (
        SELECT shopify_id, price_minor FROM pipelines_variant
        WHERE shop_id = o.shop_id AND product_id = o.product_id AND deleted_at IS NULL AND price_minor IS NOT NULL
        ORDER BY price_minor, shopify_id LIMIT 1) AS v ON o.kind = 'product'
    WHERE o.shop_id = %(shop)s AND o.state = 'live' ORDER BY o.id
"""

# A claimed value costs a share of itself: none is believed that is far from what the shop sells.
LARGEST = """
    SELECT nullif(greatest(10 * avg(total_minor), max(total_minor)), 0)::bigint FROM (
        SELECT total_minor FROM pipelines_order
        WHERE shop_id = %s AND NOT is_test AND deleted_at IS NULL ORDER BY processed_at DESC LIMIT 1000) AS latest
    HAVING count(*) >= 20
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A shelf, and when its costs, and its largest cart, were read."""

    shelf: Shelf
    costs_read: float


def held(shop_id: int, before: Held | None) -> Held | None:
    """Read a shop's offers anew; nothing where none runs. Costs are taken over from before while they are young."""
    shop = Shop.objects.only("currency", "timezone").get(pk=shop_id)
    week = week_of(timezone.now().astimezone(shop.zone).date())
    with connection.cursor() as cursor:
        cursor.execute(RUNNING, {"shop": shop_id, "week": week})
        offers = tuple(on_offer(row) for row in cursor.fetchall())
    if not offers:
        return None
    share = float(ShopSettings.of(shop_id).cost_share)
    is_young = before is not None and time.monotonic() - before.costs_read < COSTS_EVERY
    if before is not None and is_young:
        return Held(Shelf(shop.currency, share, offers, before.shelf.costs, before.shelf.largest), before.costs_read)
    return Held(Shelf(shop.currency, share, offers, costs_of(shop_id), largest_of(shop_id)), time.monotonic())


def on_offer(row: tuple[Any, ...]) -> OnOffer:
    """Make an offer of a row of RUNNING."""
    number, kind, rules, starts, ends, floor, cost, percent, threshold, product, variant, price, *rest = row
    left_minor, left_times, code_state, shown, accepted, code, message, name = rest
    rules = whom.read(json.loads(rules))
    is_lost = kind == Offer.Kind.CODE and code_state in Offer.GIVES_NOTHING
    return OnOffer(
        number, kind, rules, starts, ends, floor, cost, float(percent), threshold, product, variant, price,
        left_minor, left_times, is_lost, shown, accepted, code, message, name,
    )  # fmt: skip


def largest_of(shop_id: int) -> int | None:
    """Return the largest cart that is believed: ten usual orders, or the largest of the latest; of few, nothing."""
    with connection.cursor() as cursor:
        cursor.execute(LARGEST, [shop_id])
        row = cursor.fetchone()
        return row[0] if row else None


def costs_of(shop_id: int) -> Costs:
    """Read what variants cost, where the shop says so."""
    known = Variant.objects.for_shop(shop_id).filter(deleted_at=None).exclude(unit_cost_minor=None)
    pairs = known.values_list("shopify_id", "unit_cost_minor").iterator(5000)
    return Costs((variant, cost) for variant, cost in pairs if cost is not None)
