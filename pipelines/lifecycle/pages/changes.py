"""What changed of a shop since somebody looked: a mark for each topic, read for many shops by one question.

A mark is worked out from the rows that a page shows; nothing is written when something changes. So whoever writes need
not know who watches, and a mark that was missed is not lost: the next one differs all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from pipelines.models import SyncRun, own
from pipelines.usecases import USE_CASES

TOPICS = ("alerts", "runs", "progress", "models", "data", "measured", "visits", "own")
Mark = Mapping[str, str]
LONGEST = 9 * len(TOPICS)

ALERTS = """
    SELECT string_agg(concat_ws(':', id, severity, title, text, minor_per_hour, acknowledged_at,
                                coalesce(snoozed_until > %(now)s, FALSE)), ',' ORDER BY id)
    FROM pipelines_alert WHERE shop_id = shop.id AND closed_at IS NULL
"""
NEWEST_SYNCS = """
    FROM unnest(%(kinds)s) AS one(kind) CROSS JOIN LATERAL (
        SELECT id, state, objects_done, objects_total FROM pipelines_syncrun
        WHERE shop_id = shop.id AND kind = one.kind ORDER BY created_at DESC LIMIT 1) AS sync
"""
NEWEST_TRAININGS = """
    FROM unnest(%(use_cases)s) AS one(slug) CROSS JOIN LATERAL (
        SELECT id, state, percent, steps FROM pipelines_trainingrun
        WHERE shop_id = shop.id AND use_case = one.slug ORDER BY created_at DESC LIMIT 1) AS run
"""
RUNNING = f"""
    SELECT ARRAY[concat_ws(';', shop.access_ended_at, syncs.states, trainings.states),
        concat_ws(';', syncs.progress, trainings.progress)]
    FROM (
        SELECT string_agg(concat_ws(':', id, state), ',' ORDER BY id) AS states,
            string_agg(concat_ws(':', objects_done, objects_total), ',' ORDER BY id) AS progress {NEWEST_SYNCS}
    ) AS syncs, (
        SELECT string_agg(concat_ws(':', id, state), ',' ORDER BY id) AS states,
            string_agg(concat_ws(':', percent, jsonb_array_length(steps)), ',' ORDER BY id) AS progress
        {NEWEST_TRAININGS}
    ) AS trainings
"""
MODELS = """
    SELECT concat_ws(';', (
        SELECT string_agg(concat_ws(':', id, revision, served_revision, served_origin), ',' ORDER BY id)
        FROM pipelines_deployment WHERE shop_id = shop.id
    ), (
        SELECT string_agg(concat_ws(':', release.id, release.revision, version.id, version.state), ','
                          ORDER BY one.slug)
        FROM unnest(%(use_cases)s) AS one(slug) LEFT JOIN LATERAL (
            SELECT id, revision FROM pipelines_release
            WHERE shop_id = shop.id AND use_case = one.slug ORDER BY created_at DESC LIMIT 1) AS release ON TRUE
        LEFT JOIN LATERAL (
            SELECT id, state FROM pipelines_modelversion
            WHERE shop_id = shop.id AND use_case = one.slug ORDER BY number DESC LIMIT 1) AS version ON TRUE
    ), (
        SELECT string_agg(concat_ws(':', id, state, name, ends_at, starts_at <= %(now)s), ',' ORDER BY id)
        FROM pipelines_freezewindow WHERE shop_id = shop.id AND ends_at > %(now)s
    ))
"""
DATA = """
    SELECT o.processed_at::text FROM pipelines_order AS o  -- sorted by its column, in an index, not by what is told
    WHERE o.shop_id = shop.id AND o.deleted_at IS NULL AND o.processed_at IS NOT NULL
    ORDER BY o.processed_at DESC LIMIT 1
"""
MEASURED = "SELECT at::text FROM pipelines_pulse WHERE name = 'measure'"
VISITS = """
    SELECT starts_at::text FROM pipelines_visithour
    WHERE shop_id = shop.id ORDER BY starts_at DESC LIMIT 1
"""
SHOWN = {"alerts": ALERTS, "models": MODELS, "data": DATA, "measured": MEASURED, "visits": VISITS}
ROWS = "(SELECT string_agg(own::text, ',' ORDER BY id) FROM {table} AS own WHERE shop_id = shop.id)"
QUESTION = """
SELECT shop.domain, ARRAY(SELECT left(md5(told), 8) FROM unnest(({running})) AS told), {marks}
FROM pipelines_shop AS shop
WHERE shop.domain = ANY(%(domains)s)
  AND shop.installed_at IS NOT NULL AND shop.uninstalled_at IS NULL AND shop.redacted_at IS NULL
"""


@cache
def question() -> str:
    """Return what is asked of the database: what runs, read once for two topics, and the others, use cases' last."""
    own_rows = (ROWS.format(table=table._meta.db_table) for table in own.followed())
    shown = (*SHOWN.values(), f"SELECT concat_ws(';', {', '.join(own_rows)})")
    marks = ", ".join(f"left(md5(coalesce(({topic}), '')), 8)" for topic in shown)
    return QUESTION.format(running=RUNNING, marks=marks)


def marks(domains: Iterable[str], now: datetime) -> dict[str, Mark]:
    """Return the marks of shops by their domains; one that has not installed the app has none."""
    asked: dict[str, Any] = {
        "domains": list(domains),
        "now": now,
        "kinds": SyncRun.Kind.values,
        "use_cases": list(USE_CASES),
    }
    with connection.cursor() as cursor:
        cursor.execute(question(), asked)
        topics = ("runs", "progress", *SHOWN, "own")
        return {name: dict(zip(topics, (*run, *told), strict=True)) for name, run, *told in cursor.fetchall()}


def mark(domain: str, now: datetime) -> Mark:
    """Return the mark of one shop."""
    return marks([domain], now).get(domain, {})


def written(mark: Mark) -> str:
    """Write a mark so that a page can carry it.

    >>> read(written({"alerts": "1f", "data": "0a"})) == {"alerts": "1f", "data": "0a"}
    True
    """
    return ".".join(mark.get(topic, "") for topic in TOPICS)


def read(text: str) -> Mark:
    """Read a written mark; whatever else somebody sends is a mark of nothing, from which all has changed."""
    parts = text.split(".") if len(text) <= LONGEST else []
    return {topic: part for topic, part in zip(TOPICS, parts, strict=False) if part}


def changed(before: Mark, after: Mark) -> list[str]:
    """Name the topics that are not as they were."""
    return [topic for topic in TOPICS if before.get(topic) != after.get(topic)]
