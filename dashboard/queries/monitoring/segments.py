"""How answers do in peak hours and beside them, on weekdays and weekends: one line for each kind of hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from dashboard.queries.monitoring import verdicts
from dashboard.queries.monitoring.answers import ALLOWED, ERRORS, HALF, MOST, NEARLY_ALL
from dashboard.queries.monitoring.verdicts import Share
from dashboard.queries.monitoring.written import spanned
from dashboard.queries.words import Badge
from pipelines import words
from pipelines.models import Shop

SEGMENTS = {
    "all": "All hours",
    "peak_weekday": "Peak hours, Monday to Friday",
    "peak_weekend": "Peak hours, weekend",
    "offpeak_weekday": "Other hours, Monday to Friday",
    "offpeak_weekend": "Other hours, weekend",
}
TIMES = (HALF, MOST, NEARLY_ALL)
SHARES = (*ALLOWED, "answered_share", "availability")
HEAD = (
    "Hours", "State", "Visitors", "50, 95 and 99 of 100 within", "Met an error", "Simple answer", "Waited too long",
    "By the model, in time", "Had an answer",
)  # fmt: skip
KNOWN = "m.value <> 'NaN'"  # nor unknown
SUMMED = """
    SELECT s.segment, w.metric, found.n, found.hits, found.usual, found.is_silent
    FROM unnest(%(metrics)s::text[]) AS w(metric) CROSS JOIN unnest(%(segments)s::text[]) AS s(segment)
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(m.n) FILTER (WHERE {known}), 0)::bigint AS n,
            coalesce(sum(round(m.n * m.value)) FILTER (WHERE {known}), 0)::bigint AS hits,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value)
                FILTER (WHERE {known} AND w.metric = ANY(%(times)s)) AS usual,
            bool_or(m.verdict = 'no_data') AS is_silent
        FROM pipelines_measurement m
        WHERE m.shop_id = %(shop)s AND m.use_case = %(use_case)s AND m.version_id {whose} AND m.release_id IS NULL
            AND m.metric = w.metric AND m.segment = s.segment AND m.starts_at >= %(since)s) AS found
    WHERE found.is_silent IS NOT NULL
"""


class Sum(NamedTuple):
    """What was summed up of one figure."""

    n: int = 0
    hits: int = 0
    usual: float | None = None
    is_silent: bool = False  # in some hours nothing was heard


NOTHING = Sum()


@dataclass(frozen=True)
class Segment:
    """One kind of hour."""

    name: str
    badge: Badge
    cells: tuple[tuple[str, str], ...]  # each with its range


def segments(shop: Shop, slug: str, number: int | None, since: datetime) -> list[Segment]:
    """Sum up each kind of hour since a moment, of one version."""
    version = "(SELECT id FROM pipelines_modelversion WHERE shop_id = %(shop)s AND use_case = %(use_case)s "
    whose = "IS NULL" if number is None else f"= {version}AND number = %(number)s)"
    facts: dict[str, Any] = {"shop": shop.pk, "use_case": slug, "number": number, "since": since}
    facts |= {"metrics": [*TIMES, *SHARES], "times": [*TIMES], "segments": [*SEGMENTS]}
    with connection.cursor() as cursor:
        cursor.execute(SUMMED.format(whose=whose, known=KNOWN), facts)
        found = {(kind, metric): Sum(*summed) for kind, metric, *summed in cursor.fetchall()}
    return [segment(name, key, found) for key, name in SEGMENTS.items()] if found else []


def segment(name: str, key: str, found: dict[tuple[str, str], Sum]) -> Segment:
    """Write the line of one kind of hour."""
    summed = {metric: found.get((key, metric), NOTHING) for metric in (*TIMES, *SHARES)}
    shares = {metric: Share(summed[metric].hits, summed[metric].n) for metric in SHARES}
    badge = verdicts.BADGES[verdict_of(shares, summed[ERRORS], is_seen=(key, ERRORS) in found)]
    times = [value for metric in TIMES if (value := summed[metric].usual) is not None]
    within = f"{', '.join(words.number(max(time, 1.0)) for time in times)} ms" if times else words.UNKNOWN
    told = ((words.percent(share.value), spanned(share) if share.n else "") for share in shares.values())
    return Segment(name, badge, ((words.number(shares[ERRORS].n), ""), (within, ""), *told))


def verdict_of(shares: dict[str, Share], errors: Sum, *, is_seen: bool) -> str:
    """Say how a kind of hour went; one of which nobody was counted has a word of its own."""
    said = [shares[metric].verdict(allowed) for metric, allowed in ALLOWED.items() if shares[metric].n]
    if not said:
        silent = verdicts.NO_DATA if errors.is_silent else verdicts.QUIET
        return silent if is_seen else verdicts.UNKNOWN
    return next((each for each in (verdicts.BREACH, verdicts.INSUFFICIENT) if each in said), verdicts.OK)
