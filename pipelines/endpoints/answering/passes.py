"""Who may ask: a text that we signed for one unit of one shop and one use case, until a moment.

A page that we made hands it to its visitor's browser. It says nothing of a person: the unit is a random first-party id.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.core.signing import BadSignature, Signer, b64_encode
from django.utils.encoding import force_bytes

from pipelines.shopify.hmac import digest

UNIT = re.compile(r"[A-Za-z0-9_-]{8,64}")
LONGEST = 200
OVER = "the pass is over"


class NotAllowed(Exception):
    """Nobody of ours gave this pass, or not for this, or its time is over."""


def give(shop: str, use_case: str, unit: str, until: datetime) -> str:
    """Sign that a unit of a shop may ask a use case until a moment."""
    if not UNIT.fullmatch(unit):
        raise ValueError("a unit is known by 8 to 64 letters, digits, - and _")
    return signer(shop, use_case).sign(f"{unit}:{int(until.timestamp())}")


def unit_of(given: str, shop: str, use_case: str, at: datetime) -> str:
    """Return for whom a pass was given, or raise NotAllowed."""
    if len(given) > LONGEST:
        raise NotAllowed("this is no pass of ours")
    try:
        unit, _, until = signer(shop, use_case).unsign(given).rpartition(":")
    except BadSignature:
        raise NotAllowed("this is no pass of ours for this shop and question") from None
    if int(until) <= at.timestamp():
        raise NotAllowed(OVER)
    return unit


def signer(shop: str, use_case: str) -> Signer:
    """Return what signs for one shop and purpose: under another key each, so no pass is good for anything else."""
    return kept(f"answering|{shop}|{use_case}", settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=1024)
def kept(salt: str, key: str, old: tuple[str, ...]) -> Signer:
    """Return Django's signer, made once."""
    return Quick(key=key, fallback_keys=list(old), salt=salt)


class Quick(Signer):
    """Signs as Django does, with keys that are derived once: each answer brings a pass."""

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        """Return the signature that Django gives."""
        told = value.encode() if isinstance(value, str) else value
        return b64_encode(digest(derived(self.salt, key or self.key), told)).decode()


@lru_cache(maxsize=1024)
def derived(salt: str, key: str | bytes) -> bytes:
    """Derive the key of a purpose, as `salted_hmac` does."""
    return hashlib.sha256(f"{salt}signer".encode() + force_bytes(key)).digest()
