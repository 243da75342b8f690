"""What offers may cost: reserved when shown, accepted, spent when the order comes, released when none comes.

Each is one statement. An offer's spending is one row, and its update says in its own condition that there is enough:
checkouts that come at once wait for each other there, for a moment, and none takes what another has taken. Who changes
several of these rows locks them in one order first.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

HELD_FOR = timedelta(minutes=60)  # that a shopper may take to accept what is shown
ACCEPTED_FOR = timedelta(days=3)  # that the order may take after that
LOOKED_BACK = timedelta(days=7)  # for orders of what was accepted
AT_ONCE = 5000  # reservations of one statement

# Sent with what it limits, as one text: PostgreSQL takes such a text as one transaction, in one round trip.
IN_TIME = "SET LOCAL statement_timeout = 100; SET LOCAL lock_timeout = 80;"
RESERVE = """
    WITH earlier AS (
        SELECT offer_id FROM pipelines_offerreservation
        WHERE decision = %(decision)s::uuid AND shop_id = %(shop)s AND state = 'held' AND expires_at > %(at)s),
    taken AS (
        UPDATE pipelines_offerspend s SET
            reserved_minor = s.reserved_minor + %(cost)s,
            week = greatest(s.week, %(week)s),
            week_reserved = CASE WHEN s.week >= %(week)s THEN s.week_reserved ELSE 0 END + 1,
            week_spent = CASE WHEN s.week >= %(week)s THEN s.week_spent ELSE 0 END
        FROM pipelines_offer o
        WHERE o.id = s.offer_id AND o.id = %(offer)s AND o.shop_id = %(shop)s AND o.state = 'live'
            AND NOT EXISTS (SELECT FROM earlier)
            AND coalesce(o.starts_at <= %(at)s, true) AND coalesce(o.ends_at > %(at)s, true)
            AND coalesce(s.reserved_minor + s.spent_minor + %(cost)s <= o.budget_minor, true)
            AND coalesce(
                CASE WHEN s.week >= %(week)s THEN s.week_reserved + s.week_spent ELSE 0 END < o.weekly_cap, true)
        RETURNING s.offer_id, s.week),
    reserved AS (
        INSERT INTO pipelines_offerreservation (
            shop_id, offer_id, decision, version_id, checkout_key, cost_minor, week, state, at, expires_at)
        SELECT %(shop)s, offer_id, %(decision)s::uuid, %(version)s::bigint,
            %(checkout)s::bigint, %(cost)s, week, 'held', %(at)s, %(until)s
        FROM taken RETURNING offer_id, version_id),
    counted AS (
        INSERT INTO pipelines_offertally AS held (shop_id, offer_id, version_id, shown, accepted)
        SELECT %(shop)s, offer_id, version_id, 1, 0 FROM reserved
        ON CONFLICT (offer_id, version_id) DO UPDATE SET shown = held.shown + 1
        RETURNING offer_id)
    SELECT offer_id FROM earlier UNION ALL SELECT offer_id FROM counted
"""
# Known for learning also where it was released meanwhile; then its order is spent when it comes, and reserved no more.
ACCEPT = """
    WITH told AS (
        SELECT t.shop, t.decision, min(t.at) AS at
        FROM json_to_recordset(%s::json) AS t(shop bigint, decision uuid, at timestamptz) GROUP BY 1, 2),
    moved AS (
        UPDATE pipelines_offerreservation r SET accepted_at = told.at,
            state = CASE r.state WHEN 'held' THEN 'accepted' ELSE r.state END,
            expires_at = CASE r.state WHEN 'held' THEN told.at + interval '3 days' ELSE r.expires_at END
        FROM told WHERE r.decision = told.decision AND r.shop_id = told.shop AND r.accepted_at IS NULL
            AND told.at <= r.expires_at AND r.state IN ('held', 'released')
        RETURNING r.shop_id, r.offer_id, r.version_id)
    INSERT INTO pipelines_offertally AS held (shop_id, offer_id, version_id, shown, accepted)
    SELECT shop_id, offer_id, version_id, 0, count(*) FROM moved GROUP BY 1, 2, 3 ORDER BY 2, 3
    ON CONFLICT (offer_id, version_id) DO UPDATE SET accepted = held.accepted + excluded.accepted
"""
# An order of the same checkout, or of the same shopper, placed after that: what is shown beside an order was not its.
PAID = """
    SELECT r.id FROM pipelines_offerreservation r
    WHERE r.accepted_at > %(since)s AND r.state <> 'spent' AND EXISTS (
        SELECT FROM pipelines_order o
        WHERE o.shop_id = r.shop_id AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL
            AND o.processed_at >= r.at AND (
                o.checkout_key = r.checkout_key
                OR (o.unit <> '' AND o.unit = (
                    SELECT d.unit FROM pipelines_offerdecision d WHERE d.decision = r.decision))))
    ORDER BY r.id LIMIT %(most)s
"""
OVER = """
    SELECT r.id FROM pipelines_offerreservation r
    WHERE r.expires_at <= %(now)s AND r.state IN ('held', 'accepted') ORDER BY r.expires_at, r.id LIMIT %(most)s
"""
# What was reserved is so no more; `spends` is 1 where it is spent instead. What was released before is only spent.
MOVE = """
    WITH due AS MATERIALIZED ({which}),
    locked AS MATERIALIZED (
        SELECT s.id FROM pipelines_offerspend s WHERE s.offer_id IN (
            SELECT r.offer_id FROM pipelines_offerreservation r JOIN due ON due.id = r.id)
        ORDER BY s.id FOR UPDATE),
    before AS MATERIALIZED (
        SELECT r.id, r.state FROM pipelines_offerreservation r JOIN due ON due.id = r.id
        WHERE (SELECT count(*) FROM locked) >= 0 ORDER BY r.id FOR UPDATE OF r),
    moved AS (
        UPDATE pipelines_offerreservation r SET state = %(state)s, settled_at = %(now)s
        FROM before WHERE r.id = before.id AND before.state = ANY(%(from)s)
        RETURNING r.offer_id, r.cost_minor, r.week, (before.state <> 'released')::int AS was_reserved),
    sums AS (
        SELECT offer_id, sum(cost_minor) AS spent, sum(cost_minor * was_reserved) AS freed,
            array_agg(week) AS spent_weeks, array_agg(week) FILTER (WHERE was_reserved = 1) AS freed_weeks
        FROM moved GROUP BY offer_id)
    UPDATE pipelines_offerspend s SET
        reserved_minor = s.reserved_minor - sums.freed,
        spent_minor = s.spent_minor + %(spends)s * sums.spent,
        week_reserved = s.week_reserved - (SELECT count(*) FROM unnest(sums.freed_weeks) w WHERE w = s.week),
        week_spent = s.week_spent + %(spends)s * (SELECT count(*) FROM unnest(sums.spent_weeks) w WHERE w = s.week)
    FROM sums WHERE s.offer_id = sums.offer_id
"""


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def settle(now: datetime) -> None:
    """Count as spent what was accepted and paid for; then release what was not, in time. Twice is as once."""
    with transaction.atomic(), connection.cursor() as cursor:
        spent: dict[str, Any] = {
            "state": "spent",
            "from": ["accepted", "released"],
            "spends": 1,
            "since": now - LOOKED_BACK,
        }
        cursor.execute(MOVE.format(which=PAID), spent | {"now": now, "most": AT_ONCE})
        freed: dict[str, Any] = {"state": "released", "from": ["held", "accepted"], "spends": 0}
        cursor.execute(MOVE.format(which=OVER), freed | {"now": now, "most": AT_ONCE})
