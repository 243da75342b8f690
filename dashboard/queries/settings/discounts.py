"""The sales that a shop has planned at Shopify, in words, and whether they may be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from pipelines import words
from pipelines.lifecycle.storefront.sales import SCOPE
from pipelines.models import PlannedDiscount, Shop

SHOWN = 5


@dataclass(frozen=True)
class AtShopify:
    """Hold what is planned at Shopify; without leave, which one it takes."""

    scope: str
    is_allowed: bool
    sales: list[str]


def at_shopify(shop: Shop, now: datetime) -> AtShopify:
    """List the discounts that are not over, the next one first."""
    rows = PlannedDiscount.objects.for_shop(shop).filter(Q(ends_at=None) | Q(ends_at__gt=now)).order_by("starts_at")
    return AtShopify(SCOPE, shop.has_scope(SCOPE), [told(row, shop, now) for row in rows[:SHOWN]])


def told(row: PlannedDiscount, shop: Shop, now: datetime) -> str:
    """Say one discount with its days."""
    today, first = (moment.astimezone(shop.zone).date() for moment in (now, row.starts_at))
    what = "all products" if row.product_ids is None else words.counted(len(row.product_ids), "product")
    off = f"{round(100 * row.share_off)} % off {what}"
    if row.ends_at is None:
        return f"{off}, from {words.short_day(first, today)} on"
    last = (row.ends_at.astimezone(shop.zone) - timedelta(seconds=1)).date()
    return f"{off}, {words.short_day(first, today) if first == last else words.day_range(first, last, today)}"
