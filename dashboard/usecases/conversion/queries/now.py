"""Who is in checkout now, and how many of them are likely to leave, by what was said of each last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from dashboard.usecases.conversion.queries.chances import SLUG
from pipelines.lifecycle.evidence.asked import underway
from pipelines.models import Shop

HALF = 0.5
COUNT = f"""
    SELECT count(*), count(o.score), count(*) FILTER (WHERE o.score < {HALF}),
        coalesce(sum(o.minor), 0)::bigint, coalesce(sum(o.minor) FILTER (WHERE o.score < {HALF}), 0)::bigint
    FROM ({underway.CHECKOUTS}) AS o
"""


@dataclass(frozen=True)
class Now:
    """Checkouts that began within the hour and are not finished."""

    shoppers: int
    scored: int
    leaving: int
    minor: int
    leaving_minor: int


def in_checkout(shop: Shop, now: datetime) -> Now:
    """Count who is in checkout now."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, underway.facts(shop, SLUG, now))
        return Now(*cursor.fetchone())
