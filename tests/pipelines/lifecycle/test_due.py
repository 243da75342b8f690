"""What is due is read from the rows: nothing is lost with a queue, nothing is done twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone

from pipelines.lifecycle import due, turns
from pipelines.lifecycle.releases import propose
from pipelines.models import (
    Deployment,
    Measurement,
    ModelVersion,
    Release,
    ServingWindow,
    ShopSettings,
    SyncRun,
    TrainingRun,
)
from tests import histories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
USE_CASE = "demand_forecast"
State = TrainingRun.State


@pytest.fixture(autouse=True)
def noon():
    """Live at the moment that these tests are told at."""
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Let every shop have its turn at the moment itself; how they are spread over the hour has a test of its own."""
    monkeypatch.setattr(turns, "OVER", timedelta(0))


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.pulled(shop, NOW - timedelta(hours=1))
    return shop


def a_run(shop, created, **changes):
    facts = {"use_case": USE_CASE, "trigger": "weekly", "state": State.DONE} | changes
    run = TrainingRun.objects.create(shop=shop, **facts)
    TrainingRun.objects.filter(pk=run.pk).update(created_at=created)
    return run


def trainings(now=NOW):
    return [trigger for _, _, trigger in due.trainings(now)]


class TestTrainings:
    def test_a_shop_without_a_version_trains_first(self, shop):
        assert list(due.trainings(NOW)) == [(shop.pk, USE_CASE, "first")]

    def test_a_first_try_that_stopped_is_repeated_daily(self, shop):
        a_run(shop, NOW - timedelta(hours=23), state=State.STOPPED)
        assert trainings() == []
        assert trainings(NOW + timedelta(hours=1, minutes=1)) == ["first"]

    def test_nothing_is_due_before_the_first_import_or_on_stale_data(self, shop):
        assert trainings(NOW + timedelta(hours=26)) == []
        SyncRun.objects.all().delete()
        assert trainings() == []

    def test_a_drift_that_began_since_asks_for_one_training_that_names_its_feature(self, shop):
        histories.a_version(shop)
        a_run(shop, NOW - timedelta(hours=5))
        facts = {"use_case": USE_CASE, "metric": "drift_began", "starts_at": NOW - timedelta(days=1), "ends_at": NOW}
        Measurement.objects.create(shop=histories.a_shop(), segment="price", **facts)
        version = ModelVersion.objects.get()
        Measurement.objects.create(shop=shop, segment="prediction", version=version, **facts)
        assert trainings() == []
        Measurement.objects.create(shop=shop, segment="price", **facts)
        later = NOW + timedelta(minutes=1)
        assert trainings(later) == ["drift of price"]
        assert due.is_wanted(shop, USE_CASE, "drift of price") and not due.is_wanted(shop, USE_CASE, "drift of y")
        a_run(shop, later, trigger="drift of price")
        assert trainings(later + timedelta(minutes=1)) == []

    def test_nothing_is_due_before_products_and_stock_are_there_too(self, shop):
        SyncRun.objects.filter(kind=SyncRun.Kind.PRODUCTS).delete()
        assert trainings() == []

    def test_a_shop_that_left_trains_no_more(self, shop):
        type(shop).objects.update(uninstalled_at=NOW)
        assert trainings() == []

    @pytest.mark.parametrize(
        ("created", "expected"), [(MONDAY - timedelta(minutes=1), ["weekly"]), (MONDAY + timedelta(minutes=1), [])]
    )
    def test_a_version_is_trained_once_a_week_after_its_slot(self, shop, created, expected):
        histories.a_version(shop)
        a_run(shop, created)
        assert trainings() == expected

    def test_the_slot_is_the_merchants_and_in_the_shops_zone(self, shop):
        type(shop).objects.update(timezone="America/New_York")
        ShopSettings.objects.update(train_weekday=2, train_at=time(8, 0))  # Wednesday, 13:00 UTC
        histories.a_version(shop)
        a_run(shop, NOW - timedelta(days=2))
        assert trainings() == []
        assert trainings(NOW + timedelta(hours=1)) == ["weekly"]

    def test_the_slot_that_many_shops_share_is_spread_over_an_hour_and_comes_once(self, shop, monkeypatch):
        monkeypatch.setattr(turns, "OVER", timedelta(hours=1))
        monkeypatch.setattr(turns, "spread", lambda subject: 1.125)
        histories.pulled(shop, MONDAY)
        histories.a_version(shop)
        a_run(shop, MONDAY - timedelta(days=7))
        assert trainings(MONDAY + timedelta(minutes=44)) == []
        assert trainings(MONDAY + timedelta(minutes=45)) == ["weekly"]
        a_run(shop, MONDAY + timedelta(minutes=45))
        assert trainings(MONDAY + timedelta(hours=2)) == []

    def test_a_failed_run_is_tried_again_a_day_later(self, shop):
        histories.a_version(shop)
        a_run(shop, NOW - timedelta(hours=25), state=State.FAILED)
        assert trainings() == ["weekly"]

    @pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
    def test_nothing_is_due_while_a_run_is_under_way(self, shop, state):
        a_run(shop, NOW - timedelta(days=9), state=state)
        assert trainings() == []


def test_a_run_without_a_sign_of_life_is_dead(shop):
    alive = a_run(shop, NOW, state=State.RUNNING, heartbeat_at=timezone.now())
    assert list(due.dead_runs()) == []
    TrainingRun.objects.filter(pk=alive.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert list(due.dead_runs()) == [(shop.pk, USE_CASE, "weekly")]


def test_a_version_that_nobody_judged_is_judged(shop):
    version = histories.a_version(shop, state=ModelVersion.State.TRAINED)
    assert list(due.judgements(version.created_at)) == []
    assert list(due.judgements(version.created_at + timedelta(minutes=3))) == [(version.shop_id, version.pk)]


class TestProposals:
    later = timedelta(minutes=3)

    def due_now(self):
        return list(due.proposals(timezone.now() + self.later))

    def test_the_newest_version_that_waits_for_nobody_is_proposed(self, shop):
        histories.a_version(shop)
        newest = histories.a_version(shop)
        assert self.due_now() == [(shop.pk, newest.pk)]

    def test_a_version_that_had_its_release_is_not(self, shop):
        histories.a_card(shop)
        Release.objects.update(phase=Release.Phase.REJECTED)
        assert self.due_now() == []

    def test_nothing_while_another_release_is_under_way(self, shop):
        histories.a_card(shop)
        histories.a_version(shop)
        assert self.due_now() == []


class TestRefreshes:
    @pytest.fixture
    def live(self, shop):
        histories.pulled(shop)
        return histories.approved(histories.a_card(shop)).version

    def serve(self, shop, origin, **changes):
        facts = {"served_revision": F("revision"), "served_origin": origin} | changes
        Deployment.objects.for_shop(shop).update(**facts)

    def test_a_version_that_just_went_live_is_due(self, shop, live):
        assert list(due.refreshes(NOW)) == [(shop.pk, USE_CASE)] and due.is_behind(shop.pk, USE_CASE)

    def test_what_was_answered_from_yesterdays_history_is_fresh(self, shop, live):
        self.serve(shop, NOW.date() - timedelta(days=1))
        assert list(due.refreshes(NOW)) == []

    def test_the_night_is_given_until_two_oclock(self, shop, live):
        self.serve(shop, NOW.date() - timedelta(days=1))
        midnight = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
        assert list(due.refreshes(midnight + timedelta(hours=1, minutes=59))) == []
        assert list(due.refreshes(midnight + timedelta(hours=2))) == [(shop.pk, USE_CASE)]

    def test_on_old_data_no_newer_day_is_told_but_a_rollback_is_followed(self, shop, live):
        self.serve(shop, NOW.date() - timedelta(days=2))
        assert list(due.refreshes(NOW)) == [(shop.pk, USE_CASE)]
        SyncRun.objects.update(finished_at=NOW - timedelta(hours=27))
        assert list(due.refreshes(NOW)) == [] and not due.is_behind(shop.pk, USE_CASE)
        Deployment.objects.update(revision=F("revision") + 1)
        assert list(due.refreshes(NOW)) == [(shop.pk, USE_CASE)] and due.is_behind(shop.pk, USE_CASE)

    def test_the_night_of_many_shops_is_spread_over_an_hour(self, shop, live, monkeypatch):
        monkeypatch.setattr(turns, "OVER", timedelta(hours=1))
        monkeypatch.setattr(turns, "spread", lambda subject: 1.125)  # three quarters of the way
        self.serve(shop, NOW.date() - timedelta(days=1))
        two = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
        assert list(due.refreshes(two + timedelta(minutes=44))) == []
        assert list(due.refreshes(two + timedelta(minutes=45))) == [(shop.pk, USE_CASE)]

    def test_it_is_each_shops_own_night(self, shop, live):
        self.serve(shop, NOW.date() - timedelta(days=1))
        for zone, is_due in {"America/Los_Angeles": False, "Asia/Kolkata": False, "Pacific/Kiritimati": True}.items():
            type(shop).objects.filter(pk=shop.pk).update(timezone=zone)  # 04:00, 17:30, and 02:00 of the next day
            assert bool(list(due.refreshes(NOW))) is is_due

    def test_once_the_pointer_moved_what_was_answered_before_is_not_of_what_runs(self, shop, live):
        self.serve(shop, NOW.date())
        Deployment.objects.update(revision=F("revision") + 1)
        assert list(due.refreshes(NOW)) == [(shop.pk, USE_CASE)]

    def test_before_anything_was_approved_what_the_simple_rule_says_is_due(self, shop):
        histories.a_card(shop)
        assert list(due.refreshes(NOW)) == [(shop.pk, USE_CASE)]

    def test_before_the_first_import_nothing_is_due(self, shop):
        histories.a_card(shop)
        SyncRun.objects.all().delete()
        assert list(due.refreshes(NOW)) == []


def test_a_candidate_that_was_never_heard_alongside_is_found_again(shop):
    histories.pulled(shop)
    histories.approved(histories.a_card(shop))
    waiting = propose.propose(histories.a_version(shop))
    assert waiting.phase == "shadow"
    later = timezone.now() + timedelta(minutes=5)
    assert list(due.unheard(later)) == [], "what runs has not spoken today: both will"
    Deployment.objects.update(served_revision=F("revision"), served_origin=timezone.now().date())
    assert list(due.unheard()) == []
    assert list(due.unheard(later)) == [(shop.pk, "demand_forecast")]
    now = timezone.now()
    facts = {"arm": "canary", "version": waiting.version, "starts_at": now, "ends_at": now}
    ServingWindow.objects.create(shop=shop, use_case="demand_forecast", **facts)
    assert list(due.unheard(later)) == []
    ServingWindow.objects.update(starts_at=now - timedelta(days=3))
    assert list(due.unheard(later)) == [(shop.pk, "demand_forecast")], "the machine missed it today"
