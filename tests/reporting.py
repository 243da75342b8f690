"""A shop with a month behind it, made as rows: what ran by the ledger, what its days cost, and what it missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import time_machine

from pipelines.lifecycle.results import keep
from pipelines.lifecycle.results.months import Month
from pipelines.models import Deployment, LifecycleEvent, Measurement, ModelVersion, MonthReport, Release, Shop
from pipelines.stats import clock
from tests import histories

LONDON = ZoneInfo("Europe/London")
A_MONDAY = date(2026, 9, 28)  # the 28 days from it end in October
OCTOBER = Month(date(2026, 10, 1), LONDON)
INSTALLED = datetime(2026, 9, 25, 9, tzinfo=UTC)
AFTER = datetime(2026, 11, 10, 6, tzinfo=UTC)  # October is final
USE_CASE = "demand_forecast"


def a_shop(**changes: Any) -> Shop:
    """Return a shop in London that had the app before October."""
    return histories.a_shop(**{"installed_at": INSTALLED} | changes)


def record(shop: Shop, kind: str, at: datetime, **facts: Any) -> None:
    """Write a line of the ledger as of a moment."""
    with time_machine.travel(at, tick=False):
        LifecycleEvent.record(shop, kind, by="system", because="Because", **{"use_case": USE_CASE} | facts)


def live(shop: Shop, at: datetime = INSTALLED + timedelta(days=1), **changes: Any) -> ModelVersion:
    """Return a version that went live at a moment."""
    version = histories.a_version(shop, **changes)
    release = histories.a_live_release(version)
    Release.objects.filter(pk=release.pk).update(exposed_at=at, entered_at=at, created_at=at)
    facts = {"use_case": version.use_case, "version_number": version.number}
    record(shop, "version.trained", at, **facts)
    record(shop, "version.validated", at, **facts)
    record(shop, "release.live", at, release_id_seen=release.pk, **facts)
    Deployment.of(shop, version.use_case)
    Deployment.objects.filter(shop=shop, use_case=version.use_case).update(active=version, active_since=at)
    return version


def each_day(version: ModelVersion, metric: str, values: Sequence[float], month: Month = OCTOBER) -> None:
    """Write a figure for each day of a month, from its first day on."""
    days = month.days[: len(values)]
    Measurement.objects.bulk_create(
        Measurement(
            shop=version.shop,
            use_case=version.use_case,
            version=version,
            metric=metric,
            starts_at=clock.midnight(day, month.zone),
            ends_at=clock.midnight(day + timedelta(days=1), month.zone),
            n=12,
            value=float(value),
        )
        for day, value in zip(days, values, strict=True)
    )


def of_28_days(version: ModelVersion, first: date, ours: float | None = 0.2, rule: float | None = 0.3) -> None:
    """Write the errors of 28 days in all, a version's and the simple rule's."""
    at, after = (clock.midnight(first + timedelta(days=days), LONDON) for days in (0, 28))
    for metric, value in (("wape_28d", ours), ("wape_by_rule_28d", rule)):
        facts = {"use_case": version.use_case, "version": version, "starts_at": at, "ends_at": after, "n": 12}
        Measurement.objects.create(shop=version.shop, metric=metric, value=value, **facts)


def saved(days: int, mean: float, spread: float, seed: int = 0) -> np.ndarray:
    """Return daily savings whose mean and spread are exactly these."""
    noise = np.random.default_rng(seed).normal(size=days)
    return mean + spread * (noise - noise.mean()) / noise.std(ddof=1)


def a_good_month(version: ModelVersion, mean: float = 16_000, spread: float = 9_000, days: int = 31) -> None:
    """Let a version save money every day of October, and miss fewer units than the simple rule."""
    each_day(version, "loss_against_simple_rule", -saved(days, mean, spread))
    each_day(version, "missed_1d", 30 + saved(days, 0, 4, seed=1))
    each_day(version, "missed_by_rule_1d", 40 + saved(days, 0, 4, seed=2))
    of_28_days(version, A_MONDAY)


def reported(shop: Shop, **month: Any) -> MonthReport:
    """Let the live version of a shop that pages show have run through October, and keep the report of it."""
    shop.installed_at = INSTALLED
    shop.save()
    version = Deployment.objects.get(shop=shop, use_case=USE_CASE).active
    facts = {"version_number": version.number, "release_id_seen": version.releases.get(phase="live").pk}
    record(shop, "release.live", INSTALLED + timedelta(days=1), **facts)
    a_good_month(version, **month)
    return keep.make(shop, OCTOBER, AFTER)
