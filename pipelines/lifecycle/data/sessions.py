"""What one visitor does without half an hour's rest is one session: where it is learned from and where it is counted.

An order ends none: the page of thanks that follows it is of the same visit.
"""

from __future__ import annotations

from datetime import timedelta

from pipelines.models import StorefrontEvent

Kind = StorefrontEvent.Kind
REST = timedelta(minutes=30)  # as Google Analytics ends a session
# What nobody does who is not in checkout, as SQL lists it.
IN_CHECKOUT = ", ".join(
    f"'{kind}'" for kind in (Kind.CHECKOUT_STARTED, *StorefrontEvent.STEPS, Kind.CHECKOUT_COMPLETED)
)


def numbered(*, since: str = "%(since)s", until: str = "%(until)s", only: str = "true") -> str:
    """Return two common table expressions of a shop's events in a span, of which `sessions` numbers each one's session.

    `rest` and `shop` are parameters; `only` is a condition on the event `e`.
    """
    return f"""
    told AS (
        SELECT e.*, lag(e.at) OVER (PARTITION BY e.unit ORDER BY e.at, e.id) AS before
        FROM pipelines_storefrontevent e
        WHERE e.shop_id = %(shop)s AND e.at >= {since} AND e.at < {until} AND {only}),
    sessions AS (
        SELECT t.*, count(*) FILTER (WHERE before IS NULL OR at - before > %(rest)s)
            OVER (PARTITION BY unit ORDER BY at, id) AS session
        FROM told t)"""
