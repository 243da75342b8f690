"""After a rollback: recovered, still failing, or not proven; and what was avoided, with its interval."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from pipelines.lifecycle.evidence import recovery
from pipelines.lifecycle.releases import rollback
from pipelines.models import Alert, ServingWindow
from tests import exposing
from tests.exposing import MONDAY, SLUG, an_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def hours(release, first, count, *, units=1000, orders=20):
    """Let everybody be served for so many hours, with so many orders in each."""
    for hour in range(count):
        start = first + hour * HOUR
        facts = {"units": units, "starts_at": start, "ends_at": start + HOUR, "arm": "stable", "version": None}
        ServingWindow.objects.create(shop=release.shop, use_case=SLUG, **facts)
        exposing.ordered(release, [None] * orders, start + HOUR / 2)


def gone_back(orders_after: int, count: int = 60):
    """Return a release that was rolled back after a day, with hours before and since."""
    release = exposing.a_canary(exposing.a_shop())
    for weeks in (1, 2):
        hours(release, MONDAY - weeks * WEEK + 24 * HOUR, count)
    at = MONDAY + 24 * HOUR
    rollback.abort(release, by="system", because="Harm", now=at)
    release.entered_at = at
    release.save()
    hours(release, at, count, orders=orders_after)
    return release, at + count * HOUR


def test_orders_as_before_are_recovered():
    assert recovery.look_back(*gone_back(20, 140))["verdict"] == "recovered"


def test_orders_that_stay_away_are_still_failing_and_told_of():
    found = recovery.look_back(*gone_back(8))
    assert found["verdict"] == "still_failing"
    assert Alert.objects.get().severity == "critical"


def test_a_few_hours_prove_nothing():
    assert recovery.look_back(*gone_back(20, 3))["verdict"] == "not_proven"


def test_hours_without_a_match_are_left_out():
    release = exposing.a_canary(exposing.a_shop())
    rollback.abort(release, by="system", because="Harm", now=MONDAY + HOUR)
    before, after = recovery.matched(release, MONDAY + 5 * HOUR)
    assert before.shape == after.shape == (0, 2)


def test_what_was_avoided_has_an_interval_or_is_not_said():
    release, now = gone_back(20)
    assert recovery.avoided(release, now) is None
    release = exposing.a_canary(exposing.a_shop(), step=1)
    for hour in range(24):
        an_hour(release, MONDAY + hour * HOUR, control=(500, 25), canary=(500, 8))
    rollback.abort(release, by="system", because="Harm", now=MONDAY + 24 * HOUR)
    release.entered_at = MONDAY + 24 * HOUR
    found = recovery.avoided(release, MONDAY + 72 * HOUR)
    assert 0 < found["low"] < found["value"] < found["high"]


def test_null_hours_seldom_fail():
    rng = np.random.default_rng(0)
    failing = 0
    for _ in range(200):
        before = np.column_stack([rng.binomial(2000, 0.02, 100), np.full(100, 2000)])
        after = np.column_stack([rng.binomial(500, 0.02, 100), np.full(100, 500)])
        failing += recovery.judge(before, after, margin=0.1)["verdict"] == "still_failing"
    assert failing <= 10
