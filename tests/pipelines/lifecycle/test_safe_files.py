"""P24: a file that could run code is refused by what it is, whatever it is called, and nothing of it is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from pipelines.lifecycle import signing
from pipelines.lifecycle.errors import ArtifactRefused
from pipelines.lifecycle.releases.speak import speak
from pipelines.lifecycle.safe_files import is_pickle, require_safe
from pipelines.lifecycle.versions import artifacts, registry
from pipelines.models import Alert, Deployment, ModelVersion
from tests import histories


class Trap:
    """What leaves a file behind wherever it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def zipped(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def traps(path):
    """Give every disguise of the trap by its name."""
    trap = Trap(path)
    plain = {f"protocol{number}.json": pickle.dumps(trap, protocol=number) for number in range(6)}
    record = np.array([(trap, 1)], dtype=[("a", "O"), ("b", "i4")])
    return plain | {
        "as_text.txt": pickle.dumps(trap, protocol=0),
        "as_columns.parquet": pickle.dumps(trap, protocol=1),
        "objects.npz": npz(a=np.array([trap], dtype=object)),
        "fields.npz": npz(a=record),
        "beside.npz": zipped("model.pkl", pickle.dumps(trap)),
        "under_an_arrays_name.npz": zipped("a.npy", pickle.dumps(trap, protocol=0)),
    }


@pytest.fixture
def trail(tmp_path):
    return tmp_path / "it-ran"


def test_the_trap_works(trail):
    pickle.loads(pickle.dumps(Trap(trail)))
    assert trail.exists()


@pytest.mark.parametrize("name", sorted(traps("x")))
def test_a_pickle_is_refused_and_not_run(trail, name):
    with pytest.raises(ArtifactRefused):
        require_safe(name, traps(trail)[name])
    assert not trail.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("numbers.json", b"1.5"),
        ("null.json", b"null"),
        ("trees.txt", b"tree\nversion=v4\nnum_class=1\n"),
        ("empty.txt", b""),
        ("arrays.npz", npz(a=np.arange(3), b=np.array(["Otter"]), c=np.zeros(2, dtype=[("One", "f4"), ("b", "i8")]))),
        ("columns.parquet", b"PAR1....PAR1"),
    ],
)
def test_plain_data_is_read(name, content):
    require_safe(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b"{"),
        ("a.json", b"[" * 100_000),
        ("a.txt", b"\xff\xfe"),
        ("a.npz", b"not a zip"),
        ("a.npz", zipped("a.npy", b"\x93NUMPY\x01\x00\xff\xff")),
        ("a.npz", zipped("a.npy", b"\x93NUMPY\x01\x00\x04\x00open")),
        ("a.parquet", b"PAR1"[:3]),
        ("a.pkl", b"{}"),
        ("../a.json", b"{}"),
    ],
)
def test_what_is_not_what_it_is_called_is_refused(name, content):
    with pytest.raises(ArtifactRefused):
        require_safe(name, content)


def test_no_json_is_taken_for_a_pickle():
    for value in (0, 1.5, "cos\nsystem\n(S'x'\ntR.", [], {}, None, True, [0.1, {"a": "."}]):
        assert not is_pickle(json.dumps(value).encode())


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["protocol0.json", "objects.npz"])
def test_a_trap_in_the_live_versions_files_is_quarantined_alerted_and_the_shop_goes_back(trail, name, settings):
    shop = histories.a_shop()
    version = histories.a_version(shop)
    files = {name: traps(trail)[name]}
    manifest = artifacts.manifest_of(shop.pk, version.use_case, version.number, files)
    folder = settings.STATE_DIR / "artifacts" / version.artifact_path
    for file, content in {**files, "manifest.json": manifest}.items():
        (folder / file).write_bytes(content)
    with histories.anything_goes():
        signed_by_a_traitor(version, manifest)
    Deployment.objects.create(shop=shop, use_case=version.use_case, active=version, revision=1)
    histories.sell(shop, variants=2, days=40)
    speak(shop, version.use_case)
    version.refresh_from_db()
    assert version.state == ModelVersion.State.QUARANTINED and not trail.exists()
    assert Deployment.objects.get(shop=shop).active is None
    alert = Alert.objects.get(shop=shop)
    assert (alert.severity, alert.use_case) == ("critical", "demand_forecast") and "pickle" in alert.text
    with pytest.raises(ArtifactRefused, match="never used again"):
        registry.load_files(version)


def signed_by_a_traitor(version, manifest):
    """Point a version at a list of files that was signed with our own key."""
    import base64
    import hashlib

    ModelVersion.objects.filter(pk=version.pk).update(
        artifact_digest=hashlib.sha256(manifest).hexdigest(),
        signature=base64.b64encode(signing.signing_key().sign(manifest)).decode(),
    )
