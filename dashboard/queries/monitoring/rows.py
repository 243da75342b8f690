"""The stored figures of one model, read in one question out of one index, however long its history is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection

from pipelines.models import Shop

FINITE = "CASE WHEN m.{0} > '-Infinity' AND m.{0} < 'Infinity' THEN m.{0} END"  # PostgreSQL sorts NaN above all
TIMES = [f"date_part('epoch', m.{name})" for name in ("starts_at", "ends_at")]
VALUE, HIGH, RESTATED = map(FINITE.format, ("value", "high", "restated"))
READ = (*TIMES, "m.n", VALUE, HIGH, "m.verdict", RESTATED)  # the columns of a Figure
COLUMNS = ", ".join(f"json_agg({column} ORDER BY m.starts_at)" for column in READ)
OF_ONE = f"""
    SELECT w.metric, w.segment, {{number}}, found.columns
    FROM unnest(%(metrics)s::text[], %(segments)s::text[], %(sinces)s::timestamptz[]) AS w(metric, segment, since)
    {{versions}}
    CROSS JOIN LATERAL (
        SELECT json_build_array({COLUMNS})::text AS columns, count(*) AS many
        FROM pipelines_measurement m
        WHERE m.shop_id = %(shop)s AND m.use_case = %(use_case)s AND m.version_id {{whose}} AND m.release_id IS NULL
            AND m.metric = w.metric AND m.segment = w.segment AND m.starts_at >= w.since) AS found
    WHERE found.many > 0
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
        return Found({(metric, part, who): figures(read) for metric, part, who, read in cursor.fetchall()})


def figures(columns: str) -> list[Figure]:
    """Put rows together of the columns that PostgreSQL wrote."""
    return [*map(Figure, *orjson.loads(columns))]
