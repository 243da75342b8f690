"""A log that grows with every answer is cut into weeks: they are made ahead, and dropped whole when they are over.

Each piece is named by the Monday before which its rows are. What falls into no piece lies in the rest, as where a
demo's clock was turned far. There rows are deleted one by one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.db import DatabaseError, connection, transaction

log = logging.getLogger(__name__)
WEEK = timedelta(days=7)
AHEAD = 5  # weeks: made every night, so that some may fail
PATIENCE = "2s"  # for a lock that everybody would wait behind; the next night tries again
PIECES = """
SELECT child.relname, greatest(child.reltuples, 0)::bigint FROM pg_inherits
JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = %s::regclass ORDER BY child.relname
"""


def make_ahead(table: str, now: datetime) -> list[str]:
    """Make the pieces of this week and those to come that are missing; return their names."""
    known = dict(pieces(table))
    wanted = [monday_after(now) + number * WEEK for number in range(AHEAD + 1)]
    return [name_of(table, until) for until in wanted if until not in known and is_made(table, until)]


def is_made(table: str, until: date) -> bool:
    """Make one piece, unless rows of that week lie in the rest or somebody keeps the table locked."""
    name = name_of(table, until)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS)")
            bounds = [midnight(until - WEEK), midnight(until)]
            cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM (%s) TO (%s)", bounds)
    except DatabaseError as refusal:
        log.warning("%s was not made: %s", name, refusal)
        return False
    return True


def end(table: str, before: datetime) -> int:
    """Drop the pieces that are over, and delete what is as old in the rest; return about how many rows that was."""
    ended = 0
    with connection.cursor() as cursor:
        for until, rows in pieces(table):
            if midnight(until) <= before and is_dropped(name_of(table, until)):
                ended += rows
        cursor.execute(f"DELETE FROM {table}_rest WHERE at < %s", [before])
        return ended + int(cursor.rowcount)


def is_dropped(name: str) -> bool:
    """Drop a piece, unless somebody reads it for long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(f"DROP TABLE {name}")
    except DatabaseError as refusal:
        log.warning("%s was not dropped: %s", name, refusal)
        return False
    return True


def pieces(table: str) -> Iterator[tuple[date, int]]:
    """Yield until when each piece goes, and about how many rows it holds."""
    with connection.cursor() as cursor:
        cursor.execute(PIECES, [table])
        found = cursor.fetchall()
    for name, rows in found:
        if not name.endswith("_rest"):
            yield datetime.strptime(name.rpartition("_")[2], "%Y%m%d").replace(tzinfo=UTC).date(), rows


def name_of(table: str, until: date) -> str:
    """Name a piece.

    >>> name_of("pipelines_predictionlog", date(2026, 12, 7))
    'pipelines_predictionlog_until_20261207'
    """
    return f"{table}_until_{until:%Y%m%d}"


def monday_after(moment: datetime) -> date:
    """Return the Monday before which the week of this moment is.

    >>> monday_after(datetime(2026, 12, 6, 23, tzinfo=UTC)), monday_after(datetime(2026, 12, 7, tzinfo=UTC))
    (datetime.date(2026, 12, 7), datetime.date(2026, 12, 14))
    """
    day = moment.astimezone(UTC).date()
    return day + timedelta(days=7 - day.weekday())


def midnight(day: date) -> datetime:
    """Return when a day begins, in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)
