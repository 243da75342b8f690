"""Measure what was answered, hour by hour and day by day, a while after each is over (METHODS 4f).

A figure is written once and stands, for it may have decided something; what comes late is written beside it. A pass
asks as many statements for one shop as for a thousand, and never two passes work at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
from django.db import connection, transaction

from pipelines.lifecycle.monitor import answered, batch, counting, judging, keep
from pipelines.lifecycle.monitor.hours import Period, zones

LOOKS_BACK = timedelta(hours=2)
LOOKS_FAR_BACK = timedelta(days=2)
AT_ONCE = timedelta(hours=12)  # of what is caught up with: it need not all be in memory


def measure(now: datetime, back: timedelta = LOOKS_BACK) -> int:
    """Measure the hours and days that ended lately; return how many figures are new or changed."""
    known = zones()
    return sum(one_pass(period, known) for period in Period.before(now, back).pieces(AT_ONCE))


def one_pass(period: Period, known: list[ZoneInfo]) -> int:
    """Measure what ended in a period, alone."""
    with alone():
        with counting.counted(period, known) as hours:
            of_hours = judging.judged(answered.figures()), judging.silence(answered.silent(hours))
        found = [each for each in (*of_hours, batch.judged(batch.days(period, known))) if len(each)]
        return keep.write(pd.concat(found, ignore_index=True)) if found else 0


@contextmanager
def alone() -> Iterator[None]:
    """Let one pass work at a time; the next one waits, and finds little to do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('measurements', 0))")
        yield
