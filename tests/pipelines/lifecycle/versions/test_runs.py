"""A training run is claimed once, alive by its heartbeat, taken over when its worker died, and closed with its cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError
from django.utils import timezone

from pipelines.lifecycle.errors import AlreadyRunning, ArtifactNotStored, BadData
from pipelines.lifecycle.versions import runs
from pipelines.models import TrainingRun
from pipelines.usecases.contract import NotEnoughHistory
from tests import histories

pytestmark = pytest.mark.django_db
State = TrainingRun.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop():
    return histories.a_shop()


@pytest.fixture
def run(shop):
    return runs.claim(shop.pk, "toy", "merchant")


@pytest.fixture
def tracker(run, monkeypatch):
    monkeypatch.setattr(runs, "PERCENT_EVERY", 0.0)
    return runs.Tracker(run)


def silent(run, for_, attempts=1):
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - for_, attempts=attempts)


class TestClaiming:
    def test_of_two_clicks_one_counts(self, shop):
        assert runs.queue(shop.pk, "toy", "merchant") and not runs.queue(shop.pk, "toy", "merchant")
        assert runs.queue(histories.a_shop().pk, "toy", "merchant") and runs.queue(shop.pk, "other", "merchant")

    def test_what_was_asked_for_is_what_starts(self, shop):
        runs.queue(shop.pk, "toy", "merchant")
        run = runs.claim(shop.pk, "toy", "daily")
        assert (run.state, run.trigger, run.attempts) == (State.RUNNING, "merchant", 1)
        assert TrainingRun.objects.count() == 1

    def test_while_one_is_alive_no_other_starts(self, shop, run):
        silent(run, 0.9 * MINUTE)
        with pytest.raises(AlreadyRunning):
            runs.claim(shop.pk, "toy", "merchant")
        assert runs.claim(shop.pk, "other", "merchant").pk != run.pk

    def test_one_whose_worker_died_is_taken_over_from_its_beginning(self, shop, run):
        TrainingRun.objects.update(steps=[{"name": "old"}], percent=80, error="x")
        silent(run, 1.1 * MINUTE)
        again = runs.claim(shop.pk, "toy", "merchant")
        assert (again.pk, again.attempts, again.steps, again.percent, again.error) == (run.pk, 2, [], 0, "")

    @pytest.mark.parametrize(("attempts", "patience"), [(1, 1), (2, 4), (3, 16), (4, 60), (9, 60)])
    def test_each_attempt_that_died_is_waited_for_longer(self, run, attempts, patience):
        for minutes, is_silent in ((0.99 * patience, False), (1.01 * patience, True)):
            silent(run, minutes * MINUTE, attempts)
            assert TrainingRun.objects.filter(runs.silent_runs()).exists() is is_silent

    def test_what_is_over_is_never_silent(self, run):
        silent(run, 99 * MINUTE)
        TrainingRun.objects.update(state=State.DONE)
        assert not TrainingRun.objects.filter(runs.silent_runs()).exists()


class TestTelling:
    def test_steps_take_their_place_and_their_time(self, run, tracker):
        with tracker.step("Read", 0, 40):
            tracker.progress(0.5, "half")
            run.refresh_from_db()
            assert run.percent == 20 and run.steps[0]["name"] == "Read" and run.steps[0]["seconds"] is None
        run.refresh_from_db()
        assert run.percent == 40 and run.steps[0]["seconds"] >= 0 and run.memory_mb > 0

    @pytest.mark.parametrize(("share", "percent"), [(-1, 10), (0, 10), (0.25, 30), (7, 90)])
    def test_progress_stays_within_its_step(self, run, tracker, share, percent):
        with tracker.step("Fit", 10, 90):
            tracker.progress(share, "")
            run.refresh_from_db()
            assert run.percent == percent

    def test_progress_is_not_written_all_the_time(self, run, tracker, monkeypatch):
        monkeypatch.setattr(runs, "PERCENT_EVERY", 3600.0)
        with tracker.step("Fit", 10, 90):
            tracker.progress(0.5, "")
            run.refresh_from_db()
            assert run.percent == 10

    def test_who_was_taken_over_writes_nothing_more(self, run, tracker):
        TrainingRun.objects.update(attempts=2)
        with pytest.raises(AlreadyRunning):
            tracker.write(percent=99)
        assert not tracker.close(State.DONE)
        run.refresh_from_db()
        assert (run.state, run.percent) == (State.RUNNING, 0)

    def test_a_database_that_is_away_ends_no_work(self, tracker, monkeypatch):
        monkeypatch.setattr(tracker, "write", lambda **_: (_ for _ in ()).throw(DatabaseError()))
        tracker.tell(percent=5)


class TestTheEnd:
    @pytest.mark.parametrize(
        ("error", "state", "code"),
        [
            (BadData("Too little."), State.STOPPED, "BadData"),
            (NotEnoughHistory("Too young."), State.STOPPED, "NotEnoughHistory"),
            (ArtifactNotStored("No disk."), State.FAILED, "ArtifactNotStored"),
            (ZeroDivisionError(), State.FAILED, "Fault"),
            (KeyboardInterrupt(), State.FAILED, "Fault"),
        ],
    )
    def test_how_it_ended_is_written_down_with_a_sentence(self, run, error, state, code, monkeypatch):
        monkeypatch.setattr(runs, "heartbeat", lambda _: pytest.MonkeyPatch.context())
        with pytest.raises(type(error)), runs.tracked(run):
            raise error
        run.refresh_from_db()
        assert (run.state, run.error_code) == (state, code) and run.finished_at
        assert run.error == (f"Training stopped because of a fault on our side (run {run.pk}). What is live goes on."
                             if code == "Fault" else error.sentence)  # fmt: skip

    def test_a_step_that_was_cut_short_has_its_time_and_is_not_called_done(self, run, tracker):
        with tracker.step("Fit", 10, 90):
            assert tracker.close(State.DONE)
        run.refresh_from_db()
        assert run.percent == 10 and run.steps[0]["seconds"] is not None and run.state == State.DONE
