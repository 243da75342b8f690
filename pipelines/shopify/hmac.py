"""Signatures of webhooks and of what comes through the app proxy: who sent these bytes.

Standard library only: the doors ask before Django is involved.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterable


def webhook_signature(body: bytes, secret: str) -> bytes:
    """Return the value of X-Shopify-Hmac-Sha256 for a raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


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
    values: dict[str, str] = {}
    for name, value in parameters:
        values[name] = f"{values[name]},{value}" if name in values else value
    message = "".join(sorted([f"{name}={value}" for name, value in values.items()]))
    return hmac.digest(secret.encode(), message.encode("utf-8", "surrogatepass"), "sha256").hex()


def proxy_is_authentic(parameters: list[tuple[str, str]], given: str, secrets: Iterable[str]) -> bool:
    """Say whether Shopify signed a proxied request with one of the app's secrets, in constant time."""
    told = given.encode("utf-8", "surrogatepass")
    matches = [hmac.compare_digest(proxy_signature(parameters, secret).encode(), told) for secret in secrets if secret]
    return any(matches)
