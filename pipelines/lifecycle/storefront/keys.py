"""The key in a pixel's settings: says for which shop it was made. Whoever opens the shop can read it.

It is a seal around nothing: only we can make one, it is good for one shop, and goes with the key it was made under.
"""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache

from pipelines.shopify import vault

PURPOSE = "pixel"
LONGEST = 120


def give(domain: str) -> str:
    """Make a key for a shop's pixel."""
    return base64.urlsafe_b64encode(vault.seal(b"", PURPOSE, domain)).decode()


def is_ours(key: str, domain: str) -> bool:
    """Tell whether we made a key for this shop, and the key that it was made under is still in use."""
    return len(key) <= LONGEST and opens(key, domain)


@lru_cache(maxsize=4096)
def opens(key: str, domain: str) -> bool:
    """Tell whether a key, short enough to be remembered, opens for this shop."""
    try:
        vault.unseal(opened(key), PURPOSE, domain)
    except (vault.CannotUnseal, ValueError):
        return False
    return True


def is_newest(key: str) -> bool:
    """Tell whether a key was made under the newest of our keys."""
    try:
        return vault.key_id_of(opened(key)) == vault.newest_key_id()
    except ValueError:
        return False


def opened(key: str) -> bytes:
    if len(key) > LONGEST:
        raise ValueError("a key is short")
    try:
        return base64.b64decode(key.encode(), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("a key is base64") from None
