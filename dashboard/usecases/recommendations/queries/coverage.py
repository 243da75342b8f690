"""How many products have a list of their own, and how many are shown anywhere: counted where the lists lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from pipelines.models import Shop
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.usecases.recommendations.wording import BEST_SELLER, REASONS, SAME_TYPE, SIMILAR, TOGETHER

# Of the lists of products that are still there; what leads a list says where it comes from.
COUNT = """
    WITH mine AS (
        SELECT l.picks, l.reasons[1] AS led_by FROM {lists} l
        JOIN pipelines_product p ON p.shop_id = l.shop_id AND p.shopify_id = l.unit_id AND p.deleted_at IS NULL
        WHERE l.shop_id = %(shop)s AND l.kind = 'page' AND l.version_id {version} AND cardinality(l.picks) > 0)
    SELECT (SELECT count(*) FROM pipelines_product p WHERE p.shop_id = %(shop)s AND p.deleted_at IS NULL), count(*),
        count(*) FILTER (WHERE led_by = ANY(%(together)s)), count(*) FILTER (WHERE led_by = ANY(%(alike)s)),
        count(*) FILTER (WHERE led_by = ANY(%(best)s)),
        (SELECT count(DISTINCT pick) FROM mine, unnest(picks) AS pick),
        (SELECT count(*) FROM {lists} l WHERE l.shop_id = %(shop)s AND l.kind = 'again' AND l.version_id {version})
    FROM mine
"""
LED_BY = {"together": (TOGETHER,), "alike": (SIMILAR, SAME_TYPE), "best": (BEST_SELLER,)}


@dataclass(frozen=True)
class Coverage:
    """How far lists reach, in products."""

    products: int
    listed: int
    together: int
    alike: int
    best: int
    shown: int  # stand in at least one list
    returning: int = 0  # shoppers with a list of what they may buy again

    @property
    def own(self) -> int:
        """Count the lists that are more than best sellers."""
        return self.listed - self.best

    @property
    def otherwise(self) -> int:
        """Count the lists that begin with what is pinned or new."""
        return self.listed - self.together - self.alike - self.best


def coverage(shop: Shop, version: int | None) -> Coverage:
    """Count the lists of a version; nothing stands for the simple rule."""
    sql = COUNT.format(lists=RecommendationList._meta.db_table, version="= %(version)s" if version else "IS NULL")
    codes: dict[str, Any] = {name: [REASONS.index(reason) for reason in reasons] for name, reasons in LED_BY.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql, codes | {"shop": shop.pk, "version": version})
        return Coverage(*cursor.fetchone())
