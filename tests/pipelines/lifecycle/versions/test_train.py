"""Training: one run at a time, alive by heartbeat, no half version, every end written down."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from pipelines.lifecycle.errors import AlreadyRunning, ArtifactNotStored, StaleData
from pipelines.lifecycle.versions import artifacts, runs, train
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, SyncRun, TrainingRun
from pipelines.usecases.contract import NotEnoughHistory, Soundness
from tests import histories, toy_use_case

pytestmark = pytest.mark.django_db
State = TrainingRun.State


@pytest.fixture
def shop(toy):
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=90))
    for ago in range(2, 12):
        histories.an_order(shop, timezone.now() - timedelta(days=ago), [(thing, 2)])
    histories.pulled(shop)
    return shop


def trained(shop, trigger="merchant"):
    return train.train_version(shop_id=shop.pk, use_case="toy", trigger=trigger)


def run_of(shop):
    return TrainingRun.objects.for_shop(shop).latest("pk")


def test_a_version_is_what_was_learned_with_its_lineage(shop):
    version = trained(shop)
    assert (version.number, version.state) == (1, ModelVersion.State.TRAINED)
    assert artifacts.load(version) == {"number.json": b"20.0"}
    assert version.recipe == {"review_days": 7, "lead_days": 14, "seed": 0}
    assert version.lineage["libraries"]["numpy"] and version.dataset.rows == 10
    assert LifecycleEvent.objects.latest("seq").kind == "version.trained"


def test_what_is_answered_for_is_counted_by_the_judge_of_the_first_table(shop, monkeypatch):
    monkeypatch.setitem(toy_use_case.FUNCTIONS, "judge", lambda rows, frames: Soundness(expected=9, units=7))
    assert trained(shop).metrics["serving"]["units"] == 7


def test_the_run_tells_its_steps_cost_and_version(shop):
    version = trained(shop)
    run = run_of(shop)
    assert (run.state, run.percent, run.version) == (State.DONE, 100, version)
    assert run.steps[0]["name"] == "Reading your orders" and len(run.steps) == 7
    assert all(step["seconds"] is not None for step in run.steps)
    assert run.memory_mb > 10 and run.finished_at


def test_numbers_go_up_within_a_shop_and_use_case(shop):
    assert [trained(shop).number for _ in range(3)] == [1, 2, 3]


def test_the_live_version_is_compared_with(shop, toy):
    version = trained(shop)
    deployment = Deployment.of(shop, "toy")
    type(deployment).objects.filter(pk=deployment.pk).update(active=version)
    trained(shop)
    assert toy.champions == [None, 20.0]


def test_a_live_version_whose_files_were_changed_is_no_champion(shop, toy, settings):
    version = trained(shop)
    deployment = Deployment.of(shop, "toy")
    type(deployment).objects.filter(pk=deployment.pk).update(active=version)
    (settings.STATE_DIR / "artifacts" / version.artifact_path / "number.json").write_bytes(b"9")
    trained(shop)
    assert toy.champions == [None, None]


def test_too_little_history_stops_the_run_with_what_is_missing(shop, toy):
    toy.needs_days = 28
    with pytest.raises(NotEnoughHistory):
        trained(shop)
    run = run_of(shop)
    assert (run.state, run.error_code, run.error) == (State.STOPPED, "NotEnoughHistory", "Sales on 28 days are needed.")
    assert not ModelVersion.objects.exists()


def test_stale_data_stops_the_run(shop):
    SyncRun.objects.update(finished_at=timezone.now() - timedelta(hours=30))
    with pytest.raises(StaleData):
        trained(shop)
    assert run_of(shop).error_code == "StaleData"


def test_a_fault_of_ours_is_told_without_its_insides(shop, toy):
    toy.fails = ZeroDivisionError("secret detail")
    with pytest.raises(ZeroDivisionError):
        trained(shop)
    run = run_of(shop)
    assert run.state == State.FAILED and "fault on our side" in run.error and "secret" not in run.error


def test_a_full_disk_fails_the_run_and_leaves_no_version(shop, monkeypatch):
    def full(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    with pytest.raises(ArtifactNotStored):
        trained(shop)
    run = run_of(shop)
    assert run.state == State.FAILED and "No space left" in run.error and "what is live goes on" in run.error
    assert not ModelVersion.objects.exists()


def test_the_next_run_after_a_failure_is_free_to_start(shop, toy):
    toy.fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        trained(shop)
    toy.fails = None
    assert trained(shop).number == 1


class TestOneAtATime:
    def test_a_second_run_is_refused_while_the_first_is_alive(self, shop):
        runs.claim(shop.pk, "toy", "merchant")
        with pytest.raises(AlreadyRunning, match="right now"):
            trained(shop)

    def test_a_run_whose_worker_died_is_taken_over(self, shop):
        first = runs.claim(shop.pk, "toy", "merchant")
        TrainingRun.objects.filter(pk=first.pk).update(heartbeat_at=timezone.now() - 2 * runs.DEAD_AFTER)
        version = trained(shop)
        run = run_of(shop)
        assert (run.pk, run.attempts, run.version) == (first.pk, 2, version)

    def test_the_one_that_was_thought_dead_writes_nothing_any_more(self, shop, toy):
        """A worker that was frozen for minutes wakes up after another finished its run."""

        def taken_over():
            toy.on_fit = lambda: None
            TrainingRun.objects.update(heartbeat_at=timezone.now() - 2 * runs.DEAD_AFTER)
            trained(shop)

        toy.on_fit = taken_over
        with pytest.raises(AlreadyRunning, match="took this run over"):
            trained(shop)
        run = run_of(shop)
        assert ModelVersion.objects.count() == 1 and (run.state, run.attempts) == (State.DONE, 2)

    def test_a_queued_run_is_the_one_that_starts(self, shop):
        queued = TrainingRun.objects.create(shop=shop, use_case="toy", trigger="merchant")
        trained(shop)
        assert run_of(shop).pk == queued.pk

    def test_shops_do_not_wait_for_each_other(self, shop):
        other = histories.a_shop()
        runs.claim(other.pk, "toy", "weekly")
        assert trained(shop).number == 1
