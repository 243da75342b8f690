"""What it takes to compute: noted by day and use case as it is spent; of answers to visitors once their day is over.

An answer's time is that which its scorer took on its thread, waiting for a processor included: at most so much was
spent.
"""

from __future__ import annotations

import logging
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import Error as DatabaseAway
from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from pipelines.models import ComputedDay, Shop

log = logging.getLogger(__name__)

What = ComputedDay.What
LOOKS_BACK = timedelta(days=3)
# Whole days of each shop's clock; worked out anew from all rows, so it is right however often it is made.
ANSWERS = """
    INSERT INTO pipelines_computedday AS held (shop_id, use_case, what, day, seconds, memory_mb, times)
    SELECT l.shop_id, l.use_case, 'answer', (l.at AT TIME ZONE s.timezone)::date AS day, sum(l.milliseconds) / 1000, 0,
        count(*)
    FROM pipelines_predictionlog l JOIN pipelines_shop s ON s.id = l.shop_id AND s.redacted_at IS NULL
    WHERE l.at >= %(since)s - interval '1 day' AND l.outcome <> 'alive'
        AND (l.at AT TIME ZONE s.timezone)::date >= (%(since)s AT TIME ZONE s.timezone)::date
        AND (l.at AT TIME ZONE s.timezone)::date < (%(now)s AT TIME ZONE s.timezone)::date
    GROUP BY l.shop_id, l.use_case, day
    ON CONFLICT (shop_id, use_case, what, day) DO UPDATE SET seconds = excluded.seconds, times = excluded.times
    WHERE (held.seconds, held.times) IS DISTINCT FROM (excluded.seconds, excluded.times)
"""


@contextmanager
def noted(shop: Shop, use_case: str, what: str) -> Iterator[None]:
    """Note what a piece of work takes, also where it fails."""
    began = time.process_time()
    try:
        yield
    finally:
        try:
            add(shop, use_case, what, time.process_time() - began)
        except DatabaseAway:  # the work itself says so where it needs one
            log.warning("what a %s took could not be noted", what, exc_info=True)


def add(shop: Shop, use_case: str, what: str, seconds: float) -> None:
    """Add to what the shop's day has taken so far."""
    day = timezone.now().astimezone(shop.zone).date()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    row, _ = ComputedDay.objects.get_or_create(shop=shop, use_case=use_case, what=what, day=day)
    ComputedDay.objects.filter(pk=row.pk).update(
        seconds=F("seconds") + seconds, memory_mb=Greatest("memory_mb", memory), times=F("times") + 1
    )


def sum_up_answers(now: datetime) -> int:
    """Add up what visitors' questions took on the days that are over; return how many days are new or changed."""
    with connection.cursor() as cursor:
        cursor.execute(ANSWERS, {"now": now, "since": now - LOOKS_BACK})
        return int(cursor.rowcount)
