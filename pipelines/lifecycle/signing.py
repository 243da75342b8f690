"""Our signature: made where training runs, checked everywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from pipelines.lifecycle.errors import ArtifactUnavailable


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


def is_signed(content: bytes, signature: str) -> bool:
    """Say whether one of our keys signed these bytes."""
    keys = list(public_keys())
    if not keys:
        raise ArtifactUnavailable("This process has no key to check the files of a version with.")
    for key in keys:
        try:
            key.verify(base64.b64decode(signature), content)
        except (InvalidSignature, ValueError):
            continue
        return True
    return False
