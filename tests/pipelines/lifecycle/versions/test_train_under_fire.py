"""A trainer that is killed leaves no half version, and the next one takes over. Real processes, real commits."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import psycopg2
import pytest
from django.db import connection
from django.utils import timezone

from benchmarks.rig.fire import survives
from pipelines.lifecycle.versions import artifacts, runs, train
from pipelines.models import LifecycleEvent, ModelVersion, TrainingRun
from tests import histories

pytestmark = pytest.mark.django_db(transaction=True)


def cut_off_everybody() -> None:
    """End every connection to the database but the one that does it, as a restart would."""
    facts = connection.settings_dict
    with psycopg2.connect(dbname=facts["NAME"], user=facts["USER"], host=facts["HOST"]) as outside:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        outside.cursor().execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
    outside.close()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def beat_after(run: TrainingRun, moment: object) -> Callable[[], bool]:
    return lambda: TrainingRun.objects.filter(pk=run.pk, heartbeat_at__gt=moment).exists()


def test_a_database_that_is_away_for_a_moment_ends_no_heartbeat(toy, monkeypatch):
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(runs, "RETRY_SECONDS", 0.05)
    run = runs.claim(histories.a_shop().pk, "toy", "merchant")
    with runs.heartbeat(runs.Tracker(run)):
        wait_for(beat_after(run, run.heartbeat_at))
        connection.close()
        cut_off_everybody()
        wait_for(beat_after(run, timezone.now()))
    assert not TrainingRun.objects.filter(runs.silent_runs()).exists()


def test_nor_does_it_end_the_training(toy, monkeypatch):
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=90))
    histories.an_order(shop, timezone.now() - timedelta(days=5), [(thing, 2)])
    histories.pulled(shop)
    monkeypatch.setattr(runs, "PERCENT_EVERY", 0.0)
    toy.on_fit = cut_off_everybody
    version = train.train_version(shop_id=shop.pk, use_case="toy", trigger="merchant")
    assert TrainingRun.objects.get().version == version and artifacts.load(version)


@pytest.mark.parametrize(("died", "minutes"), [(1, 1), (2, 4), (3, 16), (4, 60), (9, 60)])
def test_a_run_that_dies_again_and_again_is_taken_over_later_each_time(died, minutes):
    run = runs.claim(histories.a_shop().pk, "toy", "merchant")
    silent = TrainingRun.objects.filter(runs.silent_runs())
    for share, is_dead in ((0.9, False), (1.1, True)):
        heard = timezone.now() - share * timedelta(minutes=minutes)
        TrainingRun.objects.filter(pk=run.pk).update(attempts=died, heartbeat_at=heard)
        assert silent.exists() is is_dead


def test_a_training_that_is_killed_at_any_statement_leaves_a_whole_version_or_none(toy):
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=90))
    histories.an_order(shop, timezone.now() - timedelta(days=5), [(thing, 2)])
    histories.pulled(shop)

    def learn() -> None:
        train.train_version(shop_id=shop.pk, use_case="toy", trigger="merchant")

    def is_whole() -> None:
        done = TrainingRun.objects.filter(state=TrainingRun.State.DONE)
        assert sorted(done.values_list("version", flat=True)) == sorted(
            ModelVersion.objects.values_list("pk", flat=True)
        )
        for version in ModelVersion.objects.all():
            assert artifacts.load(version) == {"number.json": b"2.0"}
        TrainingRun.objects.filter(state=TrainingRun.State.RUNNING).update(
            heartbeat_at=timezone.now() - 2 * runs.PATIENCE[-1]
        )

    assert survives(learn, is_whole) > 20
    is_whole()
    assert not TrainingRun.objects.exclude(state=TrainingRun.State.DONE).exists()
    assert LifecycleEvent.broken_at(shop) is None
