"""What was answered on request in hours that are over: counted by units, timed by answers; and who was silent.

Of what could not be logged the units are not known: each such answer counts as a unit of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from django.db import connection

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence.exposures import ASKED
from pipelines.lifecycle.monitor.counting import OF_THE_SAME
from pipelines.stats.claims import Z

QUANTILES = {"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99}
KINDS = dict.fromkeys(["use_case", "starts_at", "ends_at"], "str") | {"segment": "object", "version_id": "float64"}
KINDS |= {f"{name}{end}": "float64" for name in QUANTILES for end in ("", "_low", "_high")}
COUNTS = ["units", "failed", "slow", "fell_back", "shown", "refused"]  # what is logged, and what is not
KINDS |= dict.fromkeys([*COUNTS, "missed", "questions", "timed", "is_new", "is_missed", "shop_id"], "int64")
KINDS |= {"expected": "float64"}

FROM_TO = "SELECT min(starts_at), max(ends_at) FROM wanted"
# A safe default where no version runs is what was meant; one whose version was meant to answer is a fallback. Only
# what a version was timed on is a time: a fallback took none of it. The rank of a range's end is normal (Conover 1999).
FIGURES = """
    WITH log AS (
        SELECT w.id, l.unit, l.milliseconds, l.outcome = 'error' AS failed, l.outcome = 'late' AS slow, l.is_shown,
            l.outcome = 'fallback' AND l.version_id IS NOT NULL AS fell_back, l.outcome IN ('answered', 'late') AS timed
        FROM wanted w
        JOIN pipelines_predictionlog l ON l.shop_id = w.shop_id AND l.use_case = w.use_case
            AND coalesce(l.version_id, 0) = coalesce(w.version_id, 0) AND l.at >= w.starts_at AND l.at < w.ends_at
        WHERE l.at >= %(since)s AND l.at < %(until)s AND l.outcome <> 'alive'),
    shares AS (
        SELECT id, count(DISTINCT unit) AS units, count(DISTINCT unit) FILTER (WHERE failed) AS failed,
            count(DISTINCT unit) FILTER (WHERE slow) AS slow,
            count(DISTINCT unit) FILTER (WHERE fell_back) AS fell_back,
            count(DISTINCT unit) FILTER (WHERE failed OR slow OR fell_back) AS missed,
            count(DISTINCT unit) FILTER (WHERE is_shown) AS shown,
            count(DISTINCT unit) FILTER (WHERE is_shown AND (failed OR fell_back)) AS refused,
            count(*) FILTER (WHERE timed) AS timed,
            array_agg(milliseconds ORDER BY milliseconds) FILTER (WHERE timed) AS ms
        FROM log GROUP BY id),
    unlogged AS (
        SELECT w.id, sum(u.answers) AS units, sum(u.answers) FILTER (WHERE u.outcome = 'error') AS failed,
            sum(u.answers) FILTER (WHERE u.outcome = 'late') AS slow,
            sum(u.answers) FILTER (WHERE u.outcome = 'fallback' AND u.version_id IS NOT NULL) AS fell_back,
            sum(u.answers) FILTER (WHERE u.outcome IN ('error', 'late')
                OR (u.outcome = 'fallback' AND u.version_id IS NOT NULL)) AS missed,
            sum(u.answers) FILTER (WHERE u.is_shown) AS shown,
            sum(u.answers) FILTER (WHERE u.is_shown AND (
                u.outcome = 'error' OR u.outcome = 'fallback' AND u.version_id IS NOT NULL)) AS refused
        FROM wanted w
        JOIN pipelines_unloggedanswers u ON u.shop_id = w.shop_id AND u.use_case = w.use_case
            AND coalesce(u.version_id, 0) = coalesce(w.version_id, 0)
            AND u.starts_at >= w.starts_at AND u.starts_at < w.ends_at
        WHERE u.starts_at >= %(since)s AND u.starts_at < %(until)s
        GROUP BY w.id)
    SELECT w.shop_id, w.use_case, w.version_id, w.starts_at, w.ends_at, w.segment, w.questions, w.is_new,
        {counts}, coalesce(t.missed, 0) + coalesce(u.missed, 0)::bigint AS missed, coalesce(t.timed, 0) AS timed,
        {quantiles}
    FROM wanted w LEFT JOIN shares t USING (id) LEFT JOIN unlogged u USING (id)
"""
# Who should have been asked: what runs, and a version that is shown to some or answers unseen.
SILENT = f"""
    WITH speakers AS (
        SELECT d.shop_id, d.use_case, d.active_id AS version_id, d.active_since AS since, 1.0 AS share
        FROM pipelines_deployment d WHERE d.use_case = ANY(%(use_cases)s)
        UNION
        SELECT r.shop_id, r.use_case, r.version_id, r.entered_at,
            CASE WHEN r.weight BETWEEN 1 AND 99 THEN r.weight / 100.0 ELSE 1.0 END
        FROM pipelines_release r
        WHERE r.use_case = ANY(%(use_cases)s) AND r.phase = ANY(%(asked)s)
            AND (r.weight > 0 OR (r.steps -> r.step ->> 'mirrors')::bool)),
    silent AS (
        SELECT p.shop_id, p.use_case, p.version_id, h.starts_at, h.ends_at, h.segment, h.past, p.share
        FROM speakers p
        JOIN hours h ON h.shop_id = p.shop_id AND h.starts_at >= coalesce(p.since, '-infinity')
        JOIN pipelines_shop s ON s.id = p.shop_id AND s.installed_at <= h.starts_at AND s.uninstalled_at IS NULL
        WHERE NOT EXISTS (SELECT FROM held WHERE {OF_THE_SAME.format(who="p", when="h")})
            AND NOT EXISTS (
                SELECT FROM counted c
                WHERE c.shop_id = p.shop_id AND c.use_case = p.use_case AND c.starts_at = h.starts_at
                    AND coalesce(c.version_id, 0) = coalesce(p.version_id, 0) AND c.questions > 0))
    SELECT q.shop_id, q.use_case, q.version_id, q.starts_at, q.ends_at, q.segment,
        coalesce(q.share * usual.units, 0) AS expected, (beats.others AND NOT beats.mine)::int AS is_missed
    FROM silent q
    CROSS JOIN LATERAL (
        SELECT sum(w.units)::float8 / nullif(count(DISTINCT w.starts_at), 0) AS units
        FROM pipelines_servingwindow w
        WHERE w.shop_id = q.shop_id AND w.use_case = q.use_case AND w.arm = 'stable' AND w.starts_at = ANY(q.past)
            AND (w.units > 0 OR w.heartbeats > 0)) AS usual
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(coalesce(c.version_id, 0) = coalesce(q.version_id, 0)), q.version_id IS NULL) AS mine,
            coalesce(bool_or(coalesce(c.version_id, 0) <> coalesce(q.version_id, 0)), false) AS others
        FROM counted c
        WHERE c.shop_id = q.shop_id AND c.use_case = q.use_case AND c.starts_at = q.starts_at AND c.beats > 0) AS beats
"""


def figures() -> pd.DataFrame:
    """Work out what was asked in each hour that is wanted.

    Writes  shop_id | use_case | version_id | starts_at | ends_at | segment | questions | units | failed | slow |
            fell_back | missed | shown | refused | is_new | timed, and each quantile with its low and high end
    """
    with connection.cursor() as cursor:
        cursor.execute(FROM_TO)
        since, until = cursor.fetchone()
    columns = (column for name, share in QUANTILES.items() for column in ranks(name, share))
    counts = (f"(coalesce(t.{name}, 0) + coalesce(u.{name}, 0))::bigint AS {name}" for name in COUNTS)
    told = FIGURES.format(quantiles=", ".join(columns), counts=", ".join(counts))
    return frames.read(told, KINDS, since=since, until=until)


def ranks(name: str, share: float) -> list[str]:
    """Say which answers, by their place from the fastest, are a quantile and the ends of its range."""
    reach = f"{Z} * sqrt(t.timed * {share} * {1 - share})"
    return [
        f"t.ms[ceil(t.timed * {share})::int] AS {name}",
        f"t.ms[nullif(greatest(floor(t.timed * {share} - {reach}), 0), 0)::int] AS {name}_low",
        f"t.ms[ceil(t.timed * {share} + {reach})::int] AS {name}_high",
    ]


def silent(facts: Mapping[str, Any]) -> pd.DataFrame:
    """Find the hours in which who should have been asked was not, with how many units were to be expected."""
    return frames.read(SILENT, KINDS, **facts, asked=ASKED)
