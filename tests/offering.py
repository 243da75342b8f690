"""Offers of a shop, and what is held of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from pipelines.models import Shop
from pipelines.models.usecases.offers import Offer, OfferSpend, till


def an_offer(shop: Shop, name: str = "Ten off", **changes: Any) -> Offer:
    """Return an offer that runs: a code that takes £2 off."""
    facts = {"kind": Offer.Kind.CODE, "code": "TEN", "cost_minor": 200, "state": Offer.State.LIVE, "sub": "1"}
    row = Offer.objects.create(shop=shop, name=name, **facts | changes)
    OfferSpend.objects.create(shop=shop, offer=row)
    return row


def reserve(offer: Offer, decision: uuid.UUID | None = None, at: datetime | None = None, **changes: Any) -> int:
    """Reserve what an offer costs, as a door does."""
    facts: dict[str, Any] = {"picked": offer.pk, "cost": offer.cost_minor, "at": at or timezone.now()}
    facts |= {"zone": offer.shop.zone, "decision": str(decision or uuid.uuid4()), "version": None, "checkout": None}
    with connection.cursor() as cursor:
        return int(till.reserve(cursor, offer.shop_id, **facts | changes))


def accept(shop: Shop, decision: uuid.UUID, at: datetime | None = None) -> None:
    """Write down that a decision was accepted, as the committer does."""
    accept_all(shop, [decision], at)


def accept_all(shop: Shop, decisions: Sequence[uuid.UUID], at: datetime | None = None) -> None:
    """Write down that several were accepted, in one statement."""
    rows = [{"shop": shop.pk, "decision": str(each), "at": at or timezone.now()} for each in decisions]
    with connection.cursor() as cursor:
        cursor.execute(till.ACCEPT, [orjson.dumps(rows).decode()])
