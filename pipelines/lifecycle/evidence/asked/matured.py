"""What units were told on days that have matured, in fine groups of chances, and how many of each group ordered.

A unit counts once a day for each part of what it is asked about (a visit, a checkout), by its first answer. Peak hours
are those of the day on which it is counted: what was measured before stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Subquery

from pipelines.lifecycle.evidence import peaks
from pipelines.lifecycle.evidence.asked import asking, outcomes
from pipelines.lifecycle.ingest import freshness
from pipelines.models import ChanceDay, PredictionLog, Shop
from pipelines.stats import clock, peak_hours
from pipelines.usecases import USE_CASES

LOOKS_BACK = timedelta(days=34)  # as long as the log is whole
WIDTH, LEAST = 0.1, 1e-4  # of a group, in log odds; chances nearer to 0 or 1 are in the last one
A_DAY = timedelta(days=1)
COUNT = f"""
    SELECT a.part, a.is_peak, floor(ln(a.held / (1 - a.held)) / {WIDTH})::int AS bin, count(*), sum(a.score),
        count(*) FILTER (WHERE {outcomes.came("a", "%(within)s")})
    FROM (
        SELECT DISTINCT ON (part, l.unit) coalesce(l.features ->> 'of', '') AS part, l.unit, l.at, l.score,
            least(greatest(l.score, {LEAST}), 1 - {LEAST}) AS held,
            extract(hour FROM l.at AT TIME ZONE %(zone)s)::int = ANY(
                CASE WHEN extract(isodow FROM l.at AT TIME ZONE %(zone)s) >= 6
                    THEN %(weekend)s::int[] ELSE %(weekday)s::int[] END) AS is_peak
        FROM pipelines_predictionlog l
        WHERE l.shop_id = %(shop)s AND l.at >= %(since)s AND l.at < %(until)s AND l.use_case = %(use_case)s
            AND l.outcome = '{PredictionLog.Outcome.ANSWERED}' AND l.is_shown AND l.score IS NOT NULL
        ORDER BY part, l.unit, l.at) AS a
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def said_by() -> list[str]:
    """List what says chances of open visits and checkouts."""
    return [slug for slug, case in USE_CASES.items() if case.asks and case.monitored and case.monitored.says]


def due(now: datetime) -> Iterator[tuple[int, str]]:
    """Yield each shop and use case of which a day has matured that was not counted."""
    asked = set(asking.due())
    for slug in said_by():
        last = ChanceDay.objects.filter(shop=OuterRef("pk"), use_case=slug).order_by("-day").values("day")[:1]
        shops = Shop.objects.installed().filter(pk__in=[shop for shop, case in asked if case == slug])
        known = dict(shops.annotate(last=Subquery(last)).values_list("pk", "last"))
        for shop in shops.order_by("pk"):
            newest = known.get(shop.pk) or date.min
            if newest < now.astimezone(shop.zone).date() - 2 * A_DAY and any(days(shop, slug, now)):
                yield shop.pk, slug


def days(shop: Shop, use_case: str, now: datetime) -> Iterator[date]:
    """Yield the matured days after the last one that was counted, from the first on that is in the log."""
    newest, monitored = freshness.newest_pull_at(shop), USE_CASES[use_case].monitored
    if newest is None or monitored is None:
        return
    after = min(newest, now).astimezone(shop.zone).date() - monitored.matures_after
    known = ChanceDay.objects.for_shop(shop).filter(use_case=use_case).order_by("-day").values_list("day", flat=True)
    last = known.first()
    day = max(last + A_DAY, after - LOOKS_BACK) if last else first_day(shop, use_case, after)
    while day is not None and day < after:
        yield day
        day += A_DAY


def first_day(shop: Shop, use_case: str, after: date) -> date | None:
    """Return the first day of which the log holds an answer that somebody was shown."""
    since = clock.midnight(after - LOOKS_BACK, shop.zone)
    rows = PredictionLog.objects.for_shop(shop).filter(use_case=use_case, at__gte=since, is_shown=True)
    first = rows.exclude(score=None).order_by("at").values_list("at", flat=True).first()
    return first.astimezone(shop.zone).date() if first else None


def count(shop: Shop, use_case: str, now: datetime) -> int:
    """Count the days that have matured; return how many that were."""
    each = list(days(shop, use_case, now))
    ChanceDay.objects.bulk_create(
        [ChanceDay(shop=shop, use_case=use_case, day=day, groups=groups(shop, use_case, day, now)) for day in each],
        ignore_conflicts=True,
    )
    return len(each)


def groups(shop: Shop, use_case: str, day: date, now: datetime) -> list[list[Any]]:
    """Read what was said on one day, and what came of it."""
    monitored, hours = USE_CASES[use_case].monitored, peaks.peaks_of(shop, now)
    assert monitored
    span = clock.day_window(day, shop.zone)
    facts: dict[str, Any] = {
        "shop": shop.pk,
        "use_case": use_case,
        "zone": shop.timezone,
        "within": monitored.matures_after,
    }
    facts |= {"since": span.starts_at, "until": span.ends_at}
    facts |= {name: list(hours.get(name, ())) for name in (peak_hours.WEEKDAY, peak_hours.WEEKEND)}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, facts)
        return [list(row) for row in cursor.fetchall()]
