"""Signatures of webhooks: who sent these bytes.

Standard library only: the webhook door asks before Django is involved.
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
