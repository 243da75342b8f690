"""Artifacts: what was signed is what is loaded, or nothing is."""

from __future__ import annotations

import base64
import errno
import hashlib
import json
import os
import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.files.storage import FileSystemStorage

from pipelines.lifecycle.errors import ArtifactNotStored, ArtifactRefused
from pipelines.lifecycle.versions import artifacts, registry
from pipelines.models import LifecycleEvent, ModelVersion
from tests import histories

pytestmark = pytest.mark.django_db
FILES = {"parameters.json": b'{"a": 1}', "trees.txt": b"tree"}


@pytest.fixture
def version():
    shop = histories.a_shop()
    stored = artifacts.store(shop.pk, "demand_forecast", 1, FILES)
    return histories.a_version(
        shop, artifact_path=stored.path, artifact_digest=stored.digest, signature=stored.signature
    )


@pytest.fixture
def folder(version, settings):
    return settings.STATE_DIR / "artifacts" / version.artifact_path


def test_what_was_stored_is_loaded(version):
    assert artifacts.load(version) == FILES


@pytest.mark.parametrize("name", ["parameters.json", "manifest.json"])
def test_one_changed_byte_is_refused(version, folder, name):
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ArtifactRefused, match="changed"):
        artifacts.load(version)


@pytest.mark.parametrize("name", ["parameters.json", "manifest.json"])
def test_a_missing_file_is_refused(version, folder, name):
    (folder / name).unlink()
    with pytest.raises(ArtifactRefused, match="missing"):
        artifacts.load(version)


def test_files_that_a_stranger_signed_are_refused(version, settings):
    settings.SIGNING_KEY = base64.b64encode(os.urandom(32)).decode()
    with pytest.raises(ArtifactRefused, match="not one of ours"):
        artifacts.load(version)


def test_a_retired_public_key_still_verifies(version, settings):
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.SIGNING_KEY))
    settings.SIGNING_PUBLIC_KEYS = [base64.b64encode(private.public_key().public_bytes_raw()).decode()]
    settings.SIGNING_KEY = ""
    assert artifacts.load(version) == FILES


def test_another_versions_files_are_refused(version):
    other = histories.a_version(version.shop)
    version.artifact_path = other.artifact_path
    version.artifact_digest, version.signature = other.artifact_digest, other.signature
    with pytest.raises(ArtifactRefused, match="another version"):
        artifacts.load(version)


@pytest.mark.parametrize(
    "files",
    [
        {"model.pkl": b"{}"},
        {"model.json": pickle.dumps({"a": 1})},
        {"../model.json": b"{}"},
        {"model": b"{}"},
    ],
)
def test_what_could_run_code_or_leave_its_folder_is_not_even_stored(files):
    with pytest.raises(ArtifactRefused):
        artifacts.store(1, "demand_forecast", 1, files)


def test_a_pickle_with_a_valid_signature_is_refused_all_the_same(version, folder):
    """Someone holds the signing key and wants code to run where versions are loaded."""
    evil = pickle.dumps(os.system)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"] = {"parameters.json": hashlib.sha256(evil).hexdigest()}
    raw = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(raw)
    (folder / "parameters.json").write_bytes(evil)
    version.artifact_digest = hashlib.sha256(raw).hexdigest()
    version.signature = base64.b64encode(artifacts.signing_key().sign(raw)).decode()
    with pytest.raises(ArtifactRefused, match="pickle"):
        artifacts.load(version)


def test_the_same_files_are_known_again_under_another_shop_and_number(version):
    twin = histories.a_version(histories.a_shop(), files=FILES)
    assert twin.artifact_digest != version.artifact_digest
    assert twin.content_digest == artifacts.content_digest(dict(reversed(FILES.items())))
    assert twin.content_digest != artifacts.content_digest(FILES | {"trees.txt": b"trees"})
    assert twin.content_digest != artifacts.content_digest({"parameters.json": b"tree", "trees.txt": b'{"a": 1}'})


def test_a_full_disk_leaves_nothing_behind_and_says_so(monkeypatch, settings):
    save = FileSystemStorage._save

    def full(self, name, content):
        if name.endswith("manifest.json"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        return save(self, name, content)

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    with pytest.raises(ArtifactNotStored, match="No space left on device"):
        artifacts.store(4711, "demand_forecast", 1, FILES)
    left = [path for path in (settings.STATE_DIR / "artifacts" / "4711").rglob("*") if path.is_file()]
    assert left == []


def test_a_refused_version_is_put_in_quarantine_with_a_ledger_entry(version, folder):
    (folder / "trees.txt").write_bytes(b"other")
    with pytest.raises(ArtifactRefused):
        registry.load_files(version)
    version.refresh_from_db()
    assert version.state == ModelVersion.State.QUARANTINED
    told = LifecycleEvent.objects.order_by("seq").values_list("kind", flat=True)
    assert list(told) == ["version.quarantined", "alert.opened"]
    with pytest.raises(ArtifactRefused, match="never used again"):
        registry.load_files(version)
