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

from pipelines.lifecycle import signing
from pipelines.lifecycle.errors import ArtifactNotStored, ArtifactRefused, ArtifactUnavailable
from pipelines.lifecycle.versions import artifacts, registry
from pipelines.models import Alert, Deployment, LifecycleEvent, ModelVersion
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
def test_a_file_that_is_missing_here_says_nothing_about_the_version(version, folder, name):
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    with pytest.raises(ArtifactUnavailable, match="missing"):
        registry.load_files(version)
    version.refresh_from_db()
    assert version.may_be_released
    (folder / name).write_bytes(content)
    assert registry.load_files(version) == FILES


@pytest.mark.parametrize("trouble", [OSError(errno.EIO, "bad disk"), TimeoutError(), RuntimeError("bucket says 503")])
def test_whatever_a_storage_raises_is_no_evidence(version, monkeypatch, trouble):
    def fail(self, name, mode="rb"):
        raise trouble

    monkeypatch.setattr(FileSystemStorage, "_open", fail)
    with pytest.raises(ArtifactUnavailable):
        registry.load_files(version)
    version.refresh_from_db()
    assert version.may_be_released


def test_without_any_key_nobody_can_tell_whose_signature_it_is(version, settings):
    settings.SIGNING_KEY, settings.SIGNING_PUBLIC_KEYS = "", []
    with pytest.raises(ArtifactUnavailable, match="no key"):
        registry.load_files(version)


def test_it_is_told_once_while_it_lasts_and_more_loudly_of_what_is_live(version, folder):
    Deployment.objects.create(shop=version.shop, use_case=version.use_case, active=version, revision=1)
    manifest = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").unlink()
    for _ in range(2):
        with pytest.raises(ArtifactUnavailable):
            registry.load_files(version)
    alert = Alert.objects.get()
    assert (alert.severity, alert.seen, alert.closed_at) == ("critical", 2, None)
    (folder / "manifest.json").write_bytes(manifest)
    registry.load_files(version)
    alert.refresh_from_db()
    assert alert.closed_at


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
    version.signature = base64.b64encode(signing.signing_key().sign(raw)).decode()
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
