"""What offers may cost: reserved when shown (`blocks`), accepted, spent when the order comes, released when none comes.

Each is one statement. An offer's spending is one row. Who changes several of these rows locks them in one order first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from pipelines.models.usecases.offers import blocks

LOOKED_BACK = timedelta(days=7)  # for orders of what was accepted; as long it stays reserved
AT_ONCE = 5000  # reservations of one statement
PASSES = 20  # statements of one kind, each minute

# Known for learning also where it was released meanwhile; then its order is spent when it comes, and reserved no more.
# Of one offer a checkout, or a shopper, accepts one at a time. Without a checkout nothing is held longer by it.
ACCEPT = """
    WITH told AS (
        SELECT t.shop, t.decision, t.picked, min(t.at) AS at
        FROM json_to_recordset(%s::json) AS t(shop bigint, decision uuid, picked bigint, at timestamptz)
        GROUP BY 1, 2, 3),
    asked AS (
        SELECT r.id, r.offer_id, r.checkout_key, d.unit, told.at
        FROM told JOIN pipelines_offerreservation r ON r.decision = told.decision AND r.shop_id = told.shop
            AND r.offer_id = coalesce(told.picked, r.offer_id)
        LEFT JOIN pipelines_offerdecision d ON d.decision = r.decision
        WHERE r.accepted_at IS NULL AND told.at <= r.expires_at AND r.state IN ('held', 'released')),
    alone AS (
        SELECT id, at FROM asked
        WHERE NOT EXISTS (
            SELECT FROM asked other WHERE other.offer_id = asked.offer_id AND other.id < asked.id
                AND (other.checkout_key = asked.checkout_key OR other.unit = asked.unit))
        AND NOT EXISTS (
            SELECT FROM pipelines_offerreservation other WHERE other.offer_id = asked.offer_id
                AND other.state = 'accepted' AND other.checkout_key = asked.checkout_key)
        AND NOT EXISTS (
            SELECT FROM pipelines_offerdecision d JOIN pipelines_offerreservation other ON other.decision = d.decision
            WHERE d.unit = asked.unit AND other.offer_id = asked.offer_id AND other.state = 'accepted')),
    moved AS (
        UPDATE pipelines_offerreservation r SET accepted_at = alone.at,
            state = CASE r.state WHEN 'held' THEN 'accepted' ELSE r.state END,
            expires_at = CASE WHEN r.state = 'held' AND r.checkout_key IS NOT NULL
                THEN alone.at + interval '7 days' ELSE r.expires_at END
        FROM alone WHERE r.id = alone.id AND r.accepted_at IS NULL
        RETURNING r.shop_id, r.offer_id, r.version_id)
    INSERT INTO pipelines_offertally AS held (shop_id, offer_id, version_id, shown, accepted)
    SELECT shop_id, offer_id, version_id, 0, count(*) FROM moved GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT (offer_id, version_id) DO UPDATE SET accepted = held.accepted + excluded.accepted
"""
# An order of the same checkout, or of the same shopper, placed after that: what is shown beside an order was not its.
# An order pays for one reservation of an offer: that of its checkout, else the newest; the others end in their time.
# What it costs is what the merchant states, of the order as it was paid: its cart may have grown since, or shrunk.
PAID = """
    SELECT DISTINCT ON (id) id, order_id, paid FROM (
        SELECT DISTINCT ON (r.offer_id, o.id) r.id, o.shopify_id AS order_id, o.processed_at,
            f.cost_minor + ceil(f.cost_percent / 100 * (
                o.subtotal_minor + CASE f.kind WHEN 'code' THEN o.discounts_minor ELSE 0 END))::bigint AS paid
        FROM pipelines_offerreservation r JOIN pipelines_offer f ON f.id = r.offer_id
        LEFT JOIN pipelines_offerdecision d ON d.decision = r.decision
        JOIN pipelines_order o ON o.shop_id = r.shop_id AND o.processed_at >= r.at AND (
            o.checkout_key = r.checkout_key OR (o.unit <> '' AND o.unit = d.unit))
        WHERE r.accepted_at > %(since)s AND r.state <> 'spent'
            AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
            AND NOT EXISTS (
                SELECT FROM pipelines_offerreservation paid
                WHERE paid.offer_id = r.offer_id AND paid.order_id = o.shopify_id)
        ORDER BY r.offer_id, o.id, coalesce(o.checkout_key = r.checkout_key, false) DESC, r.at DESC, r.id DESC) AS pair
    ORDER BY id, processed_at LIMIT %(most)s
"""
# What was paid by an order that was cancelled since.
CANCELLED = """
    SELECT r.id, NULL::bigint AS order_id, NULL::bigint AS paid FROM pipelines_offerreservation r
    JOIN pipelines_order o ON o.shop_id = r.shop_id AND o.shopify_id = r.order_id
    WHERE r.state = 'spent' AND r.settled_at > %(since)s AND (o.cancelled_at IS NOT NULL OR o.deleted_at IS NOT NULL)
    ORDER BY r.id LIMIT %(most)s
"""
# Of each shop the oldest first: a shop of which very much is over keeps no other waiting.
OVER = """
    SELECT id, NULL::bigint AS order_id, NULL::bigint AS paid FROM (
        SELECT r.id, row_number() OVER (PARTITION BY r.shop_id ORDER BY r.expires_at, r.id) AS turn
        FROM pipelines_offerreservation r
        WHERE r.expires_at <= %(now)s AND r.state IN ('held', 'accepted')) AS waiting
    ORDER BY turn, id LIMIT %(most)s
"""
# What was reserved is so no more; `spends` is 1 where it is spent instead, -1 where what was spent comes back.
MOVE = """
    WITH due AS MATERIALIZED ({which}),
    locked AS MATERIALIZED (
        SELECT s.id FROM pipelines_offerspend s WHERE s.offer_id IN (
            SELECT r.offer_id FROM pipelines_offerreservation r JOIN due ON due.id = r.id)
        ORDER BY s.id FOR UPDATE),
    before AS MATERIALIZED (
        SELECT r.id, r.state, r.paid_minor, due.order_id, due.paid
        FROM pipelines_offerreservation r JOIN due ON due.id = r.id
        WHERE (SELECT count(*) FROM locked) >= 0 ORDER BY r.id FOR UPDATE OF r),
    moved AS (
        UPDATE pipelines_offerreservation r SET
            state = %(state)s, settled_at = %(now)s, order_id = before.order_id, paid_minor = before.paid
        FROM before WHERE r.id = before.id AND before.state = ANY(%(from)s)
        RETURNING r.offer_id, r.cost_minor, r.week, coalesce(before.paid, before.paid_minor, r.cost_minor) AS spent,
            (before.state IN ('held', 'accepted'))::int AS was_reserved),
    sums AS (
        SELECT offer_id, sum(spent) AS spent, sum(cost_minor * was_reserved) AS freed,
            array_agg(week) AS spent_weeks, array_agg(week) FILTER (WHERE was_reserved = 1) AS freed_weeks
        FROM moved GROUP BY offer_id)
    UPDATE pipelines_offerspend s SET
        reserved_minor = s.reserved_minor - sums.freed,
        spent_minor = s.spent_minor + %(spends)s * sums.spent,
        week_reserved = s.week_reserved - (SELECT count(*) FROM unnest(sums.freed_weeks) w WHERE w = s.week),
        week_spent = s.week_spent + %(spends)s * (SELECT count(*) FROM unnest(sums.spent_weeks) w WHERE w = s.week)
    FROM sums WHERE s.offer_id = sums.offer_id
    RETURNING (SELECT count(*) FROM due)
"""


def settle(now: datetime) -> None:
    """Give back what was paid and cancelled, count as spent what was paid, and release the rest in time; once each."""
    blocks.give_back(now)
    facts: dict[str, Any] = {"now": now, "since": now - LOOKED_BACK}
    move(CANCELLED, facts | {"state": "released", "from": ["spent"], "spends": -1})
    move(PAID, facts | {"state": "spent", "from": ["accepted", "released"], "spends": 1})
    move(OVER, facts | {"state": "released", "from": ["held", "accepted"], "spends": 0})


def move(which: str, facts: dict[str, Any]) -> None:
    """Move what is due, in several statements where it is very much."""
    for _ in range(PASSES):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(MOVE.format(which=which), facts | {"most": AT_ONCE})
            row = cursor.fetchone()
        if row is None or row[0] < AT_ONCE:
            return
