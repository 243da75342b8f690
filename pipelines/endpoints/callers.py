"""Who asks: the address of a client, also behind a proxy of our own network."""

from __future__ import annotations

from ipaddress import ip_address


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


def is_public(name: str) -> bool:
    """Tell whether an address is one of the wide network's."""
    try:
        return ip_address(name).is_global
    except ValueError:
        return False
