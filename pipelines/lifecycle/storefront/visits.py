"""How far visits went, counted hour by hour of the store: once, when an hour's orders are known, and for good.

A visit is a session. Who ordered was at the checkout, and who was there had something in the cart, whatever of it was
told. A checkout is one, whether Shopify told of it, the pixel, or both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import orjson
from django.db import connection
from django.db.models import OuterRef, Subquery

from pipelines.lifecycle.data import sessions
from pipelines.models import Shop, StorefrontEvent, VisitHour
from pipelines.stats import clock
from pipelines.stats.clock import HOUR, Span

WITHIN = timedelta(days=1)  # an order comes, else it came of something else
LATE = timedelta(hours=3)  # for orders of which we are told late
LONGEST = timedelta(hours=3)  # of a visit, beyond its hours
LOOKS_BACK = timedelta(days=28)
TOGETHER, PIECES = 6, 28  # hours that are counted in one statement, and statements of one pass
Kind = StorefrontEvent.Kind

COUNT = f"""
    WITH hours AS (
        SELECT * FROM json_to_recordset(%(hours)s::json) AS h(
            starts_at timestamptz, ends_at timestamptz, day date, hour smallint)),
{sessions.numbered(since="%(since)s - %(rest)s", until="%(until)s + %(longest)s")},
    visits AS (
        SELECT unit, min(at) AS began, max(at) AS ended,
            array_agg(checkout_key) FILTER (WHERE checkout_key IS NOT NULL) AS keys,
            bool_or(kind = '{Kind.SEARCHED}') AS searched, bool_or(kind = '{Kind.ADDED_TO_CART}') AS filled,
            bool_or(kind IN ({sessions.IN_CHECKOUT})) AS reached
        FROM sessions GROUP BY unit, session HAVING min(at) >= %(since)s AND min(at) < %(until)s),
    ended AS (
        SELECT v.began, v.searched, bought.minor, bought.minor IS NOT NULL OR v.reached AS reached,
            bought.minor IS NOT NULL OR v.reached OR v.filled AS filled
        FROM visits v LEFT JOIN LATERAL (
            SELECT o.total_minor AS minor, o.processed_at FROM pipelines_order o
            WHERE o.shop_id = %(shop)s AND o.checkout_key = ANY(v.keys)
                AND o.processed_at >= v.began AND o.processed_at < v.began + %(within)s
                AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
            UNION ALL
            SELECT o.total_minor, o.processed_at FROM pipelines_order o
            WHERE o.shop_id = %(shop)s AND o.unit = v.unit
                AND o.processed_at >= v.began AND o.processed_at <= v.ended + %(rest)s
                AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
            ORDER BY processed_at LIMIT 1) AS bought ON true),
    begun AS (
        SELECT c.shopify_id AS key, c.created_at AS at FROM pipelines_checkout c
        WHERE c.shop_id = %(shop)s AND c.created_at >= %(since)s AND c.created_at < %(until)s AND c.deleted_at IS NULL
        UNION ALL
        SELECT t.checkout_key, min(t.at) FROM told t
        WHERE t.kind = '{Kind.CHECKOUT_STARTED}' AND t.checkout_key IS NOT NULL
            AND t.at >= %(since)s AND t.at < %(until)s
            AND NOT EXISTS (
                SELECT FROM pipelines_checkout c WHERE c.shop_id = %(shop)s AND c.shopify_id = t.checkout_key)
            AND NOT EXISTS (
                SELECT FROM pipelines_storefrontevent e
                WHERE e.unit = t.unit AND e.shop_id = %(shop)s AND e.checkout_key = t.checkout_key
                    AND e.kind = '{Kind.CHECKOUT_STARTED}' AND e.at < %(since)s)
        GROUP BY t.checkout_key),
    checkouts AS (
        SELECT b.at, bought.minor FROM begun b LEFT JOIN LATERAL (
            SELECT o.total_minor AS minor FROM pipelines_order o
            WHERE o.shop_id = %(shop)s AND o.checkout_key = b.key AND o.processed_at < b.at + %(within)s
                AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
            ORDER BY o.processed_at LIMIT 1) AS bought ON true)
    INSERT INTO pipelines_visithour (
        shop_id, starts_at, day, hour, visits, searched, carts, checkouts, orders, sales_minor,
        started, finished, finished_minor)
    SELECT %(shop)s, h.starts_at, h.day, h.hour, v.visits, v.searched, v.carts, v.checkouts, v.orders, v.sales,
        c.started, c.finished, c.sales
    FROM hours h,
        LATERAL (
            SELECT count(*) AS visits, count(*) FILTER (WHERE e.searched) AS searched,
                count(*) FILTER (WHERE e.filled) AS carts, count(*) FILTER (WHERE e.reached) AS checkouts,
                count(e.minor) AS orders, coalesce(sum(e.minor), 0)::bigint AS sales
            FROM ended e WHERE e.began >= h.starts_at AND e.began < h.ends_at) AS v,
        LATERAL (
            SELECT count(*) AS started, count(b.minor) AS finished, coalesce(sum(b.minor), 0)::bigint AS sales
            FROM checkouts b WHERE b.at >= h.starts_at AND b.at < h.ends_at) AS c
    ON CONFLICT (shop_id, starts_at) DO NOTHING
"""


def countable(now: datetime) -> datetime:
    """Return until when hours are over whose orders are known."""
    return now - WITHIN - LATE


def due(now: datetime) -> Iterator[int]:
    """Yield the shops of which enough hours can be counted."""
    newest = VisitHour.objects.filter(shop=OuterRef("pk")).order_by("-starts_at").values("starts_at")[:1]
    shops = Shop.objects.installed().order_by("pk")
    known = dict(shops.annotate(newest=Subquery(newest)).values_list("pk", "newest"))
    for shop in shops:
        if countable(now) - begins_at(shop, known.get(shop.pk), now) >= TOGETHER * HOUR:
            yield shop.pk


def begins_at(shop: Shop, newest: datetime | None, now: datetime) -> datetime:
    """Return where counting goes on, or begins: with the hour in which the app came, four weeks ago at most."""
    if newest is not None:
        return clock.hour_of(newest, shop.zone).ends_at
    return clock.hour_of(max(shop.installed_at or now, now - LOOKS_BACK), shop.zone).starts_at


def count(shop: Shop, now: datetime) -> int:
    """Count the hours that can be and were not yet, so many at once; return how many that were."""
    newest = VisitHour.objects.for_shop(shop).order_by("-starts_at").values_list("starts_at", flat=True).first()
    spans = clock.hours_between(begins_at(shop, newest, now), countable(now), shop.zone)
    pieces = (list(islice(spans, TOGETHER)) for _ in range(PIECES))
    return sum(write(shop, piece) for piece in pieces if piece)


def write(shop: Shop, spans: list[Span]) -> int:
    """Count some hours that follow each other."""
    local = [span.starts_at.astimezone(shop.zone) for span in spans]
    hours = [
        {"starts_at": span.starts_at, "ends_at": span.ends_at, "day": at.date(), "hour": at.hour}
        for span, at in zip(spans, local, strict=True)
    ]
    facts: dict[str, Any] = {"shop": shop.pk, "hours": orjson.dumps(hours).decode()}
    facts |= {"since": spans[0].starts_at, "until": spans[-1].ends_at}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, facts | {"rest": sessions.REST, "longest": LONGEST, "within": WITHIN})
        return int(cursor.rowcount)
