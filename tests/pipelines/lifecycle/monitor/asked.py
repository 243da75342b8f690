"""Answers that were given to visitors, appended as the door appends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pipelines.lifecycle.evidence import answers
from pipelines.lifecycle.monitor import measure
from pipelines.lifecycle.monitor.watch import answers as told
from pipelines.models import Measurement, Release, Shop
from tests import exposing
from tests.exposing import MONDAY
from tests.histories import numbers

NOON = MONDAY + timedelta(hours=12)
OVER = NOON + timedelta(hours=1, minutes=5)


def a_release(**changes: Any) -> Release:
    """Return a release in a shop that has been with us for a while."""
    release = exposing.a_canary(exposing.a_shop(), **changes)
    Shop.objects.update(installed_at=MONDAY - timedelta(days=60))
    return release


def log(release: Release, *rows: dict[str, Any], times: int = 1) -> None:
    """Append answers of different units, by the version that runs, at noon where nothing else is said."""
    usual = {"version": exposing.active(release), "arm": "stable", "at": NOON, "milliseconds": 10.0}
    each = [usual | {"unit": next(numbers).to_bytes(16)} | row for row in rows for _ in range(times)]
    exposing.append(answers.LOG, [exposing.said(release.shop, **row) for row in each])


def an_hour(release: Release, hour: float, *, units: int, errors: int = 0, outcome: str = "error") -> datetime:
    """Let visitors ask in an hour from Monday on, measure it and look; return when that was."""
    at = MONDAY + timedelta(hours=hour)
    log(release, {"at": at, "outcome": outcome}, times=errors)
    log(release, {"at": at}, times=units - errors)
    now = at + timedelta(hours=1, minutes=5)
    measure.measure(now)
    told.look(now)
    return now


def figure(metric: str, **of: Any) -> Measurement:
    """Return a figure of the one hour and version of which something was asked."""
    was_asked = Measurement.objects.exclude(verdict__in=["quiet", "no_data"])
    return was_asked.get(metric=metric, segment="all", **of)


def value(metric: str, **of: Any) -> float | None:
    """Return the value of that figure."""
    return figure(metric, **of).value
