"""Read a checkout's token as nearly all of them are written, in a fraction of PyJWT's time.

What is read here PyJWT would read, and as the same claims. Whatever is not quite so is nothing here, and PyJWT's to
judge: each refusal, and each header, claim, letter or secret that is not as Shopify writes them.
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from jwt.algorithms import HMACAlgorithm
from jwt.exceptions import InvalidKeyError

from pipelines.shopify.hmac import digest

FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})")
HEADERS = ({"alg": "HS256"}, {"alg": "HS256", "typ": "JWT"})
VALUES = frozenset({str, int})
TEXTS, TIMES = ("dest", "aud", "jti"), ("iat", "nbf", "exp")


def claims(token: str, secret: str, audience: str, leeway: float) -> dict[str, Any] | None:
    """Return the claims of a plain token that a secret has signed for an audience and that is good now, or nothing."""
    parts = FORM.fullmatch(token)
    if parts is None or not (is_plain(parts[1]) and is_plain_secret(secret)):
        return None
    signature = urlsafe_b64encode(digest(secret.encode(), token[: parts.end(2)].encode()))[:-1]  # without its padding
    if not hmac.compare_digest(signature, parts[3].encode()):
        return None
    told = read(parts[2])
    return told if told and audience and is_good(told, audience, leeway) else None


def is_good(told: dict[str, Any], audience: str, leeway: float) -> bool:
    """Tell whether all claims are there that a checkout's token has, for that audience and for now."""
    if not all(type(told.get(name)) is str for name in TEXTS) or not all(type(told.get(name)) is int for name in TIMES):
        return False
    now = datetime.now(UTC).timestamp()
    is_now = max(told["iat"], told["nbf"]) <= now + leeway and told["exp"] > now - leeway
    return bool(is_now and told["aud"] == audience)


def read(segment: str) -> dict[str, Any] | None:
    """Return an object of texts and whole numbers, written in the one way in which base64 writes it, or nothing."""
    written = segment.encode()
    try:
        plain = urlsafe_b64decode(written + b"=" * (-len(written) % 4))
        told = orjson.loads(plain)
    except (binascii.Error, orjson.JSONDecodeError):
        return None
    is_exact = urlsafe_b64encode(plain).rstrip(b"=") == written
    return told if is_exact and type(told) is dict and VALUES.issuperset(map(type, told.values())) else None


@lru_cache(maxsize=64)
def is_plain(header: str) -> bool:
    """Tell whether a header says nothing but how Shopify signs."""
    return read(header) in HEADERS


@lru_cache(maxsize=4)
def is_plain_secret(secret: str) -> bool:
    """Tell whether PyJWT takes a secret for one, without a warning."""
    algorithm = HMACAlgorithm(HMACAlgorithm.SHA256)
    try:
        return not algorithm.check_key_length(algorithm.prepare_key(secret))
    except InvalidKeyError:
        return False
