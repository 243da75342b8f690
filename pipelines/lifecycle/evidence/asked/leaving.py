"""Checkouts that are likely to be lost: told to Shopify Flow, each once, where the merchant set below which chance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from pipelines import words
from pipelines.lifecycle.alerts import messages, outbox
from pipelines.lifecycle.evidence.asked import underway
from pipelines.models import Shop, ShopSettings

AT_ONCE = 500  # in a pass: the next one takes the rest
FOUND = f"""
    SELECT c.key, c.score, c.at, v.number, c.minor FROM ({underway.CHECKOUTS}) AS c
    LEFT JOIN pipelines_modelversion v ON v.id = c.version_id
    WHERE c.score < %(limit)s AND NOT EXISTS (
        SELECT FROM pipelines_alertdelivery d WHERE d.shop_id = %(shop)s AND d.checkout_key = c.key)
    ORDER BY c.at, c.key LIMIT {AT_ONCE}
"""


def tell(shop: Shop, use_case: str, now: datetime) -> int:
    """Have Flow told of the checkouts in progress that fell below the merchant's chance; return how many were new."""
    limit = ShopSettings.of(shop).lost_below
    if limit is None or not underway.are_told(use_case):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(FOUND, underway.facts(shop, use_case, now) | {"limit": limit / 100})
        found = cursor.fetchall()
    each = {key: facts(shop, limit, underway.Underway(0, underway.CHECKOUT, str(key), *rest)) for key, *rest in found}
    return outbox.put_lost(shop, each, now) if each else 0


def facts(shop: Shop, limit: int, one: underway.Underway) -> dict[str, Any]:
    """Say what is known of a checkout, as extensions/flow-checkout declares it: nothing of a person."""
    return {
        "checkout": underway.pseudonym(shop, one),
        "chance": round(100 * one.chance, 1),
        "limit": float(limit),
        "scoredAt": one.at.isoformat(timespec="seconds"),
        "version": one.version,
        "atStake": None if one.minor is None else float(words.to_major(one.minor, shop.currency)),
        "currency": shop.currency,
        "url": messages.page_of(shop, ""),
    }
