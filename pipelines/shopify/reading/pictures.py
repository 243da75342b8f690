"""Where a product's picture may come from: Shopify's files, and nowhere else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

LONGEST_URL = 500


def picture(url: Any) -> str:
    """Return the address of a picture on the origin that serves Shopify's own files; of anything else nothing.

    That is https://cdn.shopify.com, or the development store in a demo: the one that our pages' policy allows.
    """
    if type(url) is not str or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return ""
    try:
        parts, files = urlsplit(url), urlsplit(settings.APP_BRIDGE_URL)
    except ValueError:
        return ""
    return url if (parts.scheme, parts.netloc) == (files.scheme, files.netloc) else ""
