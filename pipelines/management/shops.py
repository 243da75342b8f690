"""What the operators' commands share."""

from __future__ import annotations

from django.core.management.base import CommandError

from pipelines.models import Shop


def shop_named(domain: str) -> Shop:
    """Return an installed shop by its domain, or say that there is none."""
    shop = Shop.objects.installed().filter(domain=domain).first()
    if shop is None:
        raise CommandError(f"No installed shop is called {domain}.")
    return shop
