"""Encrypt what must not be read at rest, and give customers pseudonyms.

A sealed value names its key, so keys rotate by putting a new one in front of settings.ENCRYPTION_KEYS:
old values stay readable, new ones are sealed under the newest. Purpose and shop are authenticated with
the text, so a value moved to another shop or column does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from functools import lru_cache
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_BYTES = 12
DEVELOPMENT_KEY_ID = "development"


class CannotUnseal(Exception):
    """The value was changed, belongs elsewhere, or its key is gone."""


class Keyed(Protocol):
    """A shop, as far as pseudonyms know it: operators' secrets are sealed here, too, before any shop is there."""

    @property
    def customer_key(self) -> Any: ...

    @property
    def domain(self) -> str: ...


def seal(text: bytes, purpose: str, shop_domain: str) -> bytes:
    """Encrypt a text under the newest key."""
    key_id = newest_key_id()
    nonce = os.urandom(NONCE_BYTES)
    return key_id.encode() + b":" + nonce + _cipher(key_id).encrypt(nonce, text, _bound_to(purpose, shop_domain))


def unseal(sealed: bytes | memoryview, purpose: str, shop_domain: str) -> bytes:
    """Decrypt a sealed text, or raise CannotUnseal."""
    key_id, _, rest = bytes(sealed).partition(b":")
    nonce, ciphertext = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
    try:
        return _cipher(key_id.decode()).decrypt(nonce, ciphertext, _bound_to(purpose, shop_domain))
    except (InvalidTag, KeyError, ValueError) as error:
        raise CannotUnseal(f"{purpose} of {shop_domain}") from error


def key_id_of(sealed: bytes | memoryview) -> str:
    """Return the id of the key that a value is sealed under."""
    return bytes(sealed).partition(b":")[0].decode()


def newest_key_id() -> str:
    """Return the id of the key that new values are sealed under."""
    return next(iter(_keys(settings.ENCRYPTION_KEYS, settings.SECRET_KEY)))


def new_customer_key(shop_domain: str) -> bytes:
    """Make a shop's key for pseudonyms, sealed; destroying it makes every pseudonym anonymous for good."""
    return seal(os.urandom(32), "customer key", shop_domain)


def customer_ref(shop: Keyed, customer_id: int | None) -> bytes | None:
    """Return a customer's pseudonym in a shop, or None for a guest or a shop without a key."""
    return pseudonym(bytes(shop.customer_key), shop.domain, customer_id)


def pseudonym(sealed_key: bytes, shop_domain: str, customer_id: int | None) -> bytes | None:
    """Return a customer's pseudonym under a shop's sealed key."""
    if customer_id is None or not sealed_key:
        return None
    return hmac.digest(_customer_key(sealed_key, shop_domain), str(customer_id).encode(), "sha256")[:16]


def number_of(customer_ref: bytes) -> int:
    """Return the number that a pseudonym is told by among baskets: its first eight bytes, as PostgreSQL reads them.

    >>> number_of(bytes(7) + b"\\x05" + bytes(8)), number_of(b"\\xff" * 16)
    (5, -1)
    """
    return int.from_bytes(customer_ref[:8], "big", signed=True)


@lru_cache(maxsize=64)
def _customer_key(sealed_key: bytes, shop_domain: str) -> bytes:
    return unseal(sealed_key, "customer key", shop_domain)


def _bound_to(purpose: str, shop_domain: str) -> bytes:
    return f"{purpose}|{shop_domain}".encode()


def _cipher(key_id: str) -> AESGCM:
    return _keys(settings.ENCRYPTION_KEYS, settings.SECRET_KEY)[key_id]


@lru_cache(maxsize=4)
def _keys(configured: str, secret_key: str) -> dict[str, AESGCM]:
    """Return the ciphers by key id, newest first; without keys one derived for development."""
    if not configured:
        return {DEVELOPMENT_KEY_ID: AESGCM(hashlib.sha256(b"encryption|" + secret_key.encode()).digest())}
    return dict(_parse_key(entry.strip()) for entry in configured.split(","))


def _parse_key(entry: str) -> tuple[str, AESGCM]:
    key_id, _, encoded = entry.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if not (key_id.isalnum() and len(key_id) <= 20 and len(key) == 32):
        raise ImproperlyConfigured("ENCRYPTION_KEYS takes id:base64 of 32 bytes, separated by commas, newest first.")
    return key_id, AESGCM(key)
