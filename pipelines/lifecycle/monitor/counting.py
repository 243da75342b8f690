"""What was asked in the hours that are looked at, counted once into tables that stand while a pass works.

Most hours were measured before: their count says whether more has come, and only what has is worked out anew. Hours
that overlap what was measured under another zone of the store, and versions that are gone, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from pipelines.lifecycle.monitor.hours import Period, as_rows, hours_over
from pipelines.usecases import USE_CASES

QUESTIONS = "questions"  # the figure by which it is known that an hour was measured, and whether more came
SORTED_IN = "64MB"  # of memory: what is grouped by hour and version need not wait on disk

OF_THE_SAME = """
    held.shop_id = {who}.shop_id AND held.use_case = {who}.use_case
    AND coalesce(held.version_id, 0) = coalesce({who}.version_id, 0)
    AND held.starts_at < {when}.ends_at AND held.ends_at > {when}.starts_at
"""
HOURS = """
    CREATE TEMP TABLE hours ON COMMIT DROP AS
    SELECT (row_number() OVER ())::int AS id, s.id AS shop_id, h.starts_at, h.ends_at, h.past,
        CASE WHEN p.peaks IS NULL THEN NULL
             WHEN p.peaks @> to_jsonb(h.hour) THEN 'peak_' || h.class ELSE 'offpeak_' || h.class END AS segment
    FROM json_to_recordset(%(hours)s::json) AS h(
        zone text, starts_at timestamptz, ends_at timestamptz, hour int, class text, past timestamptz[])
    JOIN pipelines_shop s ON s.timezone = h.zone AND s.redacted_at IS NULL
    LEFT JOIN pipelines_shopsettings t ON t.shop_id = s.id
    CROSS JOIN LATERAL (SELECT t.peak_hours -> h.class AS peaks) AS p
"""
# What is held of an hour of a version is known by its questions. (Tables of their own have figures by which PostgreSQL
# plans; of what a statement works out on its way it expects one row, and compares every row with every other.)
HELD = """
    CREATE TEMP TABLE held ON COMMIT DROP AS
    SELECT m.shop_id, m.use_case, m.version_id, m.starts_at, m.ends_at, coalesce(m.restated, m.value) AS questions
    FROM pipelines_measurement m
    WHERE m.metric = 'questions' AND m.segment = 'all' AND m.release_id IS NULL
        AND m.starts_at > %(since)s - interval '2 hours' AND m.starts_at < %(until)s
"""
COUNTED = """
    CREATE TEMP TABLE counted ON COMMIT DROP AS
    SELECT h.shop_id, c.use_case, c.version_id, h.starts_at, h.ends_at, h.segment, sum(c.beats)::bigint AS beats,
        sum(c.rows - c.beats)::bigint AS questions
    FROM (
        SELECT h.id, l.use_case, l.version_id, count(*) AS rows, count(*) FILTER (WHERE l.outcome = 'alive') AS beats
        FROM hours h
        JOIN pipelines_predictionlog l ON l.shop_id = h.shop_id AND l.at >= h.starts_at AND l.at < h.ends_at
        WHERE l.at >= %(since)s AND l.at < %(until)s AND l.use_case = ANY(%(use_cases)s)
        GROUP BY h.id, l.use_case, l.version_id
        UNION ALL
        SELECT h.id, u.use_case, u.version_id, sum(u.answers), 0
        FROM hours h
        JOIN pipelines_unloggedanswers u ON u.shop_id = h.shop_id
            AND u.starts_at >= h.starts_at AND u.starts_at < h.ends_at
        WHERE u.starts_at >= %(since)s AND u.starts_at < %(until)s AND u.use_case = ANY(%(use_cases)s)
        GROUP BY h.id, u.use_case, u.version_id) AS c
    JOIN hours h USING (id)
    GROUP BY h.id, h.shop_id, c.use_case, c.version_id, h.starts_at, h.ends_at, h.segment
"""
WANTED = f"""
    CREATE TEMP TABLE wanted ON COMMIT DROP AS
    SELECT (row_number() OVER ())::int AS id, c.*, (held.shop_id IS NULL)::int AS is_new
    FROM counted c LEFT JOIN held ON {OF_THE_SAME.format(who="c", when="c")}
    WHERE c.questions > 0 AND c.questions IS DISTINCT FROM held.questions
        AND (held.shop_id IS NULL OR (held.starts_at, held.ends_at) = (c.starts_at, c.ends_at))
        AND (c.version_id IS NULL OR EXISTS (SELECT FROM pipelines_modelversion v WHERE v.id = c.version_id))
"""
TABLES = {"hours": HOURS, "held": HELD, "counted": COUNTED, "wanted": WANTED}


def on_request() -> list[str]:
    """List the use cases that answer whoever asks."""
    return [slug for slug, case in USE_CASES.items() if case.is_asked]


@contextmanager
def counted(period: Period, known: list[ZoneInfo]) -> Iterator[Mapping[str, Any]]:
    """Count what was asked in the hours that ended in a period; yield which they are, and of which use cases.

    Writes  hours:   id | shop_id | starts_at | ends_at | past | segment
            held:    shop_id | use_case | version_id | starts_at | ends_at | questions, as measured before
            counted: shop_id | use_case | version_id | starts_at | ends_at | segment | beats | questions
            wanted:  the same | id | is_new, of what has no figure so far or another one
    """
    spans = [span for zone in known for span in hours_over(period, zone)]
    facts = {
        "hours": as_rows(iter(spans)),
        "since": min((span["starts_at"] for span in spans), default=period.since),
        "until": max((span["ends_at"] for span in spans), default=period.until),
        "use_cases": on_request(),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{SORTED_IN}'")
        for name, statement in TABLES.items():
            cursor.execute(statement, facts)
            cursor.execute(f"ANALYZE {name}")
        yield facts
        cursor.execute(f"DROP TABLE {', '.join(TABLES)}")
