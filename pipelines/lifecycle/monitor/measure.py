"""Measure what was answered, hour by hour and day by day, a while after each is over (METHODS 4f).

A figure is written once and stands, for it may have decided something; what comes late is written beside it. A pass
asks as many statements for one shop as for a thousand, and never two passes work at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction

from pipelines.lifecycle.monitor import answered, batch, judging, keep
from pipelines.lifecycle.monitor.hours import Period

LOOKS_BACK = timedelta(hours=2)
LOOKS_FAR_BACK = timedelta(days=2)


def measure(now: datetime, back: timedelta = LOOKS_BACK) -> int:
    """Measure the hours and days that ended lately; return how many figures are new or changed."""
    return sum(one_pass(period) for period in Period.before(now, back).pieces(LOOKS_BACK))


def one_pass(period: Period) -> int:
    """Measure what ended in a period, alone."""
    with alone():
        return of_hours(period) + of_days(period)


@contextmanager
def alone() -> Iterator[None]:
    """Let one pass work at a time; the next one waits, and finds little to do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurements', 0))")
        yield


def of_hours(period: Period) -> int:
    """Measure answers on request."""
    hours = answered.asked(period)
    found = judging.judged(answered.figures(hours))
    silent = judging.silence(answered.silent(hours))
    is_new = found["is_new"].astype(bool)
    written = keep.write(keep.by_segment(found[is_new])) + keep.write(keep.by_segment(silent))
    return written + keep.restate(found[~is_new])


def of_days(period: Period) -> int:
    """Measure answers that are given once a day for everything."""
    return keep.write(batch.judged(batch.days(period)))
