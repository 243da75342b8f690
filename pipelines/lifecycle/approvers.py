"""Who may decide for a shop, and whether enough of them said yes to exactly what a release is now."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from pipelines.models import Approval, Release, Shop, ShopSettings, Staff

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


def approvals_of(release: Release) -> QuerySet[Approval]:
    """Keep the approvals of exactly what the release is now."""
    given = Approval.objects.for_shop(release.shop_id).filter(release=release, voided_because="")
    return given.filter(artifact_digest=release.version.artifact_digest, evidence_digest=release.evidence_digest)


def is_approved(release: Release, now: datetime) -> bool:
    """Say whether enough people said yes to exactly this, in time or with units exposed since."""
    needed: int = release.evidence.get("plan", {}).get("approvals_needed", 1)
    return len({given.sub for given in approvals_of(release) if stands(given, now)}) >= needed


def stands(given: Approval, now: datetime) -> bool:
    """Say whether a yes still counts: used up already, or in time and of somebody who may still give it."""
    return bool(given.consumed_at) or (given.expires_at > now and not why_not(given.shop_id, given.sub))


def use_up(release: Release, now: datetime) -> None:
    """Note that the shop was given what people said yes to: from now on their yes cannot expire."""
    approvals_of(release).filter(consumed_at=None).update(consumed_at=now)
