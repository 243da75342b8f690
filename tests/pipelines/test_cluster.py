"""A training becomes a Job of the cluster; what the cluster does not take is the machine's doing, and found again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines import cluster
from pipelines.jobs import training
from pipelines.lifecycle.errors import is_own_fault
from pipelines.lifecycle.versions import runs
from pipelines.models import ModelVersion, NextTry, TrainingRun
from pipelines.usecases import USE_CASES
from tests import fake_cluster, histories, toy_use_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(monkeypatch):
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    with USE_CASES.only(toy_use_case.TOY):
        yield histories.a_shop_to_learn_from()


@pytest.fixture
def api(settings, monkeypatch, tmp_path):
    """Run in a pod of a cluster that takes trainings."""
    with fake_cluster.running(tmp_path) as server:
        monkeypatch.setattr(cluster, "ACCOUNT", tmp_path)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", str(server.port))
        settings.TRAINING_CRONJOB = "train"
        yield server


def name_of(shop):
    return f"train-{shop.pk}-toy"


def next_turn():
    """Let the time pass until the clock asks again."""
    NextTry.objects.update(at=timezone.now())
    training.carry_on()


def test_what_is_due_becomes_a_job_and_waits_on_no_queue(shop, api):
    training.carry_on()
    made = api.jobs[name_of(shop)]["spec"]
    container = made["template"]["spec"]["containers"][0]
    assert container["args"] == ["train", "--shop", shop.domain, "--use-case", "toy", "--trigger", "first"]
    template = fake_cluster.Cluster().cronjob["spec"]["jobTemplate"]["spec"]
    template["template"]["spec"]["containers"][0]["args"] = container["args"]
    assert made == template and not TrainingRun.objects.exists() and not ModelVersion.objects.exists()


def test_a_job_that_waits_for_room_is_made_once(shop, api):
    for _ in range(3):
        next_turn()
    assert [path for method, path in api.asked if method == "DELETE"] == [] and len(api.jobs) == 1


def test_a_merchants_training_becomes_a_job_too(shop, api):
    runs.queue(shop.pk, "toy", "merchant")
    training.begin(shop.pk, "toy", "merchant")
    assert api.jobs[name_of(shop)]["spec"]["template"]["spec"]["containers"][0]["args"][-1] == "merchant"


def test_what_was_done_meanwhile_becomes_none(shop, api):
    training.train_version(shop.pk, "toy", "first")
    training.hand_over(shop.pk, "toy", "first")
    assert api.asked == []


@pytest.mark.parametrize("how", ["Failed", "Complete"])
def test_a_run_whose_job_died_is_reaped_and_gets_a_new_one(shop, api, how):
    training.carry_on()
    run = runs.claim(shop.pk, "toy", "first")  # as the Job did, before it was killed
    next_turn()
    assert len(api.asked) == 2, "a run that is well is nobody's to take"
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - 2 * runs.DEAD_AFTER)
    api.end(name_of(shop), how)
    next_turn()
    assert api.jobs == {}, "what is over makes room"
    next_turn()
    assert name_of(shop) in api.jobs
    training.train_version(shop.pk, "toy", "first")  # as the new Job does
    run.refresh_from_db()
    assert (run.state, run.attempts) == (TrainingRun.State.DONE, 2)


def refusal(shop):
    with pytest.raises(cluster.ClusterAway) as caught:
        training.hand_over(shop.pk, "toy", "first")
    assert not is_own_fault(caught.value), "it says nothing of a version"
    assert not TrainingRun.objects.exists() and not ModelVersion.objects.exists()
    return str(caught.value)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_refusal_is_told_in_the_clusters_words_and_is_no_run(shop, api, status):
    api.refuses = status
    assert f"{status} not now" in refusal(shop)
    api.refuses = None
    training.hand_over(shop.pk, "toy", "first")
    assert name_of(shop) in api.jobs


def test_neither_is_a_silent_cluster(shop, api, monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS", (0.2, 0.2))
    monkeypatch.setattr(api, "answer", lambda *asked: __import__("time").sleep(1))
    assert "did not answer" in refusal(shop)


def test_nor_one_that_is_not_there(shop, api, monkeypatch):
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "1")
    assert "did not answer" in refusal(shop)


def test_nor_one_whose_certificate_is_anothers(shop, api, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    fake_cluster.certificate(other)
    (tmp_path / "ca.crt").write_bytes((other / "ca.crt").read_bytes())
    assert "did not answer" in refusal(shop) and api.asked == []


def test_nor_a_process_without_an_account(shop, api, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster, "ACCOUNT", tmp_path / "none")
    assert "no account" in refusal(shop)


def test_without_the_setting_a_trainer_trains(shop):
    training.carry_on()
    assert ModelVersion.objects.count() == 1
