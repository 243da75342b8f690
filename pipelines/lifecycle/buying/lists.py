"""What was ordered outside, by a list that was downloaded: written down as sent, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q, Sum

from pipelines.lifecycle.buying import orders
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.lifecycle.errors import Refused
from pipelines.models import Shop
from pipelines.models.buying import PurchaseOrder, Supplier

State = PurchaseOrder.State
NEAR = timedelta(days=30)  # between two days on which the same list is told of


@dataclass(frozen=True)
class To:
    """Whom a part of a list was sent to: a supplier, or a vendor that none delivers."""

    vendor: str
    supplier: Supplier | None

    @property
    def name(self) -> str:
        return self.supplier.name if self.supplier else self.vendor

    def currency(self, shop: Shop) -> str:
        """Return the currency of its prices."""
        return self.supplier.currency if self.supplier else shop.currency


def mark_ordered(
    shop: Shop,
    lists: Mapping[To, Iterable[Wanted]],
    today: date,
    on: date,
    expected_on: date,
    *,
    besides: datetime | None = None,
    by: str,
) -> list[PurchaseOrder]:
    """Write each part down as sent on a day: all of them or none; a draft that is there becomes it.

    What was ordered once more is another order `besides` those that were sent up to a moment.
    """
    with transaction.atomic():
        Shop.objects.lock(shop)
        return [
            ordered(shop, to, list(wanted), today, on, expected_on, besides=besides, by=by)
            for to, wanted in lists.items()
        ]


def ordered(
    shop: Shop,
    to: To,
    wanted: list[Wanted],
    today: date,
    on: date,
    expected_on: date,
    *,
    besides: datetime | None,
    by: str,
) -> PurchaseOrder:
    """Write one part down, unless that was done before."""
    refuse_twice(shop, to, wanted, on, besides)
    order = orders.draft(shop, to.vendor, wanted, supplier=to.supplier, location_id=None, by=by)
    if {line.variant_id: line.units for line in order.lines.all()} != units_of(wanted):
        orders.refill(order, wanted, None, revision=order.revision, by=by)
        order.refresh_from_db()
    orders.send(order, today, expected_on, on=on, revision=order.revision, by=by)
    order.refresh_from_db()
    return order


def refuse_twice(shop: Shop, to: To, wanted: list[Wanted], on: date, besides: datetime | None) -> None:
    """Refuse what stands there already: the same units of the same variants, on their way or sent near that day."""
    units = units_of(wanted)
    near = Q(state=State.SENT) | Q(state=State.RECEIVED, sent_on__range=(on - NEAR, on + NEAR))
    alike = PurchaseOrder.objects.for_shop(shop).filter(near)
    if besides:
        alike = alike.filter(sent_at__gt=besides)
    summed = alike.annotate(variants=Count("lines"), asked=Sum("lines__units")).order_by("-number")
    for order in summed.filter(variants=len(units), asked=sum(units.values())):
        if dict(order.lines.values_list("variant_id", "units")) == units:
            raise Refused(
                f"What {to.name or 'this vendor'} delivers of this list was marked as ordered already, as order "
                f"{order.number}, and counts once. If you ordered it once more, say so below. Nothing was marked."
            )


def units_of(wanted: list[Wanted]) -> dict[int, int]:
    """Give the units by variant."""
    return {line.variant_id: line.units for line in wanted}
