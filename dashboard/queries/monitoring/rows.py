"""The stored figures of one model, read in one question out of one index, however long its history is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from pipelines.models import Shop

OF_ONE = """
    SELECT w.metric, w.segment, {number}, found.rows
    FROM unnest(%(metrics)s::text[], %(segments)s::text[], %(sinces)s::timestamptz[]) AS w(metric, segment, since)
    {versions}
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array(extract(epoch FROM m.starts_at)::bigint,
            extract(epoch FROM m.ends_at)::bigint, m.n, m.value, m.high, m.verdict, m.restated) ORDER BY m.starts_at
        )::text AS rows
        FROM pipelines_measurement m
        WHERE m.shop_id = %(shop)s AND m.use_case = %(use_case)s AND m.version_id {whose} AND m.release_id IS NULL
            AND m.metric = w.metric AND m.segment = w.segment AND m.starts_at >= w.since) AS found
    WHERE found.rows IS NOT NULL
"""
NAMED = """
    CROSS JOIN (SELECT v.id, v.number FROM pipelines_modelversion v
        WHERE v.shop_id = %(shop)s AND v.use_case = %(use_case)s AND v.number = ANY(%(numbers)s)) AS v
"""
FOUND = f"""
    {OF_ONE.format(number="v.number", versions=NAMED, whose="= v.id")}
    UNION ALL {OF_ONE.format(number="NULL", versions="", whose="IS NULL")}
"""


class Wanted(NamedTuple):
    """One figure, in which segment, and since when."""

    metric: str
    segment: str
    since: datetime


class Figure(NamedTuple):
    """One figure of one window, times in seconds; None where it could not be worked out."""

    starts: int
    ends: int
    n: int
    value: float | None
    high: float | None
    verdict: str
    restated: float | None


Rows = Sequence[Figure]


@dataclass(frozen=True)
class Found:
    """The figures by metric, segment and version number; the simple rule has none."""

    by: Mapping[tuple[str, str, int | None], Rows]

    def of(self, metric: str, number: int | None, segment: str = "all") -> Rows:
        """Give the figures of one version, the oldest first."""
        return self.by.get((metric, segment, number), ())

    def but(self, metric: str, tried: int | None) -> dict[int | None, Rows]:
        """Give the figures of all, but for the version that is only tried; the simple rule has no number."""
        mine = {who: rows for (name, part, who), rows in self.by.items() if (name, part) == (metric, "all")}
        return {who: rows for who, rows in mine.items() if who is None or who != tried}


def read(shop: Shop, use_case: str, numbers: Iterable[int], wanted: Sequence[Wanted]) -> Found:
    """Read figures of some versions and of the simple rule."""
    facts: dict[str, Any] = {"shop": shop.pk, "use_case": use_case, "numbers": [*numbers]}
    facts |= {"metrics": [each.metric for each in wanted], "segments": [each.segment for each in wanted]}
    with connection.cursor() as cursor:
        cursor.execute(FOUND, facts | {"sinces": [each.since for each in wanted]})
        return Found({(metric, part, who): figures(rows) for metric, part, who, rows in cursor.fetchall()})


def figures(rows: str) -> list[Figure]:
    """Read rows as PostgreSQL wrote them; what is no finite number comes as text, and is none."""
    return [Figure(*map(known, row)) for row in orjson.loads(rows)]


def known(value: Any) -> Any:
    """Give a value, and nothing for what is no number."""
    return None if value in ("NaN", "Infinity", "-Infinity") else value
