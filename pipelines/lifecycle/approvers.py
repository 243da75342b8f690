"""Who may decide for a shop."""

from __future__ import annotations

from pipelines.models import Shop, ShopSettings, Staff

OPERATOR = "operator:"


def why_not_allowed(shop: Shop | int, sub: str) -> str:
    """Return why this person may not approve, or nothing when they may."""
    staff = Staff.objects.for_shop(shop).filter(sub=sub).first()
    if staff is None or staff.is_owner is None:
        return "Shopify has not told us yet whether you own this account. Open the app again in a minute."
    if staff.is_owner or sub in ShopSettings.of(shop).approvers:
        return ""
    return "Only the account owner, and people named under Settings, approve versions."


def why_not(shop_id: int, sub: str) -> str:
    """Return why a yes of this person does not count, or nothing; operators are not of the shop's staff."""
    return "" if sub.startswith(OPERATOR) else why_not_allowed(shop_id, sub)
