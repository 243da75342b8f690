"""Orders that a shop brings along from the app it bought with before: written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pipelines.lifecycle.buying.orders import Wanted, record
from pipelines.models import PurchaseLine, PurchaseOrder, Shop
from pipelines.models.ledger import Noted


@dataclass(frozen=True)
class Brought:
    """An order that was sent elsewhere and has not come whole."""

    known_as: str
    vendor: str
    sent_on: date
    expected_on: date
    lines: tuple[Wanted, ...]
    came: Mapping[int, int]  # units by variant


@transaction.atomic
def take_over(shop: Shop, found: Iterable[Brought], *, by: str) -> list[str]:
    """Write orders down as sent, but for those that were brought before; returns what these are called."""
    Shop.objects.select_for_update(no_key=True).only("pk").get(pk=shop.pk)
    mine = PurchaseOrder.objects.for_shop(shop)
    number, before = mine.aggregate(most=Max("number"))["most"] or 0, set(mine.values_list("known_as", flat=True))
    written = []
    for brought in found:
        if brought.known_as in before:
            continue
        number += 1
        write(shop, brought, number, by)
        written.append(brought.known_as)
    return written


def write(shop: Shop, brought: Brought, number: int, by: str) -> None:
    """Write one order with what of it came."""
    order = PurchaseOrder.objects.create(
        shop=shop,
        number=number,
        vendor=brought.vendor,
        currency=shop.currency,
        state=PurchaseOrder.State.SENT,
        sent_on=brought.sent_on,
        sent_at=timezone.now(),  # from now on the advice counts it
        expected_on=brought.expected_on,
        known_as=brought.known_as,
    )
    PurchaseLine.objects.bulk_create(
        PurchaseLine(shop=shop, order=order, received=brought.came.get(line.variant_id, 0), **asdict(line))
        for line in brought.lines
    )
    record(order, Noted("order.brought", "An order was brought along", {"lines": len(brought.lines)}), by)
