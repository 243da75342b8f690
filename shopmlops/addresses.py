"""Whose request it is: the client's address, counted in memory, and never written but as a digest."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def address(peer: str, forwarded: str) -> str:
    """Return who asks: the peer; where that is a proxy of our own network, whom it names last."""
    if is_public(peer):
        return peer
    return forwarded.rpartition(",")[2].strip()[:45] or peer


def is_public(name: str) -> bool:
    try:
        return ip_address(name).is_global
    except ValueError:
        return False


def address_digest(request: HttpRequest) -> str:
    """Return a digest that tells addresses apart and cannot be turned back: counts of wrong passwords go by it."""
    who = address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))
    return hmac.digest(settings.SECRET_KEY.encode(), f"address:{who}".encode(), hashlib.sha256).hex()
