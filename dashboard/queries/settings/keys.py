"""Keys for tools of the merchant's own, and what they open."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from pipelines.lifecycle import approvers
from pipelines.lifecycle.evidence.asked import underway
from pipelines.lifecycle.exports.keys import MOST
from pipelines.models import Shop, ShopKey, Staff
from pipelines.usecases import USE_CASES


@dataclass(frozen=True)
class KeysPage:
    """Everything on the page."""

    keys: list[ShopKey]
    made: str  # the key that was just made; it is told once
    exports: list[tuple[str, str]]  # title, address
    why_not: str  # this person may not change it

    @property
    def is_full(self) -> bool:
        return len(self.keys) >= MOST

    @property
    def may_make(self) -> bool:
        return not self.why_not and not self.is_full


def keys_page(shop: Shop, viewer: Staff, made: str = "") -> KeysPage:
    """Read the keys of a shop."""
    exported = [case for case in USE_CASES.values() if underway.are_told(case.slug)]
    return KeysPage(
        keys=list(ShopKey.objects.for_shop(shop).order_by("pk")),
        made=made,
        exports=[(case.title, f"{settings.APP_URL}/api/{case.slug}") for case in exported],
        why_not=approvers.why_not_allowed(shop, viewer.sub),
    )
