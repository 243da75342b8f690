"""Files of versions: written once under exactly their name; what cannot be had says nothing about what is in it."""

from __future__ import annotations

import pytest
from django.core.exceptions import SuspiciousOperation
from django.core.files.storage import InMemoryStorage

from pipelines.lifecycle import artifact_storage
from pipelines.lifecycle.errors import ArtifactRefused, ArtifactUnavailable


@pytest.fixture(autouse=True)
def storage(monkeypatch):
    kept = InMemoryStorage()
    monkeypatch.setattr(artifact_storage, "storage", lambda: kept)
    return kept


def test_what_is_written_is_read():
    artifact_storage.write("1/v1/a.json", b"one")
    assert artifact_storage.read("1/v1/a.json") == b"one"


def test_no_name_is_taken_twice_and_nothing_else_is_left_behind(storage):
    artifact_storage.write("1/v1/a.json", b"one")
    with pytest.raises(FileExistsError):
        artifact_storage.write("1/v1/a.json", b"two")
    assert storage.listdir("1/v1")[1] == ["a.json"] and artifact_storage.read("1/v1/a.json") == b"one"


def test_a_missing_file_is_to_be_tried_again():
    with pytest.raises(ArtifactUnavailable, match="of a version is missing") as refusal:
        artifact_storage.read("1/v1/a.json")
    assert refusal.value.retryable


@pytest.mark.parametrize("trouble", [PermissionError(), TimeoutError(), RuntimeError("bucket")])
def test_so_is_a_storage_in_trouble(storage, monkeypatch, trouble):
    monkeypatch.setattr(storage, "open", lambda *_: (_ for _ in ()).throw(trouble))
    with pytest.raises(ArtifactUnavailable, match="cannot be read now"):
        artifact_storage.read("1/v1/a.json")


def test_a_path_that_leaves_the_folder_is_refused_for_good(storage, monkeypatch):
    monkeypatch.setattr(storage, "open", lambda *_: (_ for _ in ()).throw(SuspiciousOperation()))
    with pytest.raises(ArtifactRefused, match="outside the folder") as refusal:
        artifact_storage.read("../../etc/passwd")
    assert not refusal.value.retryable


def test_an_unfinished_attempt_is_removed_whatever_of_it_is_there(storage):
    artifact_storage.write("1/v1/a.json", b"one")
    artifact_storage.write("1/v2/a.json", b"two")
    artifact_storage.remove("1/v1", ["a.json", "never.json"])
    assert not storage.exists("1/v1/a.json") and storage.exists("1/v2/a.json")


def test_removing_goes_on_where_one_file_will_not_go(storage, monkeypatch):
    gone = []

    def delete(path):
        gone.append(path)
        raise PermissionError

    monkeypatch.setattr(storage, "delete", delete)
    artifact_storage.remove("1/v1", ["a", "b"])
    assert gone == ["1/v1/a", "1/v1/b", "1/v1"]
