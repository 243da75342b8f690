"""Measurements as the worker writes them: a week of hours, a quarter of days, four weeks of compared features."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from pipelines.models import DriftBins, Measurement, Shop
from pipelines.stats import clock, peak_hours

DAY = timedelta(days=1)
SHARES = ("error_share", "fallback_share", "slow_share", "answered_share", "availability")
GOOD = ("answered_share", "availability")


def write(rows: Iterable[Measurement]) -> None:
    Measurement.objects.bulk_create(rows, ignore_conflicts=True)


def hours(shop: Shop, use_case: str, version: Any, now: datetime, *, days: int = 7, **changes: Any) -> None:
    """Write every hour of some days: quick answers, slower in the peak hours, a quiet hour each night."""
    spans = clock.hours_between(now - timedelta(days=days), now, shop.zone)
    write(row for span in spans for row in an_hour(shop, use_case, version, span, **changes))


def an_hour(shop: Shop, use_case: str, version: Any, span: clock.Span, **changes: Any) -> Iterator[Measurement]:
    """Yield the figures of one hour, for all hours and for its kind."""
    local = span.starts_at.astimezone(shop.zone)
    name = peak_hours.class_of(local.weekday())
    is_peak = local.hour in shop.settings.peak_hours.get(name, ())
    times = {"latency_p50": 12.0, "latency_p95": 31.0 + 8 * is_peak + 3 * math.sin(local.hour), "latency_p99": 46.0}
    shares = {metric: 1.0 if metric in GOOD else 0.0 for metric in SHARES}
    told = {"n": 140, "verdict": "ok"} if local.hour != 4 else {"n": 0, "verdict": "quiet"}
    for metric, value in (times | shares | {"questions": 200.0}).items():
        known = {"value": None if told["verdict"] == "quiet" else value} | told | changes.get(metric, {})
        for segment in ("all", f"{'peak' if is_peak else 'offpeak'}_{name}"):
            facts = {"shop": shop, "use_case": use_case, "version": version, "metric": metric, "segment": segment}
            yield Measurement(**facts, starts_at=span.starts_at, ends_at=span.ends_at, **known)


def a_day(shop: Shop, use_case: str, version: Any, metric: str, ago: int, now: datetime, **facts: Any) -> Measurement:
    """Return one figure of a day of the shop's, so many days ago."""
    span = clock.day_window((now.astimezone(shop.zone) - ago * DAY).date(), shop.zone)
    known = {"shop": shop, "use_case": use_case, "version": version, "metric": metric, "n": 120, "verdict": ""}
    return Measurement(**known | {"starts_at": span.starts_at, "ends_at": span.ends_at} | facts)


def days(shop: Shop, use_case: str, version: Any, now: datetime, *, last: int = 28) -> None:
    """Write that every day's answers came, for all that was asked for, on fresh data."""
    figures = {"answered": 1.0, "completeness": 1.0, "data_age_hours": 6.0}
    each = [(metric, ago) for metric in figures for ago in range(1, last + 1)]
    write(a_day(shop, use_case, version, metric, ago, now, value=figures[metric], verdict="ok") for metric, ago in each)


def outcomes(shop: Shop, use_case: str, version: Any, now: datetime, *, figures: dict[str, float]) -> None:
    """Write how near each day came, but for the last week, which is not known yet."""
    for ago in range(8, 92):
        swing = 0.03 * math.sin(ago)
        named = {f"{name}_1d": value + swing for name, value in figures.items()}
        write(a_day(shop, use_case, version, name, ago, now, value=value) for name, value in named.items())


def drift(shop: Shop, use_case: str, features: Iterable[str], now: datetime, **verdicts: str) -> None:
    """Write four weeks of windows of a day, and how the newest of each feature was spread."""
    for place, name in enumerate(features):
        verdict = verdicts.get(name, "ok")
        for ago in range(28, 0, -1):
            value = 0.16 if verdict == "drift" and ago < 4 else 0.02 + 0.004 * ((ago + 3 * place) % 7)
            said = verdict if verdict not in ("ok", "drift") or (verdict == "drift" and ago < 4) else "ok"
            known = None if said in ("insufficient", "no_data") else value
            facts = {"segment": name, "n": 240, "value": known, "high": 0.1, "verdict": said}
            rows = [a_day(shop, use_case, None, "drift", ago, now, **facts)]
            rows.append(a_day(shop, use_case, None, "drift_lasting", ago, now, segment=name, verdict=said))
            write(rows)
        spread = {"edges": [1.0, 2.5, 5.0], "usual": [400, 300, 200, 100, 0], "now": [60, 60, 70, 50, 0]}
        begun = a_day(shop, use_case, None, "drift", 1, now).starts_at
        DriftBins.objects.create(shop=shop, use_case=use_case, feature=name, starts_at=begun, bins=spread)
    together = "drift" if "drift" in verdicts.values() else "ok"
    write([a_day(shop, use_case, None, "drift_lasting", 1, now, verdict=together)])
