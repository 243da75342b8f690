"""Versions whose files lie in a bucket: a real S3 server over HTTP, also one that is away."""

from __future__ import annotations

import os

import pytest

from pipelines.jobs import training
from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.errors import ArtifactNotStored, ArtifactRefused, ArtifactUnavailable
from pipelines.lifecycle.ingest import privacy
from pipelines.lifecycle.versions import artifacts, place, registry, train
from pipelines.models import Deployment, ModelVersion, Release, TrainingRun
from pipelines.usecases import USE_CASES
from shopmlops import bucket
from tests import buckets, histories, toy_use_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings):
    """Keep artifacts in a bucket, as ARTIFACT_STORAGE says it."""
    with buckets.running() as running:
        options = {"bucket_name": buckets.NAME, "endpoint_url": running.address, **buckets.KEYS}
        place = {"BACKEND": "shopmlops.bucket.Bucket", "OPTIONS": options | {"region_name": "us-east-1"}}
        settings.STORAGES = settings.STORAGES | {"artifacts": place}
        yield running


@pytest.fixture
def shop(server, monkeypatch):
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    with USE_CASES.only(toy_use_case.TOY):
        yield histories.a_shop_to_learn_from()


def trained(shop):
    return train.train_version(shop_id=shop.pk, use_case="toy", trigger="first")


def keys(server):
    return {each.key for each in server.objects.objects.all()}


def test_the_settings_name_it(settings):
    assert settings.ARTIFACT_PLACES["shopmlops.bucket.Bucket"].keys() == {
        "bucket_name",
        "endpoint_url",
        "region_name",
        "access_key",
        "secret_key",
    }


def test_a_trained_version_is_served_from_it(shop, server):
    training.train_version.enqueue(shop.pk, "toy", "first")
    histories.approved(Release.objects.get())
    version = ModelVersion.objects.get()
    assert Deployment.of(shop, "toy").active == version
    assert {f"{version.artifact_path}/{artifacts.MANIFEST}"} < keys(server)
    assert registry.load_files(version)


def test_no_file_is_written_twice(server):
    artifact_storage.write("1/a.json", b"one")
    with pytest.raises(FileExistsError):
        artifact_storage.write("1/a.json", b"two")
    assert artifact_storage.read("1/a.json") == b"one" and keys(server) == {"1/a.json"}


def test_a_changed_object_is_refused_for_good(shop, server):
    version = trained(shop)
    name = next(key for key in keys(server) if not key.endswith(artifacts.MANIFEST))
    server.objects.put_object(Key=name, Body=b"{}")
    with pytest.raises(ArtifactRefused, match="was changed after it was trained"):
        registry.load_files(version)
    version.refresh_from_db()
    assert version.state == ModelVersion.State.QUARANTINED


@pytest.mark.parametrize("what", ["an object", "the bucket", "the server", "the right to read"])
def test_what_cannot_be_read_says_nothing_of_the_version(shop, server, what, settings):
    version = trained(shop)
    if what == "an object":
        server.objects.objects.all().delete()
    elif what == "the bucket":
        server.objects.objects.all().delete()
        server.objects.delete()
    elif what == "the server":
        server.end()
    else:
        options = settings.STORAGES["artifacts"]["OPTIONS"] | {"bucket_name": "of-somebody-else"}
        settings.STORAGES = settings.STORAGES | {"artifacts": settings.STORAGES["artifacts"] | {"OPTIONS": options}}
    with pytest.raises(ArtifactUnavailable) as absence:
        registry.load_files(version)
    version.refresh_from_db()
    assert absence.value.retryable and version.state == ModelVersion.State.TRAINED
    if what == "the server":
        server.begin()
        assert registry.load_files(version)


def test_a_training_while_it_is_away_leaves_nothing_and_is_tried_again(shop, server):
    server.end()
    with pytest.raises(ArtifactNotStored):
        trained(shop)
    run = TrainingRun.objects.get()
    assert (run.state, run.error_code) == (TrainingRun.State.FAILED, "ArtifactNotStored")
    assert not ModelVersion.objects.exists()
    server.begin()
    assert keys(server) == set() and registry.load_files(trained(shop))


def test_processes_know_by_it_whether_they_share_their_artifacts(shop, server):
    assert place.trouble() == "" and place.found()
    server.objects.put_object(Key=place.FILE, Body=b"00000000-0000-0000-0000-000000000007")
    assert place.trouble() == place.APART
    server.end()
    assert place.trouble() == "", "a place that is away stops no start"


def test_a_shop_that_is_erased_leaves_nothing_in_it(shop, server):
    trained(shop)
    artifact_storage.write("999/toy/a.json", b"another's")
    privacy.erase_files(shop.pk)
    assert keys(server) == {"999/toy/a.json"}


def test_a_worker_that_forks_opens_connections_of_its_own(server):
    artifact_storage.write("1/a.json", b"one")
    kept = artifact_storage.storage()
    before, reading, writing = kept.connection, *os.pipe()
    if not (child := os.fork()):
        os.write(writing, b"same" if kept.connection is before else b"own ")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 4) == b"own " and kept.connection is before
    os.close(reading)
    os.close(writing)


def test_it_is_given_up_after_seconds():
    assert bucket.PATIENCE.connect_timeout <= 5 and bucket.PATIENCE.retries["total_max_attempts"] <= 2
