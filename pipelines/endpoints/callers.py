"""Who asks: the address of a client, also behind a proxy of our own network."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qs

MOST_FIELDS = 8  # of a query; no door of ours asks for more


def query_of(scope: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the first value of each field of a query; nothing where there are more than any door asks for."""
    text = scope.get("query_string", b"").decode("latin-1")
    try:
        found = parse_qs(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
    return {name: values[0] for name, values in found.items()}


def address(peer: str, forwarded: str) -> str:
    """Return who asks: the peer; where that is a proxy of our own network, whom it names last."""
    if is_public(peer):
        return peer
    return forwarded.rpartition(",")[2].strip()[:45] or peer


def behind_shopify(peer: str, forwarded: str) -> str:
    """Return who asks through Shopify's app proxy: whom it names last, before a proxy of our own names Shopify."""
    names = [name.strip()[:45] for name in forwarded.split(",")]
    named = names if is_public(peer) else names[:-1]
    return named[-1] if named and named[-1] else address(peer, forwarded)


@lru_cache(maxsize=1024)
def is_public(name: str) -> bool:
    """Tell whether an address is one of the wide network's."""
    try:
        return ip_address(name).is_global
    except ValueError:
        return False
