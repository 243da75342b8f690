"""What was answered, row by row; and summed into the windows by which an arm is judged.

Rows are only appended. A sum is worked out anew from all rows of its hour, so it is right however often it is made,
and whenever a row comes. A unit counts once in a window: as answered, as failed once, as slow once. What could not be
logged is counted without its unit: for what visitors got, and for no comparison of versions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from pipelines.lifecycle.evidence.exposures import CANARY, OPEN, STABLE
from pipelines.models import PredictionLog, Shop
from pipelines.records import record
from pipelines.stats import clock

Outcome = PredictionLog.Outcome
LOOKS_BACK = timedelta(hours=2)  # rows that come later than this are found once a day
LOOKS_FAR_BACK = timedelta(days=2)

# A shop that was erased meanwhile leaves nothing behind.
LOG = """
    INSERT INTO pipelines_predictionlog (shop_id, use_case, version_id, release_id, arm, unit, at, milliseconds,
        outcome, reason, is_shown, score, features)
    SELECT t.shop, t.use_case, t.version, t.release, t.arm, decode(t.unit, 'hex'), t.at, t.milliseconds,
        t.outcome, t.reason, t.is_shown, t.score, t.features
    FROM json_to_recordset(%s::json) AS t(shop bigint, use_case text, version bigint, release bigint, arm text,
        unit text, at timestamptz, milliseconds float8, outcome text, reason text, is_shown boolean, score float8,
        features jsonb)
    JOIN pipelines_shop s ON s.id = t.shop AND s.redacted_at IS NULL
"""
# Where nothing was known of a shop yet, what runs there was meant to answer.
COUNT = """
    INSERT INTO pipelines_unloggedanswers AS held (
        shop_id, starts_at, use_case, version_id, outcome, is_shown, answers)
    SELECT s.id, t.of_time, t.use_case, CASE WHEN t.shop IS NULL THEN d.active_id ELSE t.version END AS version_id,
        t.outcome, t.is_shown, sum(t.times)
    FROM json_to_recordset(%s::json) AS t(shop bigint, domain text, use_case text, version bigint, outcome text,
        is_shown boolean, of_time timestamptz, times int)
    JOIN pipelines_shop s ON s.redacted_at IS NULL
        AND (s.id = t.shop OR (t.shop IS NULL AND s.domain = t.domain AND s.uninstalled_at IS NULL))
    LEFT JOIN pipelines_deployment d ON d.shop_id = s.id AND d.use_case = t.use_case
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (shop_id, starts_at, use_case, version_id, outcome, is_shown)
        DO UPDATE SET answers = held.answers + excluded.answers
"""
# A safe default that is no version's fault says nothing of a version; where none runs, it is the answer.
SUM = f"""
    INSERT INTO pipelines_servingwindow AS held (
        shop_id, use_case, arm, version_id, starts_at, ends_at, units, errors, slow, broken, heartbeats)
    SELECT l.shop_id, l.use_case, CASE l.arm WHEN '{CANARY}' THEN '{CANARY}' ELSE '{STABLE}' END AS in_arm,
        l.version_id, h.starts_at, h.ends_at,
        count(DISTINCT l.unit) FILTER (WHERE l.outcome <> 'alive'),
        count(DISTINCT l.unit) FILTER (WHERE l.outcome = 'error'),
        count(DISTINCT l.unit) FILTER (WHERE l.outcome = 'late'), '',
        count(*) FILTER (WHERE l.outcome = 'alive')
    FROM unnest(%(zones)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS h(zone, starts_at, ends_at)
    JOIN pipelines_shop s ON s.timezone = h.zone
    JOIN pipelines_predictionlog l ON l.shop_id = s.id AND l.at >= h.starts_at AND l.at < h.ends_at
    WHERE l.at >= %(since)s AND (l.outcome <> 'fallback' OR l.version_id IS NULL)
        AND (l.version_id IS NULL OR EXISTS (SELECT FROM pipelines_modelversion v WHERE v.id = l.version_id))
    GROUP BY l.shop_id, l.use_case, in_arm, l.version_id, h.starts_at, h.ends_at
    ON CONFLICT (shop_id, use_case, arm, version_id, starts_at) DO UPDATE SET
        units = excluded.units, errors = excluded.errors, slow = excluded.slow, heartbeats = excluded.heartbeats
    WHERE (held.units, held.errors, held.slow, held.heartbeats)
        IS DISTINCT FROM (excluded.units, excluded.errors, excluded.slow, excluded.heartbeats)
"""
# What went wrong for a unit that is compared is kept with it; nobody suffers from what was never shown.
FLAG = """
    UPDATE pipelines_exposure e SET had_error = e.had_error OR p.failed, was_slow = e.was_slow OR p.slow
    FROM (
        SELECT l.release_id, l.unit, bool_or(l.outcome = 'error') AS failed, bool_or(l.outcome = 'late') AS slow
        FROM pipelines_predictionlog l
        WHERE l.at >= %(since)s AND l.outcome IN ('error', 'late') AND l.is_shown AND l.release_id IS NOT NULL
        GROUP BY l.release_id, l.unit) AS p
    JOIN pipelines_release r ON r.id = p.release_id AND r.phase = ANY(%(open)s)
    WHERE e.release_id = r.id AND e.shop_id = r.shop_id AND e.unit = p.unit AND e.arm <> 'between'
        AND ((p.failed AND NOT e.had_error) OR (p.slow AND NOT e.was_slow))
"""


# One look into an index for each installed shop and use case, however much was asked there.
LATELY = """
    SELECT s.domain, u.use_case FROM pipelines_shop s CROSS JOIN unnest(%(use_cases)s::text[]) AS u(use_case)
    WHERE s.installed_at IS NOT NULL AND s.uninstalled_at IS NULL AND s.redacted_at IS NULL AND EXISTS (
        SELECT FROM pipelines_predictionlog l
        WHERE l.shop_id = s.id AND l.at >= %(since)s AND l.use_case = u.use_case AND l.outcome <> 'alive')
"""


@record(frozen=True, slots=True)
class Said:
    """One answer as it is logged."""

    shop: int
    use_case: str
    version: int | None
    arm: str
    unit: str  # in hex; empty for a sign of life
    at: datetime
    outcome: str
    reason: str = ""
    release: int | None = None
    milliseconds: float = 0.0
    is_shown: bool = True
    score: float | None = None
    features: Any = None


@dataclass(frozen=True, slots=True)
class Unlogged:
    """What is counted of an answer that is in no log, alike for all of a quarter of an hour."""

    use_case: str
    outcome: str
    of_time: datetime
    shop: int | None = None  # nothing: it is known by its domain alone
    domain: str = ""
    version: int | None = None
    is_shown: bool = True


def unlogged(said: Said) -> Unlogged:
    """Return what is counted of an answer for which the log has no room."""
    when = quarter_of(said.at)
    return Unlogged(said.use_case, said.outcome, when, said.shop, version=said.version, is_shown=said.is_shown)


def quarter_of(moment: datetime) -> datetime:
    """Return when a quarter of an hour began: hours of all clocks begin with one."""
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


def asked_since(since: datetime, use_cases: list[str]) -> list[tuple[str, str]]:
    """List the shops, by domain, and use cases that visitors asked since then."""
    with connection.cursor() as cursor:
        cursor.execute(LATELY, {"since": since, "use_cases": use_cases})
        found: list[tuple[str, str]] = cursor.fetchall()
    return found


def sum_up(now: datetime, back: timedelta = LOOKS_BACK) -> int:
    """Bring the windows of the last hours up to date; return how many changed."""
    facts = hours(now, back) | {"open": OPEN}
    with connection.cursor() as cursor:
        cursor.execute(SUM, facts)
        changed = cursor.rowcount
        cursor.execute(FLAG, facts)
    return int(changed)


def hours(now: datetime, back: timedelta) -> dict[str, Any]:
    """Return every hour since then, as the clocks of our shops show it."""
    zones = {shop.timezone: shop.zone for shop in Shop.objects.filter(redacted_at=None).only("timezone").distinct()}
    spans = [
        (name, span)
        for name, zone in zones.items()
        for span in clock.hours_between(clock.hour_of(now - back, zone).starts_at, now + 2 * clock.HOUR, zone)
    ]
    return {
        "zones": [name for name, _ in spans],
        "starts": [span.starts_at for _, span in spans],
        "ends": [span.ends_at for _, span in spans],
        "since": min((span.starts_at for _, span in spans), default=now),
    }
