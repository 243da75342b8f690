"""What was answered on request in hours that are over: counted by units, timed by answers.

Only what is not measured yet is returned, and what has become another figure since. A version that is gone, and hours
that overlap what was measured under another zone of the store, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence.exposures import ASKED
from pipelines.lifecycle.monitor.hours import Period, as_rows, hours_over
from pipelines.stats.claims import Z
from pipelines.usecases import USE_CASES

QUANTILES = {"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99}
KINDS = dict.fromkeys(["use_case", "starts_at", "ends_at"], "str") | {"segment": "object", "version_id": "float64"}
KINDS |= {f"{name}{end}": "float64" for name in QUANTILES for end in ("", "_low", "_high")}
COUNTS = ["questions", "units", "failed", "slow", "fell_back", "missed", "shown", "refused", "is_new", "timed"]
KINDS |= dict.fromkeys([*COUNTS, "is_missed", "shop_id"], "int64") | {"expected": "float64"}
QUESTIONS = "questions"  # the figure by which it is known that an hour was measured, and whether more came

HOURS = """
    hours AS MATERIALIZED (
        SELECT s.id AS shop_id, h.starts_at, h.ends_at, h.past,
            CASE WHEN p.peaks IS NULL THEN NULL
                 WHEN p.peaks @> to_jsonb(h.hour) THEN 'peak_' || h.class ELSE 'offpeak_' || h.class END AS segment
        FROM json_to_recordset(%(hours)s::json) AS h(
            zone text, starts_at timestamptz, ends_at timestamptz, hour int, class text, past timestamptz[])
        JOIN pipelines_shop s ON s.timezone = h.zone AND s.redacted_at IS NULL
        LEFT JOIN pipelines_shopsettings t ON t.shop_id = s.id
        CROSS JOIN LATERAL (SELECT t.peak_hours -> h.class AS peaks) AS p),
    held AS MATERIALIZED (
        SELECT m.shop_id, m.use_case, m.version_id, m.starts_at, m.ends_at, coalesce(m.restated, m.value) AS questions
        FROM pipelines_measurement m
        WHERE m.metric = 'questions' AND m.segment = 'all' AND m.release_id IS NULL
            AND m.starts_at > %(since)s - interval '2 hours' AND m.starts_at < %(until)s)
"""
OF_THE_SAME = """
    held.shop_id = {who}.shop_id AND held.use_case = {who}.use_case
    AND coalesce(held.version_id, 0) = coalesce({who}.version_id, 0)
    AND held.starts_at < {when}.ends_at AND held.ends_at > {when}.starts_at
"""
# A safe default where no version runs is what was meant; one whose version was meant to answer is a fallback. Only
# what a version was timed on is a time: a fallback took none of it. The rank of a range's end is normal (Conover 1999).
FIGURES = f"""
    WITH {HOURS}, log AS MATERIALIZED (
        SELECT l.shop_id, l.use_case, l.version_id, h.starts_at, h.ends_at, h.segment, l.unit, l.milliseconds,
            l.outcome = 'error' AS failed, l.outcome = 'late' AS slow, l.is_shown,
            l.outcome = 'fallback' AND l.version_id IS NOT NULL AS fell_back, l.outcome IN ('answered', 'late') AS timed
        FROM hours h
        JOIN pipelines_predictionlog l ON l.shop_id = h.shop_id AND l.at >= h.starts_at AND l.at < h.ends_at
        WHERE l.at >= %(since)s - interval '2 hours' AND l.at < %(until)s AND l.outcome <> 'alive'
            AND l.use_case = ANY(%(use_cases)s)),
    units AS (
        SELECT shop_id, use_case, version_id, starts_at, min(ends_at) AS ends_at, min(segment) AS segment,
            count(*) AS questions, bool_or(failed) AS failed, bool_or(slow) AS slow, bool_or(fell_back) AS fell_back,
            bool_or(is_shown) AS shown, bool_or(is_shown AND (failed OR fell_back)) AS refused
        FROM log GROUP BY 1, 2, 3, 4, unit),
    shares AS (
        SELECT shop_id, use_case, version_id, starts_at, min(ends_at) AS ends_at, min(segment) AS segment,
            sum(questions)::bigint AS questions, count(*) AS units,
            count(*) FILTER (WHERE failed) AS failed, count(*) FILTER (WHERE slow) AS slow,
            count(*) FILTER (WHERE fell_back) AS fell_back,
            count(*) FILTER (WHERE failed OR slow OR fell_back) AS missed,
            count(*) FILTER (WHERE shown) AS shown, count(*) FILTER (WHERE refused) AS refused
        FROM units GROUP BY 1, 2, 3, 4),
    wanted AS MATERIALIZED (
        SELECT s.*, (held.shop_id IS NULL)::int AS is_new
        FROM shares s LEFT JOIN held ON {OF_THE_SAME.format(who="s", when="s")}
        WHERE (held.shop_id IS NULL OR (held.starts_at, held.ends_at) = (s.starts_at, s.ends_at))
            AND s.questions IS DISTINCT FROM held.questions
            AND (s.version_id IS NULL OR EXISTS (SELECT FROM pipelines_modelversion v WHERE v.id = s.version_id))),
    times AS (
        SELECT l.shop_id, l.use_case, l.version_id, l.starts_at, count(*) AS timed,
            array_agg(l.milliseconds ORDER BY l.milliseconds) AS ms
        FROM log l WHERE l.timed GROUP BY 1, 2, 3, 4)
    SELECT w.*, coalesce(t.timed, 0) AS timed, {{quantiles}}
    FROM wanted w LEFT JOIN times t ON t.shop_id = w.shop_id AND t.use_case = w.use_case
        AND coalesce(t.version_id, 0) = coalesce(w.version_id, 0) AND t.starts_at = w.starts_at
"""
# Who should have been asked: what runs, and a version that is shown to some or answers unseen.
SILENT = f"""
    WITH {HOURS}, speakers AS (
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
                SELECT FROM pipelines_predictionlog l
                WHERE l.shop_id = p.shop_id AND l.at >= h.starts_at AND l.at < h.ends_at AND l.use_case = p.use_case
                    AND coalesce(l.version_id, 0) = coalesce(p.version_id, 0) AND l.outcome <> 'alive'))
    SELECT q.shop_id, q.use_case, q.version_id, q.starts_at, q.ends_at, q.segment,
        coalesce(q.share * usual.units, 0) AS expected, (beats.others AND NOT beats.mine)::int AS is_missed
    FROM silent q
    CROSS JOIN LATERAL (
        SELECT sum(w.units)::float8 / nullif(count(DISTINCT w.starts_at), 0) AS units
        FROM pipelines_servingwindow w
        WHERE w.shop_id = q.shop_id AND w.use_case = q.use_case AND w.arm = 'stable' AND w.starts_at = ANY(q.past)
            AND (w.units > 0 OR w.heartbeats > 0)) AS usual
    CROSS JOIN LATERAL (
        SELECT coalesce(bool_or(coalesce(l.version_id, 0) = coalesce(q.version_id, 0)), q.version_id IS NULL) AS mine,
            coalesce(bool_or(coalesce(l.version_id, 0) <> coalesce(q.version_id, 0)), false) AS others
        FROM pipelines_predictionlog l
        WHERE l.shop_id = q.shop_id AND l.at >= q.starts_at AND l.at < q.ends_at AND l.use_case = q.use_case
            AND l.outcome = 'alive') AS beats
"""


def on_request() -> list[str]:
    """List the use cases that answer whoever asks."""
    return [slug for slug, case in USE_CASES.items() if case.serves == "request"]


def asked(period: Period, known: list[ZoneInfo]) -> Mapping[str, Any]:
    """Say which hours of which use cases are looked at."""
    spans = as_rows(span for zone in known for span in hours_over(period, zone))
    return {
        "hours": spans,
        "since": period.since,
        "until": period.until,
        "use_cases": on_request(),
        "asked": ASKED,
    }


def figures(hours: Mapping[str, Any]) -> pd.DataFrame:
    """Count what was asked in each hour that is not measured so far.

    Writes  shop_id | use_case | version_id | starts_at | ends_at | segment | questions | units | failed | slow |
            fell_back | missed | shown | refused | is_new | timed, and each quantile with its low and high end
    """
    columns = (column for name, share in QUANTILES.items() for column in ranks(name, share))
    return frames.read(FIGURES.format(quantiles=", ".join(columns)), KINDS, **hours)


def ranks(name: str, share: float) -> list[str]:
    """Say which answers, by their place from the fastest, are a quantile and the ends of its range."""
    reach = f"{Z} * sqrt(t.timed * {share} * {1 - share})"
    return [
        f"t.ms[ceil(t.timed * {share})::int] AS {name}",
        f"t.ms[nullif(greatest(floor(t.timed * {share} - {reach}), 0), 0)::int] AS {name}_low",
        f"t.ms[ceil(t.timed * {share} + {reach})::int] AS {name}_high",
    ]


def silent(hours: Mapping[str, Any]) -> pd.DataFrame:
    """Find the hours in which who should have been asked was not, with how many units were to be expected."""
    return frames.read(SILENT, KINDS, **hours)
