"""Whether the discount codes that shoppers are shown still work: asked of Shopify each day, and when one is new.

Who may be given an active discount is not always said: a Rollout of Shopify's may decide, and cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from pipelines.models import Shop, own
from pipelines.models.base import Coded
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import AccessForbidden

SCOPE = "read_discounts"
EVERY = timedelta(days=1)
ANYBODY = "DiscountBuyerSelectionAll"
STATES = {"EXPIRED": Coded.Code.ENDED, "SCHEDULED": Coded.Code.LATER}


def due(now: datetime) -> Iterable[int]:
    """Name the shops with a code that nobody asked about since a day, or ever; or that we may ask about since."""
    old = Q(code_checked_at=None) | Q(code_checked_at__lte=now - EVERY)
    newly_allowed = Q(code_state=Coded.Code.UNKNOWN, shop__scopes__contains=[SCOPE])
    shops = {shop for table in own.coded() for shop in table.checked().filter(old | newly_allowed).values_list("shop")}
    return Shop.objects.reachable().filter(pk__in=[pk for (pk,) in shops]).values_list("pk", flat=True)


def check(shop: Shop, now: datetime) -> None:
    """Ask about every code of a shop; where we may not, that is what is known."""
    rows = [row for table in own.coded() for row in table.checked().filter(shop=shop)]
    answers = {code: ask(shop, code) for code in {row.code for row in rows}}
    for row in rows:
        state, ends_at = answers[row.code]
        stands = type(row).objects.filter(pk=row.pk, code=row.code)  # not changed meanwhile
        stands.update(code_state=state, code_ends_at=ends_at, code_checked_at=now)


def ask(shop: Shop, code: str) -> tuple[str, datetime | None]:
    """Return what Shopify says of a code, and when it ends."""
    if not shop.has_scope(SCOPE):
        return Coded.Code.UNKNOWN, None
    try:
        node = AdminApi(shop).execute("discount_by_code", {"code": code}).data["codeDiscountNodeByCode"]
    except AccessForbidden:
        return Coded.Code.UNKNOWN, None
    if node is None:
        return Coded.Code.DELETED, None
    said = node["codeDiscount"]
    ends_at = datetime.fromisoformat(said["endsAt"]) if said.get("endsAt") else None
    return state_of(said), ends_at


def state_of(said: dict[str, Any]) -> str:
    """Read what a discount does for shoppers now."""
    if said.get("status") in STATES:
        return STATES[said["status"]]
    limit = said.get("usageLimit")
    if limit is not None and said["asyncUsageCount"] >= limit:
        return Coded.Code.NOBODY
    return Coded.Code.ACTIVE if said["context"]["__typename"] == ANYBODY else Coded.Code.SOME
