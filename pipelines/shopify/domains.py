"""Which shop a text names, if any."""

from __future__ import annotations

import re

from django.conf import settings

SHOP_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,60}\.myshopify\.com")
HOST_PARAMETER = re.compile(r"[A-Za-z0-9+/_-]{1,400}={0,2}")


def shop_domain(text: str | None) -> str | None:
    """Return the text if it is a shop's myshopify.com domain, else None."""
    return text if text and SHOP_DOMAIN.fullmatch(text) else None


def host_parameter(text: str | None) -> str | None:
    """Return Shopify's `host` parameter if it is plain base64, else None."""
    return text if text and HOST_PARAMETER.fullmatch(text) else None


def api_origin(domain: str) -> str:
    """Return the address under which a shop's Admin API answers."""
    if not SHOP_DOMAIN.fullmatch(domain):
        raise ValueError("not a myshopify.com domain")
    return settings.SHOPIFY_API_ORIGIN.replace("{shop}", domain)


def admin_origins(domain: str) -> list[str]:
    """Return the origins that may embed our pages for a shop."""
    return [origin.replace("{shop}", domain) for origin in settings.SHOPIFY_ADMIN_ORIGINS]


def admin_page(domain: str, path: str) -> str:
    """Return the address of a page in a shop's own admin."""
    return f"{admin_origins(domain)[0]}/admin/{path}"


def client_secrets() -> list[str]:
    """Return the app's client secret, and the old one while a rotation lasts."""
    return [secret for secret in (settings.SHOPIFY_API_SECRET, settings.SHOPIFY_API_SECRET_OLD) if secret]
