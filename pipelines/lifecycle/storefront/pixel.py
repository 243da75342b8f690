"""The shop's web pixel: switched on where the merchant allows it, with the settings that it needs, and kept up to date.

Shopify holds one pixel of ours for each shop. It takes it down itself when the app is uninstalled or loses its rights.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from pipelines.lifecycle.storefront import keys
from pipelines.models import Shop, StorefrontPixel
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import QueryRefused, UserErrors

SCOPES = ("write_pixels", "read_customer_events")
PATH = "/pixel"  # of our door


def allowed() -> QuerySet[Shop]:
    """Return the shops that let us have a pixel."""
    return Shop.objects.reachable().filter(scopes__contains=list(SCOPES))


def due() -> Iterable[int]:
    """Name the shops whose pixel is to be switched on, told another address or given a new key."""
    known = dict(StorefrontPixel.objects.values_list("shop", "settings"))
    return [shop for shop in allowed().values_list("pk", flat=True) if not is_current(known.get(shop))]


def forget_lost() -> None:
    """Forget the pixels of shops that no longer let us have one: Shopify has taken them down."""
    StorefrontPixel.objects.exclude(shop__in=allowed()).delete()


def is_current(told: dict[str, str] | None) -> bool:
    """Tell whether a pixel knows where to send to, and has a key of the newest kind."""
    return told is not None and told.get("address") == address() and keys.is_newest(told.get("key", ""))


def address() -> str:
    """Return where pixels send to."""
    return f"{settings.APP_URL}{PATH}"


def switch_on(shop: Shop) -> None:
    """Give a shop its pixel, or the pixel new settings; nothing where all is as it should be."""
    row = StorefrontPixel.objects.for_shop(shop).first()
    if not allowed().filter(pk=shop.pk).exists() or is_current(row.settings if row else None):
        return
    told = {"address": address(), "shop": shop.domain, "key": keys.give(shop.domain)}
    gid = set_up(AdminApi(shop), row.gid if row else "", told)
    values = {"gid": gid, "settings": told, "set_at": timezone.now()}
    StorefrontPixel.objects.update_or_create(shop=shop, defaults=values)


def set_up(api: AdminApi, gid: str, told: dict[str, str]) -> str:
    """Write the settings of the pixel, which Shopify may have without our knowing, or lack though we know it."""
    gid = gid or existing(api)
    if gid:
        try:
            return id_in(api.execute("web_pixel_update", {"id": gid, "settings": told}).data["webPixelUpdate"])
        except UserErrors as refused:
            if not refused.says_gone:
                raise
    return id_in(api.execute("web_pixel_create", {"settings": told}).data["webPixelCreate"])


def existing(api: AdminApi) -> str:
    """Return the pixel that Shopify has of ours; where it has none it answers with an error."""
    try:
        return id_in(api.execute("web_pixel").data)
    except QueryRefused:
        return ""


def id_in(answered: dict[str, Any]) -> str:
    """Return the pixel's id out of an answer, or nothing."""
    return str((answered.get("webPixel") or {}).get("id", ""))
