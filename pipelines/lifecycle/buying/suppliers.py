"""Whom the shop buys from: kept, changed, deleted; two people do not overwrite each other, and no address is seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, Shop
from pipelines.models.buying import AgreedLeadTime, OrderPaper, PurchaseOrder, Supplied, Supplier
from pipelines.shopify import vault

State = PurchaseOrder.State
MOST = 500  # suppliers of a shop
ADDRESS = "supplier address"
CHANGED = "This supplier changed since you opened the page. Nothing was saved; look at it again."
ENOUGH = f"A shop can have {MOST} suppliers. Delete one first."
WEEK = 7


@dataclass(frozen=True)
class Told:
    """What a merchant says of a supplier."""

    name: str
    currency: str
    lead_time_days: int | None
    smallest_minor: int
    order_weekdays: list[int]
    address: str
    vendors: list[str]
    variant_ids: list[int]

    def columns(self, shop: Shop) -> dict[str, Any]:
        """Return the columns of its row."""
        return {
            "name": self.name,
            "currency": self.currency,
            "lead_time_days": self.lead_time_days,
            "smallest_minor": self.smallest_minor,
            "order_weekdays": sorted(self.order_weekdays),
            "address": vault.seal(self.address.encode(), ADDRESS, shop.domain) if self.address else b"",
        }

    def supplied(self, supplier: Supplier) -> list[Supplied]:
        """Return a row for each vendor and each variant that it delivers."""
        rows = [Supplied(shop=supplier.shop, supplier=supplier, vendor=vendor) for vendor in self.vendors]
        return rows + [Supplied(shop=supplier.shop, supplier=supplier, variant_id=each) for each in self.variant_ids]


def add(shop: Shop, told: Told, *, by: str) -> Supplier:
    """Keep a supplier, and what it delivers from now on; what another delivered of that, it does no more."""
    with transaction.atomic():
        Shop.objects.lock(shop)
        check_name(shop, told.name)
        if Supplier.objects.for_shop(shop).count() >= MOST:
            raise Refused(ENOUGH)
        supplier = Supplier.objects.create(shop=shop, **told.columns(shop))
        deliver(supplier, told)
        record(supplier, "supplier.added", "A supplier was added", by)
    return supplier


def change(supplier: Supplier, told: Told, *, revision: int, by: str) -> None:
    """Put what is known of a supplier in the place of what was, if nobody changed it since it was shown."""
    shop = supplier.shop
    with transaction.atomic():
        Shop.objects.lock(shop)
        check_name(shop, told.name, besides=supplier)
        take(supplier, revision, told.columns(shop))
        drafts = PurchaseOrder.objects.for_shop(shop).filter(state=State.DRAFT)
        if told.name != supplier.name and drafts.filter(vendor=told.name).exists():
            raise Refused(f"There is a draft for {told.name} already. Send or discard it first; nothing was saved.")
        drafts.filter(supplier=supplier).update(vendor=told.name, revision=F("revision") + 1)
        OrderPaper.objects.filter(order__in=drafts.filter(supplier=supplier)).delete()
        Supplied.objects.for_shop(shop).filter(supplier=supplier).delete()
        deliver(supplier, told)
        if told.name != supplier.name:
            follow(shop, supplier.name, told.name, by)
        record(supplier, "supplier.changed", "A supplier was changed", by)


def follow(shop: Shop, before: str, name: str, by: str) -> None:
    """Let an agreed lead time follow the name of its supplier; one that stood under that name gives way to it alone."""
    agreed = AgreedLeadTime.objects.for_shop(shop)
    if mine := agreed.filter(vendor=before).first():
        gone, _ = agreed.filter(vendor=name).delete()
        agreed.filter(pk=mine.pk).update(vendor=name)
        because = "The agreed lead time follows the name of its supplier"
        told: dict[str, Any] = {"vendor": name, "days": mine.median, "instead": gone}
        LifecycleEvent.record(shop, "lead_time.agreed", by=by, because=because, **told)


def remove(supplier: Supplier, *, revision: int, by: str) -> int:
    """Delete a supplier with its address; return how many orders under way keep its name."""
    with transaction.atomic():
        Shop.objects.lock(supplier.shop)
        take(supplier, revision, {})
        under_way = supplier.orders.filter(state__in=[State.DRAFT, State.SENT]).count()
        OrderPaper.objects.filter(order__in=supplier.orders.filter(state=State.DRAFT)).delete()
        record(supplier, "supplier.removed", "A supplier was deleted", by)
        supplier.delete()
    return under_way


def take(supplier: Supplier, revision: int, columns: dict[str, Any]) -> None:
    """Take the next revision of a supplier, if nobody took it since it was shown."""
    known = Supplier.objects.for_shop(supplier.shop_id).filter(pk=supplier.pk, revision=revision)
    if not known.update(**columns, revision=revision + 1):
        raise Refused(CHANGED)


def deliver(supplier: Supplier, told: Told) -> None:
    """Let a supplier deliver vendors and variants, whoever did before."""
    taken = Q(variant_id=None, vendor__in=told.vendors) | Q(variant_id__in=told.variant_ids)
    Supplied.objects.for_shop(supplier.shop_id).filter(taken).delete()
    Supplied.objects.bulk_create(told.supplied(supplier))


def check_name(shop: Shop, name: str, besides: Supplier | None = None) -> None:
    """Refuse a name that another supplier has."""
    of_this_name = Supplier.objects.for_shop(shop).filter(name__iexact=name)
    if any(each != besides for each in of_this_name.defer("address")):
        raise Refused(f"There is a supplier called {name} already. Nothing was saved.")


def address_of(supplier: Supplier) -> str:
    """Return where an order goes to, as it was typed."""
    return vault.unseal(supplier.address, ADDRESS, supplier.shop.domain).decode() if supplier.address else ""


def takes_orders_on(supplier: Supplier, today: date) -> date:
    """Return the next day on which a supplier takes orders."""
    days = (today + timedelta(days=each) for each in range(WEEK))
    return next((day for day in days if day.weekday() in supplier.order_weekdays), today)


def record(supplier: Supplier, kind: str, because: str, by: str) -> None:
    """Write a change into the ledger, which never learns where orders go to."""
    LifecycleEvent.record(supplier.shop, kind, by=by, because=because, supplier=supplier.pk)
