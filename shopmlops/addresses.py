"""Whose request it is: the client's address, counted in memory, and never written but as a digest."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings
from django.http import HttpRequest

from pipelines.endpoints.callers import address


def address_digest(request: HttpRequest) -> str:
    """Return a digest that tells addresses apart and cannot be turned back: counts of wrong passwords go by it."""
    who = address(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))
    return hmac.digest(settings.SECRET_KEY.encode(), f"address:{who}".encode(), hashlib.sha256).hex()
