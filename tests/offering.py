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
from pipelines.models.usecases.offers import Offer, OfferSpend, blocks, till
from pipelines.models.usecases.offers.blocks import Block


def an_offer(shop: Shop, name: str = "Ten off", **changes: Any) -> Offer:
    """Return an offer that runs: a code that takes £2 off."""
    facts = {"kind": Offer.Kind.CODE, "code": "TEN", "cost_minor": 200, "state": Offer.State.LIVE, "sub": "1"}
    row = Offer.objects.create(shop=shop, name=name, **facts | changes)
    OfferSpend.objects.create(shop=shop, offer=row)
    return row


def take(
    offer: Offer, most: int = 1, cost: int | None = None, at: datetime | None = None, **about: Any
) -> Block | None:
    """Take a block of an offer, as a door does."""
    at, cost = at or timezone.now(), offer.cost_minor if cost is None else cost
    week, has_checkout = blocks.week(at, offer.shop.zone), about.get("checkout") is not None
    with connection.cursor() as cursor:
        return till.take(cursor, offer.shop_id, offer.pk, week, cost, at, most=most, has_checkout=has_checkout)


def a_row(offer: Offer, block: Block, decision: uuid.UUID | None = None, **about: Any) -> dict[str, Any]:
    """Say what is handed out of a block; without a decision, that it ends."""
    whose = {"shop": offer.shop_id, "picked": offer.pk, "block": block.id, "week": block.week}
    if decision is None:
        return whose | {"decision": None}
    at = about.get("at") or timezone.now()
    facts = {"decision": decision, "version": None, "checkout": None, "cost": offer.cost_minor}
    return whose | facts | about | {"at": at, "until": at + blocks.HELD_FOR}


def hand_out(*rows: dict[str, Any]) -> None:
    """Write what was handed out, as the committer does."""
    with connection.cursor() as cursor:
        cursor.execute(till.HAND_OUT, [orjson.dumps(rows).decode()])


def reserve(offer: Offer, decision: uuid.UUID | None = None, **about: Any) -> int:
    """Reserve what an offer costs for one decision; return the offer, 0 where nothing is left."""
    block = take(offer, **{name: about[name] for name in ("cost", "at", "checkout") if name in about})
    if block is None:
        return 0
    hand_out(a_row(offer, block, decision or uuid.uuid4(), **about), a_row(offer, block))
    return offer.pk


def accept(shop: Shop, decision: uuid.UUID, at: datetime | None = None) -> None:
    """Write down that a decision was accepted, as the committer does."""
    accept_all(shop, [decision], at)


def accept_all(shop: Shop, decisions: Sequence[uuid.UUID], at: datetime | None = None) -> None:
    """Write down that several were accepted, in one statement."""
    write_accepted([{"shop": shop.pk, "decision": str(each), "at": at or timezone.now()} for each in decisions])


def accept_offer(shop: Shop, decision: uuid.UUID, offer: Offer, at: datetime) -> None:
    """Write down which offer of a decision was accepted, as a pass says."""
    write_accepted([{"shop": shop.pk, "decision": str(decision), "picked": str(offer.pk), "at": at}])


def write_accepted(rows: Sequence[dict[str, Any]]) -> None:
    """Write down what was accepted."""
    with connection.cursor() as cursor:
        cursor.execute(till.ACCEPT, [orjson.dumps(rows).decode()])
