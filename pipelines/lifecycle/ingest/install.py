"""A shop arrives, changes what it allows, and leaves."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle import unlinking
from pipelines.models import LifecycleEvent, Publication, PublishedFields, Shop, ShopKey, ShopSettings, ShopToken, Staff
from pipelines.shopify import token_exchange, tokens, transport, vault
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import BadAnswer, ShopifyError
from pipelines.shopify.id_tokens import Identity
from pipelines.shopify.reading.shapes import words

log = logging.getLogger(__name__)
STAFF_EVERY = timedelta(hours=24)
STAFF_RETRY = timedelta(minutes=5)  # after Shopify could not say who somebody is


@dataclass(frozen=True)
class Arrival:
    """Who opened the app, in which shop, and whether that installed it."""

    shop: Shop
    staff: Staff
    is_new: bool


def arrive(identity: Identity, id_token: str) -> Arrival:
    """Return the shop and the person behind an ID token; the first visit installs the shop."""
    shop, _ = Shop.objects.select_related("settings").get_or_create(domain=identity.shop_domain)
    is_new = False
    if not shop.is_reachable:
        is_new = _connect(shop, identity, id_token)
        shop = Shop.objects.select_related("settings").get(pk=shop.pk)
    return Arrival(shop, _recognise(shop, identity, id_token), is_new)


def depart(shop: Shop, at: datetime) -> bool:
    """Mark a shop uninstalled, unless it was installed again after that moment; say whether it left."""
    with transaction.atomic():
        row = Shop.objects.lock(shop)
        if not (row.is_installed and row.installed_at) or at < row.installed_at:
            return False
        row.uninstalled_at = at
        row.save(update_fields=["uninstalled_at"])
        ShopToken.objects.filter(shop=row).delete()  # dead since Shopify sent the message
        Staff.objects.for_shop(row).update(checked_at=None)
        # Who comes back finds none of our fields, and is sent all of them; and makes new keys.
        for table in (PublishedFields, Publication, ShopKey):
            table.objects.for_shop(row).delete()
        LifecycleEvent.record(row, "shop.uninstalled", by="system", because="the app was uninstalled in Shopify admin")
    unlinking.leave(row, because="One of the two stores uninstalled the app", now=timezone.now())
    return True


def scopes_changed(shop: Shop, current: Iterable[str], at: datetime) -> set[str]:
    """Store what the shop now allows, unless something newer is known; return what was gained."""
    scopes = sorted(set(current))
    with transaction.atomic():
        row = Shop.objects.lock(shop)
        if row.scopes_at and at < row.scopes_at:
            return set()
        gained, lost = sorted(set(scopes) - set(row.scopes)), sorted(set(row.scopes) - set(scopes))
        row.scopes, row.scopes_at = scopes, at
        row.save(update_fields=["scopes", "scopes_at"])
        if gained or lost:
            because = "the permissions were changed in Shopify admin"
            LifecycleEvent.record(row, "shop.scopes", by="system", because=because, gained=gained, lost=lost)
    return set(gained)


def _connect(shop: Shop, identity: Identity, id_token: str) -> bool:
    """Get access to a shop and learn what it is; say whether it was installed by that."""
    asked_at = timezone.now()
    tokens.obtain(shop, lambda: token_exchange.exchange_offline(shop.domain, id_token))
    facts = _facts(AdminApi(shop, timeout=transport.HASTY).execute("shop").data)
    return _admit(shop, facts | {"scopes_at": asked_at}, identity.sub)


def _admit(shop: Shop, facts: dict[str, Any], sub: str) -> bool:
    """Write a shop that Shopify let us into; of several first visits one installs it."""
    with transaction.atomic():
        row = Shop.objects.lock(shop)
        was_installed, kind = row.is_installed, "shop.reinstalled" if row.installed_at else "shop.installed"
        facts |= {"access_ended_at": None, "access_ended_reason": ""}
        if not was_installed:
            facts |= {"installed_at": timezone.now(), "uninstalled_at": None, "redacted_at": None}
        if not row.customer_key:
            facts["customer_key"] = vault.new_customer_key(row.domain)
        Shop.objects.filter(pk=row.pk).update(**facts)
        ShopSettings.objects.get_or_create(shop=row)
        if not was_installed:
            LifecycleEvent.record(row, kind, by=sub, because="the app was opened in Shopify admin")
    return not was_installed


def _facts(data: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a shop from the answer to shop.graphql."""
    shop, installation = data.get("shop") or {}, data.get("currentAppInstallation") or {}
    if not shop.get("id"):
        raise BadAnswer()
    return {
        "gid": shop["id"],
        "name": words(shop.get("name")),
        "timezone": _known_zone(shop.get("ianaTimezone")),
        "currency": shop.get("currencyCode") or "USD",
        "country": (shop.get("shopAddress") or {}).get("countryCodeV2") or "",
        "plan": words((shop.get("plan") or {}).get("publicDisplayName"), 60),
        "scopes": sorted(scope["handle"] for scope in installation.get("accessScopes") or []),
    }


def _known_zone(name: str | None) -> str:
    try:
        return ZoneInfo(name or "UTC").key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones is no zone
        return "UTC"


def _recognise(shop: Shop, identity: Identity, id_token: str) -> Staff:
    """Return the person, asking Shopify who that is at first sight and then once a day."""
    staff, _ = Staff.objects.get_or_create(shop=shop, sub=identity.sub)
    if staff.checked_at and staff.checked_at > timezone.now() - STAFF_EVERY:
        return staff
    try:
        _identify(staff, shop, id_token)
    except ShopifyError as error:  # the pages work without; nobody unknown approves
        log.info("Shopify did not say who opened the app in %s: %s", shop.domain, error)
    return staff


def _identify(staff: Staff, shop: Shop, id_token: str) -> None:
    """Learn whether the person owns the account; of several requests at once one asks."""
    now = timezone.now()
    row = Staff.objects.filter(pk=staff.pk)
    if not row.filter(checked_at=staff.checked_at).update(checked_at=now - STAFF_EVERY + STAFF_RETRY):
        return
    person = token_exchange.exchange_online(shop.domain, id_token)
    if person.sub != staff.sub:
        return
    staff.is_owner, staff.is_collaborator, staff.checked_at = person.is_owner, person.is_collaborator, now
    staff.save(update_fields=["is_owner", "is_collaborator", "checked_at"])
