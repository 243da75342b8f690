"""Who is on a visit or in checkout now, and what was said of each last: for pages, and for tools of the merchant's own.

A checkout is underway for an hour unless it is finished, a visit until it rests, orders or begins a checkout. Of who
wants no decisions made about them nothing is told. What lies in a cart is told in the shop's own currency alone.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from pipelines.lifecycle.data import sessions
from pipelines.models import Shop, StorefrontEvent
from pipelines.usecases import USE_CASES

A_WHILE = timedelta(hours=1)  # after which nobody is called in checkout any more
SESSION, CHECKOUT = "session", "checkout"
Kind = StorefrontEvent.Kind
OBJECTS = "SELECT FROM pipelines_optout out WHERE out.shop_id = %(shop)s AND out.unit = {unit}"
SAID = """
    FROM pipelines_predictionlog l
    WHERE l.shop_id = %(shop)s AND l.use_case = %(use_case)s AND l.at >= %(since)s AND l.is_shown
        AND l.score IS NOT NULL AND l.features ->> 'of' ="""
CHECKOUTS = f"""
    SELECT o.key, o.minor, said.id AS said, said.score, said.at, said.version_id FROM (
        SELECT b.key, max(b.minor) AS minor, array_agg(b.unit) AS units FROM (
            SELECT c.shopify_id AS key, c.token_digest AS unit, false AS is_over,
                CASE WHEN c.currency = %(currency)s THEN c.subtotal_minor END AS minor
            FROM pipelines_checkout c
            WHERE c.shop_id = %(shop)s AND c.created_at >= %(since)s AND c.created_at <= %(now)s
                AND c.completed_at IS NULL AND c.deleted_at IS NULL
            UNION ALL
            SELECT e.checkout_key, e.unit, e.kind = '{Kind.CHECKOUT_COMPLETED}', e.value_minor
            FROM pipelines_storefrontevent e
            WHERE e.shop_id = %(shop)s AND e.at >= %(since)s AND e.at <= %(now)s
                AND e.kind IN ('{Kind.CHECKOUT_STARTED}', '{Kind.CHECKOUT_COMPLETED}')
                AND e.checkout_key IS NOT NULL) AS b
        GROUP BY b.key HAVING NOT bool_or(b.is_over)) AS o
    LEFT JOIN LATERAL (
        SELECT l.id, l.score, l.at, l.version_id {SAID} '{CHECKOUT}' AND l.unit = ANY(o.units)
        ORDER BY l.at DESC LIMIT 1) AS said ON true
    WHERE NOT EXISTS (SELECT FROM pipelines_order p WHERE p.shop_id = %(shop)s AND p.checkout_key = o.key)
        AND NOT EXISTS ({OBJECTS.format(unit="ANY(o.units)")})
"""
VISITS = f"""
    SELECT s.unit, (s.features ->> 'value')::numeric::bigint AS minor, s.id AS said, s.score, s.at, s.version_id FROM (
        SELECT DISTINCT ON (l.unit) l.* {SAID} '{SESSION}' ORDER BY l.unit, l.at DESC) AS s
    WHERE EXISTS (
            SELECT FROM pipelines_storefrontevent e
            WHERE e.shop_id = %(shop)s AND e.unit = s.unit AND e.at > %(rested)s AND e.at <= %(now)s)
        AND NOT EXISTS (
            SELECT FROM pipelines_storefrontevent e
            WHERE e.shop_id = %(shop)s AND e.unit = s.unit AND e.at >= s.at
                AND e.kind IN ({sessions.IN_CHECKOUT}))
        AND NOT EXISTS (
            SELECT FROM pipelines_order p
            WHERE p.shop_id = %(shop)s AND p.unit = s.unit AND p.processed_at >= s.at)
        AND NOT EXISTS ({OBJECTS.format(unit="s.unit")})
"""
BOTH = f"""
    SELECT u.said, u.of, u.who, u.score, u.at, v.number, u.minor FROM (
        SELECT c.said, '{CHECKOUT}' AS of, c.key::text AS who, c.score, c.at, c.version_id, c.minor
        FROM ({CHECKOUTS}) AS c
        UNION ALL
        SELECT v.said, '{SESSION}', encode(v.unit, 'hex'), v.score, v.at, v.version_id, v.minor
        FROM ({VISITS}) AS v) AS u
    LEFT JOIN pipelines_modelversion v ON v.id = u.version_id
    WHERE u.said > %(after)s ORDER BY u.said LIMIT %(most)s
"""


@dataclass(frozen=True)
class Underway:
    """One visit or checkout, with the last chance that was said of it."""

    said: int  # the row of the log
    of: str
    who: str  # its unit or key; no tool is told it
    chance: float
    at: datetime
    version: int | None  # its number
    minor: int | None  # in the cart


def are_told(use_case: str) -> bool:
    """Tell whether a use case says chances of visits and checkouts that are open."""
    case = USE_CASES.get(use_case)
    return bool(case and case.asks and case.monitored and case.monitored.says == "chances")


def of(shop: Shop, use_case: str, now: datetime, *, after: int = 0, most: int) -> list[Underway]:
    """List those of whom something was said, in the order in which it was, from after a row of the log on."""
    with connection.cursor() as cursor:
        cursor.execute(BOTH, facts(shop, use_case, now) | {"after": after, "most": most})
        return [Underway(*row) for row in cursor.fetchall()]


def facts(shop: Shop, use_case: str, now: datetime) -> dict[str, Any]:
    """Give what the statements are asked with."""
    told = {"shop": shop.pk, "currency": shop.currency, "use_case": use_case, "now": now}
    return told | {"since": now - A_WHILE, "rested": now - sessions.REST}


def pseudonym(shop: Shop, each: Underway) -> str:
    """Name a checkout, or for a day a visitor, so that rows of the same are known; it opens no door of ours."""
    day = f"{each.at:%Y-%m-%d}" if each.of == SESSION else ""
    about = f"underway|{shop.pk}|{each.of}|{each.who}|{day}"
    return hmac.digest(settings.SECRET_KEY.encode(), about.encode(), "sha256")[:16].hex()
