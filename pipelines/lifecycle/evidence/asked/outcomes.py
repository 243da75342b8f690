"""Whether an order came of a unit that was answered: a visitor, or a checkout."""

from __future__ import annotations

COUNTS = "NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL"


def came(answer: str, within: str) -> str:
    """Return the condition that an order came of a row of the log within a time; its shop is a parameter.

    An order is a visitor's by the mark in the cart, or, where a shop has no block of ours, by the checkout that the
    visitor's browser began. A checkout's unit is the digest of its token, by which its order is known, too.
    """
    in_time = f"o.processed_at >= {answer}.at AND o.processed_at < {answer}.at + {within} AND {COUNTS}"
    orders = f"SELECT FROM pipelines_order o WHERE o.shop_id = %(shop)s AND {in_time}"
    key = f"('x' || substr(encode({answer}.unit, 'hex'), 1, 15))::bit(60)::bigint"
    begun = f"""SELECT FROM pipelines_storefrontevent e
        JOIN pipelines_order o ON o.shop_id = e.shop_id AND o.checkout_key = e.checkout_key
        WHERE e.shop_id = %(shop)s AND e.unit = {answer}.unit AND e.checkout_key IS NOT NULL AND {in_time}"""
    return (
        f"(EXISTS ({orders} AND o.unit = {answer}.unit) OR EXISTS ({orders} AND o.checkout_key = {key})"
        f" OR EXISTS ({begun}))"
    )
