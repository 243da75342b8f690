"""Tell where nobody hears of what answers visitors, though at this hour somebody should have asked.

Two silent hours in a row open it, three that were heard close it; an hour in which few were to be expected neither
counts nor resets. Where no process gives a sign of life, nothing is known of a model: the monitor is down, and its own
switch tells (alerts/pulses). The simple rule's silence counts like a version's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from pipelines.lifecycle.alerts import board, lives
from pipelines.lifecycle.monitor.watch import answers, revenue
from pipelines.models import Shop
from pipelines.strategies import Health

OPENS_AFTER, HOURS = 2, 8
LOOKS_BACK = timedelta(hours=12)
NEXT = {
    True: "Open your shop as a visitor and see whether the page that asks is there: a theme may have changed.",
    False: "We look at it: what answers there gives no sign of life. Visitors see your shop without it meanwhile.",
}
# The last hours of what runs, newest first, and whether a process that could answer gave a sign of life in them.
SEEN = """
    SELECT d.shop_id, d.use_case, d.active_id, m.verdict, m.value IS NOT NULL AS is_heard, m.starts_at,
        EXISTS (SELECT FROM pipelines_predictionlog l
            WHERE l.shop_id = d.shop_id AND l.use_case = d.use_case AND l.at >= m.starts_at AND l.at < m.ends_at
                AND l.outcome = 'alive' AND coalesce(l.version_id, 0) = coalesce(d.active_id, 0)) AS mine,
        EXISTS (SELECT FROM pipelines_predictionlog l
            WHERE l.shop_id = d.shop_id AND l.use_case = d.use_case AND l.at >= m.starts_at AND l.at < m.ends_at
                AND l.outcome = 'alive') AS anyone
    FROM pipelines_deployment d
    JOIN pipelines_shop s ON s.id = d.shop_id AND s.uninstalled_at IS NULL
    CROSS JOIN LATERAL (
        SELECT m.verdict, m.value, m.starts_at, m.ends_at FROM pipelines_measurement m
        WHERE m.shop_id = d.shop_id AND m.use_case = d.use_case AND m.metric = 'questions' AND m.segment = 'all'
            AND m.release_id IS NULL AND m.starts_at >= %(since)s AND m.starts_at < %(now)s
            AND (m.version_id = d.active_id OR (m.version_id IS NULL AND d.active_id IS NULL))
            AND m.verdict <> %(quiet)s
        ORDER BY m.starts_at DESC LIMIT %(hours)s) AS m
    ORDER BY d.shop_id, d.use_case, m.starts_at DESC
"""


@dataclass(frozen=True)
class Hour:
    """One hour of what runs in which somebody should have asked, or did."""

    is_silent: bool
    mine: bool  # it gave a sign of life
    anyone: bool

    @property
    def is_known(self) -> bool:
        """Tell whether it says something of the model: an hour without any sign of life says that we were down."""
        return not self.is_silent or self.anyone


def look(now: datetime) -> int:
    """Open, repeat and close what is told of silence; return how much is silent."""
    facts: dict[str, Any] = {"since": now - LOOKS_BACK, "now": now, "quiet": Health.QUIET.value, "hours": HOURS}
    with connection.cursor() as cursor:
        cursor.execute(SEEN, facts)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    grouped = groupby(rows, key=lambda row: row[:3])
    return sum(tell(shop, use_case, version, [*map(hour, seen)], now) for (shop, use_case, version), seen in grouped)


def hour(row: tuple[Any, ...]) -> Hour:
    """Read one hour."""
    return Hour(row[3] == Health.NO_DATA and not row[4], row[6], row[7])


def tell(shop_id: int, use_case: str, version: int | None, hours: list[Hour], now: datetime) -> bool:
    """Say of one model that it is silent, or that it is heard again; True while it is told."""
    known, key = [each for each in hours if each.is_known], f"silent:{use_case}"
    if len(known) >= OPENS_AFTER and all(each.is_silent for each in known[:OPENS_AFTER]):
        open_alert(shop_id, use_case, version, known[0], now)
        return True
    if len(known) >= lives.CALM_WINDOWS and not any(each.is_silent for each in known[: lives.CALM_WINDOWS]):
        board.close(shop_id, key, now)
    return False


def open_alert(shop_id: int, use_case: str, version: int | None, newest: Hour, now: datetime) -> None:
    """Say what is silent, and what to look at."""
    shop = Shop.objects.get(pk=shop_id)
    board.tell(
        shop,
        f"silent:{use_case}",
        title=f"{answers.title_of(use_case)}: nobody has asked for hours",
        text=f"{answers.named(version)}. In weeks before, visitors asked at this hour; in the last hours none did.",
        next_step=NEXT[newest.mine],
        use_case=use_case,
        minor_per_hour=revenue.at_risk(shop, 1.0, at_peak=False, now=now),
        now=now,
    )
