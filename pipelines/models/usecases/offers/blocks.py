"""Budget by the block: a web process reserves several times of an offer at once, and hands them out from memory.

An offer's spending is one row, and a block of it is taken by one update whose condition looks at the row as it is once
nobody else holds it: blocks that are taken at once wait for each other there, for a moment, and none takes what another
has taken. Near the end of a budget a block is one time. What was handed out is written later, many at once, and what is
left of a block comes back with it. A block of a process that ended comes back once all that could have been handed out
of it would be over, too.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from django.db import connection

HELD_FOR = timedelta(minutes=60)  # that a shopper may take to accept what is shown
LOST_AFTER = HELD_FOR + timedelta(minutes=5)  # longer than a block is handed out, and what is shown of it held
SHARE = 16  # a block is so small a part of what is left

# Sent with what it limits, as one text: PostgreSQL takes such a text as one transaction, in one round trip.
IN_TIME = "SET LOCAL statement_timeout = 100; SET LOCAL lock_timeout = 80;"
# Who asks without a checkout may hold half of what is left, or one: a page's visitors are anybody.
TAKE = """
    WITH room AS MATERIALIZED (
        SELECT s.id, greatest(s.week, %(week)s) AS week, least(
            (o.budget_minor - s.reserved_minor - s.spent_minor) / nullif(%(cost)s, 0),
            o.weekly_cap - used.reserved - used.spent,
            CASE WHEN NOT %(has_checkout)s AND o.budget_minor IS NOT NULL AND %(cost)s > 0 THEN greatest(
                ((o.budget_minor - s.spent_minor) / 2 - s.reserved_minor) / nullif(%(cost)s, 0),
                (s.reserved_minor = 0)::int) END,
            CASE WHEN NOT %(has_checkout)s AND o.weekly_cap IS NOT NULL THEN greatest(
                (o.weekly_cap - used.spent) / 2 - used.reserved, (used.reserved = 0)::int) END) AS times
        FROM pipelines_offerspend s JOIN pipelines_offer o ON o.id = s.offer_id
        CROSS JOIN LATERAL (SELECT
            CASE WHEN s.week >= %(week)s THEN s.week_reserved ELSE 0 END AS reserved,
            CASE WHEN s.week >= %(week)s THEN s.week_spent ELSE 0 END AS spent) AS used
        WHERE o.id = %(offer)s AND o.shop_id = %(shop)s AND o.state = 'live'
            AND coalesce(o.starts_at <= %(at)s, true) AND coalesce(o.ends_at > %(at)s, true)
            AND coalesce(s.reserved_minor + s.spent_minor <= o.budget_minor, true)
        FOR UPDATE OF s),
    block AS (
        SELECT id, week, least(%(most)s, greatest(1, coalesce(times / %(share)s, %(most)s)))::int AS times
        FROM room WHERE coalesce(times >= 1, true)),
    taken AS (
        UPDATE pipelines_offerspend s SET
            reserved_minor = s.reserved_minor + block.times * %(cost)s,
            week = block.week,
            week_reserved = CASE WHEN s.week >= %(week)s THEN s.week_reserved ELSE 0 END + block.times,
            week_spent = CASE WHEN s.week >= %(week)s THEN s.week_spent ELSE 0 END
        FROM block WHERE s.id = block.id RETURNING block.times)
    INSERT INTO pipelines_offerblock (id, shop_id, offer_id, week, left_minor, left_times, expires_at)
    SELECT %(block)s::uuid, %(shop)s, %(offer)s, block.week, taken.times * %(cost)s, taken.times, %(until)s
    FROM taken, block RETURNING id, week, left_minor, left_times
"""
# Waits for the disk, as a block does: what was shown stays reserved whatever happens. A row without a decision ends its
# block. What is written after a block came back is reserved no more, as if it had been shown and was over since.
HAND_OUT = """
    SET LOCAL synchronous_commit = on;
    WITH told AS (
        SELECT * FROM json_to_recordset(%s::json) AS t(shop bigint, picked bigint, block uuid, week date, decision uuid,
            version bigint, checkout bigint, cost bigint, at timestamptz, until timestamptz)),
    ending AS (SELECT DISTINCT block, picked FROM told WHERE decision IS NULL),
    locked AS MATERIALIZED (
        SELECT s.id FROM pipelines_offerspend s WHERE s.offer_id IN (SELECT picked FROM ending)
        ORDER BY s.id FOR UPDATE),
    blocks AS MATERIALIZED (
        SELECT b.id, b.offer_id, b.week, b.left_minor, b.left_times FROM pipelines_offerblock b
        WHERE b.id IN (SELECT block FROM told) AND (SELECT count(*) FROM locked) >= 0 ORDER BY b.id FOR UPDATE),
    shown AS (
        SELECT DISTINCT ON (told.decision, told.picked) told.* FROM told
        JOIN pipelines_offer o ON o.id = told.picked AND o.shop_id = told.shop
        WHERE told.decision IS NOT NULL ORDER BY told.decision, told.picked, told.at),
    reserved AS (
        INSERT INTO pipelines_offerreservation (
            shop_id, offer_id, decision, version_id, checkout_key, cost_minor, week, state, at, expires_at, settled_at)
        SELECT shown.shop, shown.picked, shown.decision, shown.version, shown.checkout, shown.cost, shown.week,
            CASE WHEN blocks.id IS NULL THEN 'released' ELSE 'held' END, shown.at, shown.until,
            CASE WHEN blocks.id IS NULL THEN shown.until END
        FROM shown LEFT JOIN blocks ON blocks.id = shown.block
        ON CONFLICT (decision, offer_id) DO NOTHING RETURNING shop_id, offer_id, version_id, decision, cost_minor),
    counted AS (
        INSERT INTO pipelines_offertally AS held (shop_id, offer_id, version_id, shown, accepted)
        SELECT shop_id, offer_id, version_id, count(*), 0 FROM reserved GROUP BY 1, 2, 3 ORDER BY 2, 3
        ON CONFLICT (offer_id, version_id) DO UPDATE SET shown = held.shown + excluded.shown),
    left_over AS (
        SELECT blocks.id, blocks.offer_id, blocks.week,
            blocks.left_minor - coalesce(sum(reserved.cost_minor), 0) AS minor,
            blocks.left_times - count(reserved.decision) AS times
        FROM blocks LEFT JOIN (
            shown JOIN reserved ON reserved.decision = shown.decision AND reserved.offer_id = shown.picked)
            ON shown.block = blocks.id
        GROUP BY blocks.id, blocks.offer_id, blocks.week, blocks.left_minor, blocks.left_times),
    kept AS (
        UPDATE pipelines_offerblock b SET left_minor = left_over.minor, left_times = left_over.times
        FROM left_over WHERE b.id = left_over.id AND b.id NOT IN (SELECT block FROM ending)),
    ended AS (DELETE FROM pipelines_offerblock b USING ending WHERE b.id = ending.block),
    back AS (
        SELECT offer_id, week, minor, times FROM left_over
        WHERE id IN (SELECT block FROM ending) AND (minor > 0 OR times > 0))
"""
# What came back is reserved no more; of a week that is over no times are left.
RETURN = """
    UPDATE pipelines_offerspend s SET
        reserved_minor = s.reserved_minor - sums.minor,
        week_reserved = s.week_reserved - (
            SELECT coalesce(sum(back.times), 0) FROM back WHERE back.offer_id = s.offer_id AND back.week = s.week)
    FROM (SELECT offer_id, sum(minor) AS minor FROM back GROUP BY offer_id) AS sums WHERE s.offer_id = sums.offer_id
"""
HAND_OUT += RETURN
LOST = (
    """
    WITH locked AS MATERIALIZED (
        SELECT s.offer_id FROM pipelines_offerspend s WHERE s.offer_id IN (
            SELECT offer_id FROM pipelines_offerblock WHERE expires_at <= %(now)s)
        ORDER BY s.id FOR UPDATE),
    back AS (
        DELETE FROM pipelines_offerblock b USING locked WHERE b.offer_id = locked.offer_id AND b.expires_at <= %(now)s
        RETURNING b.offer_id, b.week, b.left_minor AS minor, b.left_times AS times)
"""
    + RETURN
)


@dataclass
class Block:
    """Times of an offer that a process may hand out, and the money that is reserved for them."""

    id: str
    week: date
    minor: int
    times: int

    def has(self, cost: int) -> bool:
        """Tell whether there is enough for one more."""
        return self.times >= 1 and self.minor >= cost

    def draw(self, cost: int) -> None:
        """Take one out."""
        self.times, self.minor = self.times - 1, self.minor - cost


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week(at: datetime, zone: tzinfo) -> date:
    """Return the week of a shop's in which something is shown."""
    return week_of(at.astimezone(zone).date())


def take(
    cursor: Any, shop: int, picked: int, week: date, cost: int, at: datetime, *, most: int, has_checkout: bool
) -> Block | None:
    """Reserve up to so many times of an offer, each at a cost; nothing where not one is left."""
    facts = {"shop": shop, "offer": picked, "week": week, "cost": cost, "at": at, "has_checkout": has_checkout}
    facts |= {"block": str(uuid.uuid4()), "until": at + LOST_AFTER, "most": most, "share": SHARE}
    cursor.execute(IN_TIME + TAKE, facts)
    row = cursor.fetchone()
    return Block(str(row[0]), *row[1:]) if row else None


def give_back(now: datetime) -> None:
    """Take back what is left of blocks whose process ended."""
    with connection.cursor() as cursor:
        cursor.execute(LOST, {"now": now})
