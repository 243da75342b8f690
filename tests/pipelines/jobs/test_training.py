"""The chain of jobs: each does one stage and starts the next; what was left lying is found again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from pipelines.jobs import releases, training
from pipelines.lifecycle.versions import runs
from pipelines.models import Deployment, ModelVersion, Release, ServingWindow, TrainingRun
from pipelines.usecases import USE_CASES
from tests import exposing, histories, toy_use_case

pytestmark = pytest.mark.django_db
shown = exposing.shown


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    with USE_CASES.only(toy_use_case.TOY):
        yield toy_use_case.mood


@pytest.fixture
def shop(toy):
    return histories.a_shop_to_learn_from()


def test_a_training_leads_to_a_card(shop):
    training.train_version.enqueue(shop.pk, "toy", "first")
    assert Release.objects.get().is_waiting_for_merchant


def test_a_refused_version_is_not_proposed(shop, toy):
    toy.rmsse = 1.5
    training.train_version.enqueue(shop.pk, "toy", "first")
    assert ModelVersion.objects.get().state == ModelVersion.State.REFUSED and not Release.objects.exists()


def test_what_a_merchant_must_wait_for_is_written_on_the_run_and_not_retried_by_the_queue(shop, toy):
    toy.needs_days = 28
    training.train_version.enqueue(shop.pk, "toy", "first")
    assert TrainingRun.objects.get().state == TrainingRun.State.STOPPED


def test_a_fault_reaches_the_queue_which_tries_again(shop, toy):
    toy.fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        training.train_version(shop.pk, "toy", "first")


def test_weekly_versions_ask_once_a_week(shop):
    training.train_version.enqueue(shop.pk, "toy", "first")
    card = Release.objects.get()
    Release.objects.filter(pk=card.pk).update(phase=Release.Phase.REJECTED)
    TrainingRun.objects.update(created_at=timezone.now() - timedelta(days=8))
    training.train_version.enqueue(shop.pk, "toy", "weekly")
    held = Release.objects.latest("pk")
    assert held.phase == Release.Phase.STAGED and held.held


@pytest.mark.parametrize("trigger", ["first", "weekly"])
def test_what_the_clock_sent_twice_runs_once(shop, trigger):
    training.train_version.enqueue(shop.pk, "toy", "first")
    training.train_version.enqueue(shop.pk, "toy", trigger)
    assert ModelVersion.objects.count() == 1


def test_what_the_merchant_asks_for_always_runs(shop):
    for _ in range(2):
        training.train_version.enqueue(shop.pk, "toy", "operator")
    assert ModelVersion.objects.count() == 2


def test_the_clock_trains_what_is_due_and_only_once(shop):
    training.carry_on()
    training.carry_on()
    assert ModelVersion.objects.count() == 1


def test_the_clock_takes_a_dead_run_over(shop):
    run = runs.claim(shop.pk, "toy", "first")
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - 2 * runs.DEAD_AFTER)
    training.carry_on()
    run.refresh_from_db()
    assert (run.state, run.attempts) == (TrainingRun.State.DONE, 2)


def test_the_clock_finds_versions_that_nobody_judged_or_proposed(shop):
    lying = timezone.now() - timedelta(minutes=5)
    version = histories.a_version(shop, state=ModelVersion.State.TRAINED, use_case="toy")
    with histories.anything_goes():
        ModelVersion.objects.update(created_at=lying)
    TrainingRun.objects.create(shop=shop, use_case="toy", trigger="first", state=TrainingRun.State.DONE)
    training.carry_on()
    version.refresh_from_db()
    assert version.state != ModelVersion.State.TRAINED


def test_cards_expire_by_the_clock(shop):
    training.train_version.enqueue(shop.pk, "toy", "first")
    Release.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    releases.keep_time()
    assert Release.objects.get().phase == Release.Phase.EXPIRED


def test_a_refresh_that_was_done_since_is_not_done_again(shop, monkeypatch):
    training.train_version.enqueue(shop.pk, "toy", "first")
    histories.approved(Release.objects.get())
    done = []
    monkeypatch.setattr("pipelines.lifecycle.releases.speak.speak", lambda shop, use_case: done.append(use_case))
    training.catch_up(shop.pk, "toy")
    yesterday = timezone.now().astimezone(shop.zone).date() - timedelta(days=1)
    Deployment.objects.update(served_revision=F("revision"), served_origin=yesterday)
    training.catch_up(shop.pk, "toy")
    assert done == ["toy"]


def test_what_answers_each_visitor_has_nothing_to_refresh_and_is_looked_at(shop, shown):
    release = exposing.a_canary(shop)
    training.refresh.enqueue(shop.pk, shown)
    release.refresh_from_db()
    assert release.evaluated_at and not ServingWindow.objects.for_shop(shop).exclude(broken="").exists()
