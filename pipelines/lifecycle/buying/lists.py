"""What was ordered outside, by a list that was downloaded: written down as sent, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from pipelines.lifecycle.buying import orders
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.lifecycle.errors import Refused
from pipelines.models import Shop
from pipelines.models.buying import PurchaseOrder, Supplier


@dataclass(frozen=True)
class To:
    """Whom a part of a list was sent to: a supplier, or a vendor that none delivers."""

    vendor: str
    supplier: Supplier | None

    @property
    def name(self) -> str:
        return self.supplier.name if self.supplier else self.vendor


def mark_ordered(
    shop: Shop, lists: Mapping[To, Iterable[Wanted]], today: date, on: date, expected_on: date, *, by: str
) -> list[PurchaseOrder]:
    """Write each part down as sent on a day: all of them or none; a draft that is there becomes it."""
    with transaction.atomic():
        return [ordered(shop, to, list(wanted), today, on, expected_on, by=by) for to, wanted in lists.items()]


def ordered(
    shop: Shop, to: To, wanted: list[Wanted], today: date, on: date, expected_on: date, *, by: str
) -> PurchaseOrder:
    """Write one part down, unless that was done before."""
    refuse_twice(shop, to, wanted, on)
    order = orders.draft(shop, to.vendor, wanted, supplier=to.supplier, location_id=None, by=by)
    if {line.variant_id: line.units for line in order.lines.all()} != units_of(wanted):
        orders.refill(order, wanted, None, revision=order.revision, by=by)
        order.refresh_from_db()
    orders.send(order, today, expected_on, on=on, revision=order.revision, by=by)
    order.refresh_from_db()
    return order


def refuse_twice(shop: Shop, to: To, wanted: list[Wanted], on: date) -> None:
    """Refuse what stands there already: the same units of the same variants, sent on the same day."""
    same_day = PurchaseOrder.objects.for_shop(shop).filter(vendor=to.name, sent_on=on)
    for order in same_day.exclude(state=PurchaseOrder.State.CANCELLED).prefetch_related("lines"):
        if {line.variant_id: line.units for line in order.lines.all()} == units_of(wanted):
            raise Refused(
                f"What {to.name or 'this vendor'} delivers of this list was marked as ordered already, as order "
                f"{order.number}. Nothing was marked."
            )


def units_of(wanted: list[Wanted]) -> dict[int, int]:
    """Give the units by variant."""
    return {line.variant_id: line.units for line in wanted}
