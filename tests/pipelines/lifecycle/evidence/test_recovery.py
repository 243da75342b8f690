"""After a rollback: recovered, still failing, or not proven; and what was avoided, with its interval."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.lifecycle.evidence import recovery, rollbacks
from pipelines.lifecycle.releases import rollback
from pipelines.models import Alert, Release, ServingWindow
from pipelines.stats.inference import before_after
from tests import exposing
from tests.exposing import MONDAY, SLUG, an_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def hours(release, first, count, *, units=1000, orders=20, **changes):
    """Let everybody be served for so many hours, with so many orders in each."""
    spans = [(first + hour * HOUR, first + (hour + 1) * HOUR) for hour in range(count)]
    facts = {"shop": release.shop, "use_case": SLUG, "units": units, "arm": "stable", "version": None} | changes
    ServingWindow.objects.bulk_create(ServingWindow(**facts, starts_at=start, ends_at=end) for start, end in spans)
    for start, _ in spans:
        exposing.ordered(release, [None] * orders, start + HOUR / 2)


def gone_back(orders_after: int, days: int = 4, before: tuple[int, ...] = (20,) * 8):
    """Return a release that was rolled back after a day, with days served before and since."""
    release = exposing.a_canary(exposing.a_shop())
    at = MONDAY + 24 * HOUR
    for weeks, orders in enumerate(before, 1):
        hours(release, at - weeks * WEEK, 24 * days, orders=orders)
    rollback.abort(release, by="system", because="Harm", quarantines=True, now=at)
    release.entered_at = at
    release.save()
    hours(release, at, 24 * days, orders=orders_after)
    return release, at + 24 * days * HOUR


def test_orders_as_before_are_recovered():
    found = rollbacks.look_back(*gone_back(20))
    assert found["verdict"] == "recovered" and found["weeks"] == 8
    assert found["change"]["low"] < 0 < found["change"]["high"]


def test_orders_that_stay_away_are_still_failing_and_told_of():
    found = rollbacks.look_back(*gone_back(8))
    assert found["verdict"] == "still_failing"
    assert Alert.objects.get().severity == "critical"
    assert "60\xa0% less than in the same hours of 8 weeks before" in found["sentence"]


def test_weeks_that_differ_anyway_explain_a_week_that_is_lower():
    lower = rollbacks.look_back(*gone_back(15, days=2, before=(18, 22, 25, 15, 21, 17, 24, 18)))
    assert lower["verdict"] == "not_proven" and lower["change"]["value"] < -0.2
    assert not Alert.objects.exists()
    assert rollbacks.look_back(*gone_back(15, days=2))["verdict"] == "still_failing"  # where they are all alike


def test_a_few_hours_prove_nothing():
    release, _ = gone_back(8, days=2)
    assert rollbacks.look_back(release, release.entered_at + 30 * HOUR)["verdict"] == "not_proven"
    assert rollbacks.look_back(release, release.entered_at + 48 * HOUR)["verdict"] == "still_failing"


def test_two_weeks_before_say_nothing_of_how_weeks_differ():
    assert rollbacks.look_back(*gone_back(1, days=2, before=(20, 20)))["verdict"] == "not_proven"


def test_between_looks_nothing_new_is_said():
    release, _ = gone_back(1, days=1, before=())
    looks = {recovery.newest_look(release, release.entered_at + hour * HOUR) for hour in range(24 * 20)}
    assert looks == {None, *(release.entered_at + days * 24 * HOUR for days in before_after.LOOKS)}


def test_every_earlier_hour_counts_once():
    release, now = gone_back(3, days=14, before=())
    for weeks in range(1, 9):
        hours(release, MONDAY - weeks * WEEK, 7 * 24, orders=weeks)
    (before_orders, before_units), (after_orders, _) = recovery.matched(release, now)
    assert before_orders == [weeks * 7 * 24 for weeks in range(1, 9)]
    assert before_units == [1000 * 7 * 24] * 8
    assert after_orders == [3 * 7 * 24] * 2


def test_shoppers_of_a_version_that_was_shown_count_and_those_of_one_that_ran_unseen_do_not():
    release, now = gone_back(1, days=2, before=(1,) * 8)
    earlier = exposing.a_canary(exposing.a_shop())
    other = exposing.histories.a_version(release.shop, use_case=SLUG)
    Release.objects.filter(pk=earlier.pk).update(
        shop=release.shop, version=other, phase="rolled_back", exposed_at=release.entered_at - WEEK + 24 * HOUR
    )
    shown = {"arm": "canary", "version": other, "orders": 0}
    hours(release, release.entered_at - WEEK, 48, **shown)
    (_, units), _ = recovery.matched(release, now)
    assert units == [1000 * 72, *[1000 * 48] * 7]


def test_hours_without_a_match_are_left_out():
    release = exposing.a_canary(exposing.a_shop())
    rollback.abort(release, by="system", because="Harm", quarantines=True, now=MONDAY + HOUR)
    assert recovery.matched(release, MONDAY + 50 * HOUR) == (([], []), ([], []))


def test_what_was_avoided_has_an_interval_or_is_not_said():
    release, now = gone_back(20)
    assert recovery.avoided(release, now) is None
    release = exposing.a_canary(exposing.a_shop(), step=1)
    for hour in range(24):
        an_hour(release, MONDAY + hour * HOUR, control=(500, 25), canary=(500, 8))
    rollback.abort(release, by="system", because="Harm", quarantines=True, now=MONDAY + 24 * HOUR)
    release.entered_at = MONDAY + 24 * HOUR
    found = recovery.avoided(release, MONDAY + 72 * HOUR)
    assert 0 < found["low"] < found["value"] < found["high"]
