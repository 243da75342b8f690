"""Suppliers and orders that a shop brings along from the app it bought with before: written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pipelines.lifecycle.buying import suppliers
from pipelines.lifecycle.buying.orders import Wanted, record
from pipelines.lifecycle.buying.suppliers import Told
from pipelines.lifecycle.errors import Refused
from pipelines.models import PurchaseLine, PurchaseOrder, Shop, Supplied, Supplier
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
def take_over_suppliers(shop: Shop, found: Iterable[Told], *, by: str) -> list[Told]:
    """Write down suppliers, and return them, but for those whose name is here: these, and what they deliver, stay."""
    Shop.objects.lock(shop)
    before = by_name(shop)
    taken = set(Supplied.objects.for_shop(shop).filter(variant_id=None).values_list("vendor", flat=True))
    new = [
        replace(told, vendors=[vendor for vendor in told.vendors if vendor not in taken])
        for told in found
        if told.name.casefold() not in before
    ]
    if len(before) + len(new) > suppliers.MOST:
        raise Refused(f"A shop can have {suppliers.MOST} suppliers. Leave some out of the file. Nothing was read.")
    for told in new:
        supplier = Supplier.objects.create(shop=shop, **told.columns(shop))
        suppliers.deliver(supplier, told)
        suppliers.record(supplier, "supplier.added", "A supplier was brought along", by)
    link(shop)
    return new


def by_name(shop: Shop) -> dict[str, Supplier]:
    """Give the suppliers of a shop by their names in small letters."""
    return {each.name.casefold(): each for each in Supplier.objects.for_shop(shop).defer("address")}


def link(shop: Shop) -> None:
    """Let orders that were brought along before belong to the supplier of their name."""
    known = by_name(shop)
    for order in PurchaseOrder.objects.for_shop(shop).exclude(known_as="").filter(supplier=None):
        if supplier := known.get(order.vendor.casefold()):
            PurchaseOrder.objects.filter(pk=order.pk).update(supplier=supplier, vendor=supplier.name)


@transaction.atomic
def take_over(shop: Shop, found: Iterable[Brought], *, by: str) -> list[str]:
    """Write orders down as sent, but for those that were brought before; returns what these are called."""
    Shop.objects.lock(shop)
    mine = PurchaseOrder.objects.for_shop(shop)
    number, before = mine.aggregate(most=Max("number"))["most"] or 0, set(mine.values_list("known_as", flat=True))
    written = []
    for brought in found:
        if brought.known_as in before:
            continue
        number += 1
        write(shop, brought, number, by)
        written.append(brought.known_as)
    link(shop)
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
