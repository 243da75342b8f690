"""How each model does right now, in a word or two: what Home says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.urls import reverse

from dashboard.queries.monitoring.written import ms
from pipelines.models import Shop
from pipelines.usecases import USE_CASES

LATELY = timedelta(days=1)
LAST_DAYS = timedelta(days=16)  # of two windows, each of up to a week, the older is the newest that is over
DRIFTS = {
    "ok": "data as usual",
    "drift": "data changed",
    "breach": "data broken",
    "insufficient": "too little data to compare",
    "no_data": "no data to compare",
}
OF_MINE = """
    FROM pipelines_measurement m
    WHERE m.shop_id = d.shop_id AND m.use_case = d.use_case AND m.release_id IS NULL AND m.segment = 'all'
        AND m.metric = '{metric}' AND m.starts_at >= %({since})s AND {whose}
"""
RUNS = "(m.version_id = d.active_id OR (m.version_id IS NULL AND d.active_id IS NULL))"
TOLD = f"""
    SELECT d.use_case,
        (SELECT m.verdict {OF_MINE.format(metric="drift_lasting", since="days", whose="m.version_id IS NULL")}
            ORDER BY m.starts_at DESC LIMIT 1),
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value)
            {OF_MINE.format(metric="latency_p95", since="day", whose=RUNS)} AND m.value <> 'NaN'),
        (SELECT m.value {OF_MINE.format(metric="answered", since="days", whose=RUNS)} ORDER BY m.starts_at DESC LIMIT 1)
    FROM pipelines_deployment d WHERE d.shop_id = %(shop)s
"""


@dataclass(frozen=True)
class Glance:
    """One model in a word; a figure that is not known is a dash with its reason."""

    figure: str
    note: str
    drift: str
    address: str


def glances(shop: Shop, now: datetime) -> dict[str, Glance]:
    """Read how every watched model does, in one question."""
    facts: dict[str, Any] = {"shop": shop.pk, "day": now - LATELY, "days": now - LAST_DAYS}
    with connection.cursor() as cursor:
        cursor.execute(TOLD, facts)
        told = {slug: values for slug, *values in cursor.fetchall()}
    watched = [slug for slug, case in USE_CASES.items() if case.monitored]
    return {slug: glance(slug, *told.get(slug, (None, None, None))) for slug in watched}


def glance(slug: str, drift: str | None, milliseconds: float | None, answered: float | None) -> Glance:
    """Say it in words."""
    told = DRIFTS.get(drift or "", "data not compared yet")
    address = reverse("monitoring-of", args=[slug])
    if USE_CASES[slug].is_asked:
        return Glance(*in_time(milliseconds), told, address)
    return Glance(*came(answered), told, address)


def in_time(milliseconds: float | None) -> tuple[str, str]:
    """Say how long answers take.

    >>> in_time(38.2), in_time(0.0)[0], in_time(None)
    (('38 ms', '95 of 100 answers within'), '1 ms', ('Not known', 'nobody was answered in 24 hours'))
    """
    if milliseconds is None:
        return "Not known", "nobody was answered in 24 hours"
    return ms(milliseconds), "95 of 100 answers within"


def came(answered: float | None) -> tuple[str, str]:
    """Say whether the last day was answered.

    >>> came(1.0)[0], came(0.0)[0], came(None)[0]
    ('Answered', 'Did not answer', 'Not known')
    """
    if answered is None:
        return "Not known", "no whole day of it is over yet"
    return ("Answered", "for the last day") if answered else ("Did not answer", "for the last day")
