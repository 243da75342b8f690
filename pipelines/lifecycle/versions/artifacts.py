"""The files of a version: written once, signed, and read only when every byte is as it was signed.

A version's files lie in a directory of its own that no other attempt ever uses; `manifest.json` is written last, and
the row that names the directory after that. So a half-written version cannot be seen, on a file system or in S3.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.lifecycle import artifact_storage, safe_files, signing
from pipelines.lifecycle.errors import ArtifactNotStored, ArtifactRefused
from pipelines.models import ModelVersion

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class StoredArtifact:
    """Where a version's files lie, and what binds the row to them."""

    path: str
    digest: str
    signature: str


def store(shop_id: int, use_case: str, number: int, files: Mapping[str, bytes]) -> StoredArtifact:
    """Write and sign the files of a version; on any failure remove what was written."""
    for name, content in files.items():
        safe_files.require_safe(name, content)
    path = f"{shop_id}/{use_case}/{number:06d}-{secrets.token_hex(4)}"
    manifest = manifest_of(shop_id, use_case, number, files)
    signature = base64.b64encode(signing.signing_key().sign(manifest)).decode()
    try:
        for name, content in {**files, MANIFEST: manifest}.items():
            artifact_storage.write(f"{path}/{name}", content)
    except OSError as error:
        artifact_storage.remove(path, [*files, MANIFEST])
        raise ArtifactNotStored(
            f"The new version could not be written ({error.strerror or 'storage error'}). Nothing of it was kept, and "
            "what is live goes on. We try again."
        ) from error
    return StoredArtifact(path, hashlib.sha256(manifest).hexdigest(), signature)


def load(version: ModelVersion) -> dict[str, bytes]:
    """Return the files of a version, each read once and checked before anything is parsed.

    Raises ArtifactRefused where they are not what was signed, ArtifactUnavailable where nobody here can tell.
    """
    return {name: checked_file(version, name, digest) for name, digest in checked_list(version).items()}


def load_file(version: ModelVersion, name: str) -> bytes | None:
    """Return one file of a version, checked like all of them; nothing where the version has none of that name."""
    digest = checked_list(version).get(name)
    return None if digest is None else checked_file(version, name, digest)


def checked_list(version: ModelVersion) -> dict[str, str]:
    """Return the digests of a version's files by name, as they were signed."""
    raw = artifact_storage.read(f"{version.artifact_path}/{MANIFEST}")
    if hashlib.sha256(raw).hexdigest() != version.artifact_digest:
        raise ArtifactRefused(f"The list of files of {version} was changed after it was trained.")
    if not signing.is_signed(raw, version.signature):
        raise ArtifactRefused(f"The signature of {version} is not one of ours.")
    manifest = json.loads(raw)
    if [manifest["shop"], manifest["use_case"], manifest["version"]] != identity(version):
        raise ArtifactRefused(f"The files of {version} belong to another version.")
    digests: dict[str, str] = manifest["files"]
    return digests


def checked_file(version: ModelVersion, name: str, digest: str) -> bytes:
    """Read one file and compare it with the manifest."""
    content = artifact_storage.read(f"{version.artifact_path}/{name}")
    if hashlib.sha256(content).hexdigest() != digest:
        raise ArtifactRefused(f"The file {name} of {version} was changed after it was trained.")
    safe_files.require_safe(name, content)
    return content


def identity(version: ModelVersion) -> list[Any]:
    """Return what a manifest must agree with."""
    return [version.shop_id, version.use_case, version.number]


def manifest_of(shop_id: int, use_case: str, number: int, files: Mapping[str, bytes]) -> bytes:
    """Return the bytes that are signed."""
    body = {
        "shop": shop_id,
        "use_case": use_case,
        "version": number,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    return json.dumps(body, sort_keys=True, indent=1).encode()


def content_digest(files: Mapping[str, bytes]) -> str:
    """Return what the files are, whoever trained them and under whichever number: names and bytes alone."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
