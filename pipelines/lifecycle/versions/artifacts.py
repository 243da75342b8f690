"""The files of a version: written once, signed, and read only when every byte is as it was signed.

A version's files lie in a directory of its own that no other attempt ever uses; `manifest.json` is written last, and
the row that names the directory after that. So a half-written version cannot be seen, on a file system or in S3.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from pipelines.lifecycle import safe_files
from pipelines.lifecycle.errors import ArtifactNotStored, ArtifactRefused, ArtifactUnavailable
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
    signature = base64.b64encode(signing_key().sign(manifest)).decode()
    try:
        for name, content in {**files, MANIFEST: manifest}.items():
            write(f"{path}/{name}", content)
    except OSError as error:
        remove(path, [*files, MANIFEST])
        raise ArtifactNotStored(
            f"The new version could not be written ({error.strerror or 'storage error'}). Nothing of it was kept, and "
            "what is live goes on. We try again."
        ) from error
    return StoredArtifact(path, hashlib.sha256(manifest).hexdigest(), signature)


def load(version: ModelVersion) -> dict[str, bytes]:
    """Return the files of a version, each read once and checked before anything is parsed.

    Raises ArtifactRefused where they are not what was signed, ArtifactUnavailable where nobody here can tell.
    """
    raw = read(f"{version.artifact_path}/{MANIFEST}")
    if hashlib.sha256(raw).hexdigest() != version.artifact_digest:
        raise ArtifactRefused(f"The list of files of {version} was changed after it was trained.")
    if not is_signed(raw, version.signature):
        raise ArtifactRefused(f"The signature of {version} is not one of ours.")
    manifest = json.loads(raw)
    if [manifest["shop"], manifest["use_case"], manifest["version"]] != identity(version):
        raise ArtifactRefused(f"The files of {version} belong to another version.")
    return {name: checked_file(version, name, digest) for name, digest in manifest["files"].items()}


def checked_file(version: ModelVersion, name: str, digest: str) -> bytes:
    """Read one file and compare it with the manifest."""
    content = read(f"{version.artifact_path}/{name}")
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


def signing_key() -> Ed25519PrivateKey:
    """Return the private key, which only trainers have."""
    if not settings.SIGNING_KEY:
        raise ImproperlyConfigured("SIGNING_KEY is not set: this process cannot sign a version. See env.example.")
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(settings.SIGNING_KEY))


def public_keys() -> Iterator[Ed25519PublicKey]:
    """Yield the keys that a signature may come from: ours, current and retired."""
    if settings.SIGNING_KEY:
        yield signing_key().public_key()
    for key in settings.SIGNING_PUBLIC_KEYS:
        yield Ed25519PublicKey.from_public_bytes(base64.b64decode(key))


def is_signed(manifest: bytes, signature: str) -> bool:
    """Say whether one of our keys signed these bytes."""
    keys = list(public_keys())
    if not keys:
        raise ArtifactUnavailable("This process has no key to check the files of a version with.")
    for key in keys:
        try:
            key.verify(base64.b64decode(signature), manifest)
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def storage() -> Storage:
    """Return where artifacts live: the file system by default, S3 by setting."""
    return storages["artifacts"]


def write(path: str, content: bytes) -> None:
    """Write one new file under exactly this name."""
    saved = storage().save(path, ContentFile(content))
    if saved != path:
        storage().delete(saved)
        raise FileExistsError(17, "a file of that name exists", path)


def read(path: str) -> bytes:
    """Read one file completely; that it is not to be had here says nothing about what is in it."""
    name = PurePosixPath(path).name
    try:
        with storage().open(path, "rb") as file:
            content: bytes = file.read()
            return content
    except SuspiciousOperation:
        raise ArtifactRefused("A version names files outside the folder of versions.") from None
    except FileNotFoundError as error:
        raise ArtifactUnavailable(f"The file {name} of a version is missing where we look for it.") from error
    except Exception as error:  # a disk, a network, a bucket: each storage fails in ways of its own
        raise ArtifactUnavailable(f"The file {name} of a version cannot be read now.") from error


def remove(path: str, names: list[str]) -> None:
    """Delete what an unfinished attempt left behind."""
    for name in [*names, ""]:
        try:
            storage().delete(f"{path}/{name}".rstrip("/"))
        except OSError:
            continue
