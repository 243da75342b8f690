"""How well what ran did its work in a month: doors, daily answers, stale data, and what began to drift or decay."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, FloatField, OuterRef, QuerySet, Sum
from django.db.models.functions import Cast, Coalesce

from pipelines.lifecycle.evidence import decay
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.monitor import retrain
from pipelines.lifecycle.monitor.counting import QUESTIONS
from pipelines.lifecycle.results.months import Month
from pipelines.models import Measurement, Release, Shop, SyncRun
from pipelines.stats import calendar
from pipelines.strategies import Health
from pipelines.usecases import USE_CASES

SEEN = "availability"  # of what visitors saw; of what answers unseen there is none
SHARES = (SEEN, "answered_share", "fallback_share")  # of units, hour by hour
DAILY = "answered"  # of days, one figure a day
AGE = "data_age_hours"
ALL = "all"
EXPECTED = "expected"
WATCHED = "drift"  # a row for each feature and window that was judged


def of_month(shop: Shop, month: Month, until: datetime) -> dict[str, Any]:
    """Give what worked and for how long, up to a moment; what nobody measured is None and no zero."""
    return {
        "models": [of_model(shop, slug, month) for slug in USE_CASES],
        "stale_minutes": stale_minutes(shop, month, min(until, month.ends_at)),
    }


def of_model(shop: Shop, use_case: str, month: Month) -> dict[str, Any]:
    """Give the shares of one use case with what they are shares of, and what began."""
    mine = Measurement.objects.for_shop(shop).filter(use_case=use_case, release=None)
    rows = mine.filter(starts_at__gte=month.starts_at, starts_at__lt=month.ends_at)
    known = rows.filter(segment=ALL, value__isnull=False)
    case = USE_CASES[use_case]
    told: dict[str, Any] = {"use_case": use_case, "title": case.title, "is_asked": case.is_asked}
    told |= {name: pooled(shown(known.filter(metric=name))) for name in SHARES}
    told["silent_hours"] = silent_hours(rows.filter(segment=ALL, metric=QUESTIONS))
    days = list(known.filter(metric=DAILY).values_list("value", flat=True))
    told["answered_days"] = [sum(1 for value in days if value), len(days)] if days else None
    began = rows.filter(metric__in=(retrain.BEGAN, retrain.OURS), version=None).exclude(verdict=EXPECTED)
    told["drifts"] = began.count() if rows.filter(metric=WATCHED).exists() else None
    told["decays"] = decays(shop, use_case, month) if rows.filter(metric=decay.DAILY).exists() else None
    return told


def shown(rows: QuerySet[Measurement]) -> QuerySet[Measurement]:
    """Keep the figures of versions in hours in which visitors saw what they answered."""
    alike = {name: OuterRef(name) for name in ("shop", "use_case", "segment", "starts_at")}
    saw = Measurement.objects.filter(metric=SEEN, n__gt=0, release=None, **alike)
    version = Coalesce(OuterRef("version_id"), 0)
    return rows.filter(Exists(saw.alias(who=Coalesce("version_id", 0)).filter(who=version)))


def pooled(rows: QuerySet[Measurement]) -> dict[str, Any] | None:
    """Pool the shares of hours, as they are known now, by how much each is a share of."""
    share = Cast(F("n"), FloatField()) * Coalesce("restated", F("value"))
    found = rows.filter(n__gt=0).aggregate(hits=Sum(share), n=Sum("n"))
    return {"value": found["hits"] / found["n"], "n": found["n"]} if found["n"] else None


def silent_hours(rows: QuerySet[Measurement]) -> list[int] | None:
    """Count the hours in which nobody was heard though somebody should have asked, and all that say something."""
    heard = set(rows.filter(value__isnull=False).values_list("starts_at", flat=True))
    missed = set(rows.filter(verdict=Health.NO_DATA).values_list("starts_at", flat=True)) - heard
    return [len(missed), len(heard) + len(missed)] if heard or missed else None


def decays(shop: Shop, use_case: str, month: Month) -> int:
    """Count the versions whose decay was found in a month."""
    rows = Release.objects.for_shop(shop).filter(use_case=use_case, analysis__decay__since__isnull=False)
    since = (row["analysis__decay__since"] for row in rows.values("analysis__decay__since"))
    moments = [datetime.fromisoformat(each) for each in since if each]
    return sum(month.starts_at <= at < month.ends_at for at in moments)


def stale_minutes(shop: Shop, month: Month, until: datetime) -> int | None:
    """Count the minutes in which the newest complete reading of orders was too old; before the first one, none.

    Hourly readings are forgotten after two days; each day's figure of how old the data was remembers its newest one.
    """
    since = month.starts_at - 10 * freshness.LIMIT
    pulls = SyncRun.objects.for_shop(shop).filter(kind__in=freshness.ORDER_PULLS, state=SyncRun.State.DONE)
    ages = Measurement.objects.for_shop(shop).filter(metric=AGE, segment=ALL, value__isnull=False)
    measured = ages.filter(ends_at__gte=since, ends_at__lte=until).values_list("ends_at", "value")
    read_at = [*pulls.filter(finished_at__gte=since, finished_at__lt=until).values_list("finished_at", flat=True)]
    read_at += [at - timedelta(hours=age) for at, age in measured if age is not None]
    return stale(read_at, month.starts_at, until)


def stale(read_at: Iterable[datetime | None], start: datetime, end: datetime) -> int | None:
    """Count the minutes of a stretch that no reading covers, from the first reading on; nothing without any."""
    known = sorted(at for at in read_at if at is not None)
    if not known:
        return None
    start = max(start, known[0])
    fresh = calendar.merged((max(at, start), min(at + freshness.LIMIT, end)) for at in known)
    covered = sum((span.ends_at - span.starts_at).total_seconds() for span in fresh)
    return max(0, round(((end - start).total_seconds() - covered) / 60))
