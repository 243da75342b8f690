"""What was decided and what came of it within a day, as the frames read it; a day that is not over tells nothing.

A decision is known for good where the shop's last complete day holds all of the 24 hours after it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import DateField, DateTimeField, Field, FloatField, IntegerField, TextField
from django.db.models.expressions import RawSQL

D, OFFER = "pipelines_offerdecision", "pipelines_offer"
ZONE = f"(SELECT timezone FROM pipelines_shop WHERE id = {D}.shop_id)"
LOCAL = f"({D}.at AT TIME ZONE {ZONE})"
VISITOR = f"('x' || substr(encode({D}.unit, 'hex'), 1, 15))::bit(60)::bigint"
# The order of the checkout, or of the shopper, within the day after; of several the first. An order that several
# decisions could have is the newest one's: whoever asks often would be paid often else.
ORDER = f"""
    SELECT placed.shopify_id FROM pipelines_order placed
    WHERE placed.shop_id = {D}.shop_id AND placed.processed_at >= {D}.at
        AND placed.processed_at < {D}.at + interval '1 day'
        AND NOT placed.is_test AND placed.cancelled_at IS NULL AND placed.deleted_at IS NULL
        AND (placed.checkout_key = {D}.checkout_key OR placed.unit = {D}.unit)
        AND NOT EXISTS (
            SELECT FROM {D} newer
            WHERE newer.shop_id = {D}.shop_id AND newer.at <= placed.processed_at
                AND (newer.at, newer.id) > ({D}.at, {D}.id) AND newer.why_not = '' AND newer.eligible <> '{{}}'
                AND (newer.checkout_key = placed.checkout_key OR newer.unit = placed.unit))
    ORDER BY placed.processed_at, placed.id LIMIT 1
"""
ACCEPTED = f"""
    SELECT FROM pipelines_offerreservation r
    WHERE r.decision = {D}.decision AND r.accepted_at < {D}.at + interval '1 day'
"""
# What its lines brought less what they cost; what the code took off is gone from them, what else was given is not.
EARNED = f"""
    coalesce((
        SELECT sum(l.price_minor * l.quantity - l.discount_minor
            - l.quantity * coalesce(v.unit_cost_minor, l.price_minor * coalesce(s.cost_share, 0.5)))
        FROM pipelines_orderline l
        LEFT JOIN pipelines_variant v ON v.shop_id = l.shop_id AND v.shopify_id = l.variant_id
        LEFT JOIN pipelines_shopsettings s ON s.shop_id = l.shop_id
        WHERE l.shop_id = {D}.shop_id AND l.order_id = ({ORDER}) AND NOT l.is_gift_card), 0)
    - coalesce((
        SELECT sum(coalesce(r.paid_minor, r.cost_minor))
        FROM pipelines_offerreservation r JOIN pipelines_offer given ON given.id = r.offer_id
        WHERE r.decision = {D}.decision AND r.accepted_at IS NOT NULL AND given.kind <> 'code'
            AND EXISTS ({ORDER})), 0)
"""
GIVEN = f"""
    coalesce((
        SELECT sum(coalesce(r.paid_minor, r.cost_minor)) FROM pipelines_offerreservation r
        WHERE r.decision = {D}.decision AND r.accepted_at IS NOT NULL AND EXISTS ({ORDER})), 0)
"""
# What an offer would have earned where it could be seen, on average of four weeks.
MARGIN = f"""
    SELECT avg(seen.margin) FROM pipelines_offerdecision d, unnest(d.eligible, d.margins) AS seen(id, margin)
    WHERE d.shop_id = {OFFER}.shop_id AND d.at >= %s::timestamptz - interval '28 days' AND seen.id = {OFFER}.id
"""


def outcomes(last_day: date) -> dict[str, RawSQL]:
    """Give the columns of the frame `decisions` that are no columns of the table."""
    known = f"CASE WHEN {LOCAL} < %s::date THEN ({{}})::float8 END"
    came = {"accepted": f"EXISTS ({ACCEPTED})::int", "ordered": f"(({ORDER}) IS NOT NULL)::int", "profit": EARNED}
    came["given"] = GIVEN
    return {
        "ds": column(f"{LOCAL}::date", DateField()),
        "local": column(LOCAL, DateTimeField()),
        "visitor": column(VISITOR, IntegerField()),
        "is_held_out": column(f"({D}.arm = 'held_out')::int", IntegerField()),
        "eligible_text": column(f"array_to_string({D}.eligible, ',')", TextField()),
        "margins_text": column(f"array_to_string({D}.margins, ',')", TextField()),
    } | {name: column(known.format(sql), FloatField(), last_day) for name, sql in came.items()}


def of_offers(moment: datetime) -> dict[str, RawSQL]:
    """Give the columns of the frame `offers` that are no columns of the table."""
    is_live = column(f"({OFFER}.state = 'live')::int", IntegerField())
    since = column(f"({OFFER}.terms_at AT TIME ZONE {ZONE.replace(D, OFFER)})::date", DateField())
    return {"margin": column(f"({MARGIN})::float8", FloatField(), moment), "is_live": is_live, "since": since}


def column(sql: str, kind: Field[Any, Any], *values: Any) -> RawSQL:
    """Make a column of our own text."""
    return RawSQL(sql, values, output_field=kind)  # noqa: S611
