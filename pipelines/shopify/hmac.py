"""Signatures of webhooks and of what comes through the app proxy: who sent these bytes.

Standard library only: the doors ask before Django is involved.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable
from functools import lru_cache


def digest(key: bytes, message: bytes) -> bytes:
    """Return the HMAC-SHA256 of a message; what depends on the key alone is worked out once.

    >>> digest(b"key", b"message") == hmac.digest(b"key", b"message", "sha256")
    True
    """
    begun = keyed(key).copy()
    begun.update(message)
    return begun.digest()


@lru_cache(maxsize=1024)
def keyed(key: bytes) -> hmac.HMAC:
    """Return what signs with a key, before it has read anything."""
    return hmac.new(key, digestmod="sha256")


def webhook_signature(body: bytes, secret: str) -> bytes:
    """Return the value of X-Shopify-Hmac-Sha256 for a raw body."""
    return base64.b64encode(digest(secret.encode(), body))


def webhook_is_authentic(body: bytes, header: str | bytes, secrets: Iterable[str]) -> bool:
    """Say whether a raw body was signed with one of the app's secrets, in constant time.

    Shopify signs with the old secret for up to an hour after a rotation, so both are tried.
    """
    given = header.encode("utf-8", "replace") if isinstance(header, str) else header
    matches = [hmac.compare_digest(webhook_signature(body, secret), given) for secret in secrets if secret]
    return any(matches)


def proxy_signature(parameters: Iterable[tuple[str, str]], secret: str) -> str:
    """Return the `signature` of a proxied request's other parameters: sorted, values of one name joined, as hex.

    >>> proxy_signature([("shop", "a.myshopify.com"), ("timestamp", "1")], "hush")[:8]
    '93cd89b9'
    """
    return signature_of(proxy_message(parameters), secret)


def proxy_message(parameters: Iterable[tuple[str, str]]) -> bytes:
    """Return what Shopify signs of a proxied request.

    >>> proxy_message([("shop", "b"), ("ids", "1"), ("ids", "2")])
    b'ids=1,2shop=b'
    """
    values: dict[str, str] = {}
    for name, value in parameters:
        values[name] = f"{values[name]},{value}" if name in values else value
    return "".join(sorted(map("=".join, values.items()))).encode("utf-8", "surrogatepass")


def signature_of(message: bytes, secret: str) -> str:
    """Return the signature of a proxied request's message."""
    return digest(secret.encode(), message).hex()


def proxy_is_authentic(parameters: list[tuple[str, str]], given: str, secrets: Iterable[str]) -> bool:
    """Say whether Shopify signed a proxied request with one of the app's secrets, in constant time."""
    told, message = given.encode("utf-8", "surrogatepass"), proxy_message(parameters)
    matches = [hmac.compare_digest(signature_of(message, secret).encode(), told) for secret in secrets if secret]
    return any(matches)
