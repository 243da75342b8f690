"""Doors pooled by visits, days by days, stale minutes by readings; what nobody measured is no zero."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.lifecycle.results import uptime
from pipelines.models import Measurement, SyncRun
from tests import reporting
from tests.reporting import OCTOBER, USE_CASE

START = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hour(shop, metric, n, value, at=OCTOBER.starts_at, **changes):
    facts = {"use_case": USE_CASE, "metric": metric, "starts_at": at, "ends_at": at + HOUR, "n": n, "value": value}
    Measurement.objects.create(shop=shop, **facts | changes)


def of(shop):
    return uptime.of_model(shop, USE_CASE, OCTOBER)


def test_shares_of_hours_are_pooled_by_their_visits(shop):
    hour(shop, "availability", 900, 1.0)
    hour(shop, "availability", 100, 0.5, at=OCTOBER.starts_at + HOUR)
    hour(shop, "availability", 100, 0.0, at=OCTOBER.ends_at)
    hour(shop, "availability", 100, 0.0, segment="peak_weekday")
    assert of(shop)["availability"] == {"value": pytest.approx(0.95), "n": 1000}


def test_quiet_hours_and_what_was_never_measured_are_no_zero(shop):
    hour(shop, "availability", 0, None, verdict="quiet")
    found = of(shop)
    assert (found["availability"], found["fallback_share"], found["answered_days"]) == (None, None, None)


def test_what_came_late_counts_in_what_is_known_now(shop):
    hour(shop, "availability", 100, 1.0, restated=0.5)
    assert of(shop)["availability"] == {"value": 0.5, "n": 100}


def test_what_answers_unseen_lets_no_visitor_down(shop, version):
    hour(shop, "availability", 100, 1.0)
    hour(shop, "fallback_share", 100, 0.0)
    hour(shop, "availability", 0, None, version=version, verdict="insufficient")
    hour(shop, "fallback_share", 100, 1.0, version=version)
    assert of(shop)["fallback_share"] == {"value": 0.0, "n": 100}


def test_hours_in_which_nobody_was_heard_are_counted_once_and_quiet_ones_are_none(shop, version):
    assert of(shop)["silent_hours"] is None
    for place, (value, verdict) in enumerate([(9.0, ""), (None, "quiet"), (None, "no_data"), (None, "no_data")]):
        hour(shop, "questions", 9 if value else 0, value, at=OCTOBER.starts_at + place * HOUR, verdict=verdict)
    hour(shop, "questions", 0, None, version=version, verdict="no_data")  # in an hour in which another was asked
    hour(shop, "questions", 0, None, version=version, verdict="no_data", at=OCTOBER.starts_at + 2 * HOUR)
    assert of(shop)["silent_hours"] == [2, 3]


def test_days_with_an_answer_are_counted_among_those_measured(shop):
    for day, value in enumerate([1.0, 1.0, 0.0, None]):
        hour(shop, "answered", 1, value, at=OCTOBER.starts_at + day * 24 * HOUR)
    assert of(shop)["answered_days"] == [2, 3]


def test_drift_that_began_counts_and_what_a_freeze_explains_does_not(shop):
    hour(shop, "drift_began", 9, None, segment="price", verdict="drift")
    hour(shop, "drift_began", 9, None, segment="discount", verdict="expected")
    hour(shop, "drift_of_ours", 12, None, segment="size", verdict="drift")
    assert of(shop)["drifts"] is None, "no window was judged"
    hour(shop, "drift", 9, None, segment="price")
    assert of(shop)["drifts"] == 2, "also one that asked for no training"


def test_decay_counts_in_the_month_in_which_it_was_found(shop, version):
    release = version.releases.get()
    assert of(shop)["decays"] is None, "no day was judged"
    hour(shop, "loss_against_simple_rule", 9, 1.0, version=version)
    for since, count in ((OCTOBER.starts_at, 1), (OCTOBER.ends_at, 0)):
        release.analysis = {"decay": {"alarm": True, "since": since.isoformat()}}
        release.save()
        assert of(shop)["decays"] == count


class TestStale:
    def test_before_the_first_reading_nothing_is_known(self):
        assert uptime.stale([], START, START + 48 * HOUR) is None

    def test_what_no_reading_covers_is_stale(self):
        assert uptime.stale([START], START, START + 27 * HOUR) == 60
        assert uptime.stale([START, START + 30 * HOUR], START, START + 40 * HOUR) == 4 * 60
        assert uptime.stale([START, START + 20 * HOUR], START, START + 40 * HOUR) == 0

    def test_a_reading_before_the_month_covers_its_beginning(self):
        assert uptime.stale([START - 20 * HOUR], START, START + 10 * HOUR) == 4 * 60

    @given(st.lists(st.integers(-50, 800), min_size=1), st.integers(1, 744))
    def test_it_lies_between_nothing_and_all(self, hours, length):
        found = uptime.stale([START + each * HOUR for each in hours], START, START + length * HOUR)
        assert 0 <= found <= length * 60

    def test_hourly_readings_that_were_forgotten_are_remembered_by_each_days_figure(self, shop):
        end = OCTOBER.starts_at + 4 * 24 * HOUR
        SyncRun.objects.create(shop=shop, kind="orders", trigger="daily", state="done", finished_at=OCTOBER.starts_at)
        assert uptime.stale_minutes(shop, OCTOBER, end) == (96 - 26) * 60
        for day in range(1, 5):
            at = OCTOBER.starts_at + (day - 1) * 24 * HOUR
            facts = {"at": at, "ends_at": OCTOBER.starts_at + day * 24 * HOUR}
            hour(shop, "data_age_hours", 1, 0.5, **facts)
        assert uptime.stale_minutes(shop, OCTOBER, end) == 0

    def test_another_shops_readings_are_its_own(self, shop):
        SyncRun.objects.create(
            shop=reporting.a_shop(), kind="orders", trigger="daily", state="done", finished_at=OCTOBER.starts_at
        )
        assert uptime.stale_minutes(shop, OCTOBER, OCTOBER.ends_at) is None
