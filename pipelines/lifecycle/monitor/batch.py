"""Whether those who answer once a day for everything did, for how much of it, and on how old data."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from pipelines.lifecycle.data import frames
from pipelines.lifecycle.evidence import windows
from pipelines.lifecycle.evidence.exposures import ASKED
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.monitor.hours import Period, as_rows, days_over
from pipelines.lifecycle.monitor.keep import KEY
from pipelines.stats import claims, clock
from pipelines.strategies import Health
from pipelines.usecases import USE_CASES

# Who began in the middle of a day is not asked for the whole of it.
DAYS = """
    WITH days AS MATERIALIZED (
        SELECT s.id AS shop_id, h.starts_at, h.ends_at
        FROM json_to_recordset(%(days)s::json) AS h(zone text, starts_at timestamptz, ends_at timestamptz)
        JOIN pipelines_shop s ON s.timezone = h.zone
        WHERE s.installed_at <= h.starts_at AND s.uninstalled_at IS NULL AND s.redacted_at IS NULL),
    speakers AS (
        SELECT d.shop_id, d.use_case, d.active_id AS version_id, d.active_since AS since, 'stable' AS arm
        FROM pipelines_deployment d WHERE d.use_case = ANY(%(use_cases)s)
        UNION ALL
        SELECT r.shop_id, r.use_case, r.version_id, r.entered_at, 'canary'
        FROM pipelines_release r
        WHERE r.use_case = ANY(%(use_cases)s) AND r.phase = ANY(%(asked)s)
            AND (r.weight > 0 OR (r.steps -> r.step ->> 'mirrors')::bool))
    SELECT p.shop_id, p.use_case, p.version_id, d.starts_at, d.ends_at, 'all' AS segment,
        coalesce(w.heartbeats, 0) AS answers, (coalesce(w.broken, '') <> '')::int AS broken, w.expected,
        w.units - w.errors AS sound, extract(epoch FROM d.ends_at - fresh.at) / 3600 AS age
    FROM speakers p
    JOIN days d ON d.shop_id = p.shop_id AND d.starts_at >= coalesce(p.since, '-infinity')
    LEFT JOIN pipelines_servingwindow w ON w.shop_id = p.shop_id AND w.use_case = p.use_case AND w.arm = p.arm
        AND coalesce(w.version_id, 0) = coalesce(p.version_id, 0) AND w.starts_at = d.starts_at
    LEFT JOIN LATERAL (
        SELECT max(r.finished_at) AS at FROM pipelines_syncrun r
        WHERE r.shop_id = p.shop_id AND r.kind = ANY(%(pulls)s) AND r.state = 'done' AND r.finished_at <= d.ends_at
    ) AS fresh ON true
"""
KINDS = {"use_case": "str", "starts_at": "str", "ends_at": "str", "version_id": "float64", "age": "float64"}
KINDS |= dict.fromkeys(["answers", "broken"], "int64") | dict.fromkeys(["expected", "sound"], "float64")
Figures = tuple[pd.Series | np.ndarray, np.ndarray, np.ndarray]  # n, value, verdict


def in_batches() -> list[str]:
    """List the use cases that answer once a day, and nobody asks."""
    return [slug for slug, case in USE_CASES.items() if not case.is_asked]


def days(period: Period, known: list[ZoneInfo]) -> pd.DataFrame:
    """Read how those who should have answered did on the days that ended in a period.

    Writes  shop_id | use_case | version_id | starts_at | ends_at | segment | answers | broken | expected | sound | age
    """
    spans = as_rows(span for zone in known for span in days_over(period, zone))
    return frames.read(DAYS, KINDS, days=spans, use_cases=in_batches(), asked=ASKED, pulls=[*freshness.ORDER_PULLS])


def judged(found: pd.DataFrame) -> pd.DataFrame:
    """Work out the figures of days.

    Reads   what `days` writes
    Writes  the same key | is_new | metric | n | value | low | high | verdict
    """
    figures = {"answered": was_answered, "completeness": completeness, "data_age_hours": age}
    key = found[KEY].assign(is_new=True)
    each = [(metric, *of(found)) for metric, of in figures.items()]
    return pd.concat(
        [
            key.assign(metric=metric, n=n, value=value, low=np.nan, high=np.nan, verdict=verdict)
            for metric, n, value, verdict in each
        ],
        ignore_index=True,
    )


def was_answered(found: pd.DataFrame) -> Figures:
    """Tell whether an answer of the day could be shown; before anything is known of a shop there is nothing to say."""
    spoke, nothing = found["answers"] > 0, found["expected"].fillna(0) == 0
    good = spoke & (found["broken"] == 0)
    verdict = np.select(
        [good & nothing, good, ~spoke & found["age"].isna()],
        [Health.QUIET.value, claims.OK, Health.NO_DATA.value],
        claims.BREACH,
    )
    known = np.isin(verdict, [claims.OK, claims.BREACH])
    return found["answers"], np.where(known, good.astype(float), np.nan), verdict


def completeness(found: pd.DataFrame) -> Figures:
    """Give the share of what was asked for that was answered and is not wrong; of a thrown-away answer that is none."""
    expected = found["expected"].to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(found["broken"] == 1, 0.0, found["sound"] / np.where(expected > 0, expected, np.nan))
    share = np.where(expected > 0, share, np.nan)
    few = np.where(found["answers"] > 0, Health.QUIET.value, Health.NO_DATA.value)
    verdict = np.where(share >= 1 - windows.ERRORS_ALLOWED, claims.OK, claims.BREACH)
    return np.nan_to_num(expected), share, np.where(np.isnan(share), few, verdict)


def age(found: pd.DataFrame) -> Figures:
    """Give how old the newest complete reading of orders was when the day ended."""
    hours = found["age"].to_numpy(float)
    verdict = np.where(hours <= freshness.LIMIT / clock.HOUR, claims.OK, claims.BREACH)
    return np.isfinite(hours).astype(int), hours, np.where(np.isnan(hours), Health.NO_DATA.value, verdict)
