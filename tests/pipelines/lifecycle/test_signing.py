"""Our signature: only a trainer makes it, everybody checks it, and a retired key still counts."""

from __future__ import annotations

import base64
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ImproperlyConfigured

from pipelines.lifecycle import signing
from pipelines.lifecycle.errors import ArtifactUnavailable


def a_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def public(key: str) -> str:
    secret = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key))
    return base64.b64encode(secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@pytest.fixture
def key(settings) -> str:
    settings.SIGNING_KEY, settings.SIGNING_PUBLIC_KEYS = a_key(), []
    return settings.SIGNING_KEY


@pytest.fixture
def signature(key) -> str:
    return base64.b64encode(signing.signing_key().sign(b"content")).decode()


def test_what_we_signed_is_ours_and_nothing_else_is(signature):
    assert signing.is_signed(b"content", signature)
    assert not signing.is_signed(b"contents", signature)


@pytest.mark.parametrize("forged", ["", "AAAA", "no base64!", base64.b64encode(b"x" * 64).decode()])
def test_what_is_no_signature_is_not(key, forged):
    assert not signing.is_signed(b"content", forged)


def test_a_process_without_the_secret_checks_by_the_public_key(settings, key, signature):
    settings.SIGNING_KEY, settings.SIGNING_PUBLIC_KEYS = "", [public(a_key()), public(key)]
    assert signing.is_signed(b"content", signature)
    with pytest.raises(ImproperlyConfigured, match="cannot sign a version"):
        signing.signing_key()


def test_a_retired_key_still_counts_until_it_is_taken_out(settings, key, signature):
    settings.SIGNING_KEY, settings.SIGNING_PUBLIC_KEYS = a_key(), [public(key)]
    assert signing.is_signed(b"content", signature)
    settings.SIGNING_PUBLIC_KEYS = []
    assert not signing.is_signed(b"content", signature)


def test_without_any_key_nothing_is_said_about_the_files(settings, signature):
    settings.SIGNING_KEY = ""
    with pytest.raises(ArtifactUnavailable, match="no key to check"):
        signing.is_signed(b"content", signature)
