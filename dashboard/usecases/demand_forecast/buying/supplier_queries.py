"""Whom the shop buys from, and what each delivers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from dashboard.forms.pages import WEEKDAYS
from pipelines.lifecycle.buying.suppliers import address_of
from pipelines.models import Product, PurchaseOrder, Shop, Supplied, Supplier, Variant
from pipelines.shopify.vault import CannotUnseal
from pipelines.words import to_major

State = PurchaseOrder.State
VENDORS_SHOWN = 200
UNREADABLE = "It cannot be read any more. Type it again."


@dataclass(frozen=True)
class SuppliersPage:
    """Every supplier, with how much it delivers and how many orders are under way."""

    suppliers: list[Supplier]


@dataclass(frozen=True)
class VendorChoice:
    """A vendor that a supplier may deliver."""

    vendor: str
    products: int
    of_another: str  # who delivers it now


@dataclass(frozen=True)
class SupplierPage:
    """One supplier, or a new one, as the form shows it."""

    supplier: Supplier | None
    vendors: list[VendorChoice]
    vendor_count: int
    values: dict[str, Any]
    errors: dict[str, list[str]]
    usual_days: int
    under_way: int
    weekdays = tuple(enumerate(WEEKDAYS))


def suppliers_page(shop: Shop) -> SuppliersPage:
    """Read the suppliers of a shop."""
    under_way = Q(orders__state__in=[State.DRAFT, State.SENT])
    rows = Supplier.objects.for_shop(shop).defer("address").order_by("name")
    rows = rows.annotate(
        vendors=Count("supplied", filter=Q(supplied__variant_id=None), distinct=True),
        variants=Count("supplied", filter=Q(supplied__variant_id__isnull=False), distinct=True),
        under_way=Count("orders", filter=under_way, distinct=True),
    )
    return SuppliersPage(list(rows))


def supplier_page(shop: Shop, supplier: Supplier | None, form: Any = None) -> SupplierPage:
    """Read one supplier and the vendors that it may deliver, or what was typed of it."""
    counts = dict(vendors_of(shop))
    names = Supplied.objects.for_shop(shop).filter(variant_id=None).exclude(supplier=supplier)
    of_another = dict(names.values_list("vendor", "supplier__name"))
    values = typed(form) if form else stored(shop, supplier)
    shown = {**dict.fromkeys(values["vendors"], 0), **dict(list(counts.items())[:VENDORS_SHOWN])}
    choices = [VendorChoice(vendor, counts.get(vendor, 0), of_another.get(vendor, "")) for vendor in shown]
    open_orders = supplier.orders.filter(state__in=[State.DRAFT, State.SENT]).count() if supplier else 0
    return SupplierPage(
        supplier=supplier,
        vendors=sorted(choices, key=lambda each: (each.vendor not in values["vendors"], each.vendor.casefold())),
        vendor_count=len(counts),
        values=values,
        errors=form.errors if form else {},
        usual_days=shop.settings.lead_time_days,
        under_way=open_orders,
    )


def vendors_of(shop: Shop) -> list[tuple[str, int]]:
    """Count the products of each vendor, most first."""
    named = Product.objects.for_shop(shop).filter(deleted_at=None).exclude(vendor="")
    return list(named.values_list("vendor").annotate(n=Count("pk")).order_by("-n", "vendor"))


def skus_of(shop: Shop) -> dict[str, list[int]]:
    """Give the variants of each SKU, in small letters."""
    found = defaultdict(list)
    live = Variant.objects.for_shop(shop).filter(deleted_at=None).exclude(sku="")
    for sku, variant_id in live.values_list("sku", "shopify_id"):
        found[sku.lower()].append(variant_id)
    return dict(found)


def delivered(supplier: Supplier | None) -> list[str]:
    """List the vendors that a supplier delivers."""
    return list(supplier.supplied.filter(variant_id=None).values_list("vendor", flat=True)) if supplier else []


def stored(shop: Shop, supplier: Supplier | None) -> dict[str, Any]:
    """Return a supplier as the form shows it; a new one is empty, in the shop's currency."""
    if supplier is None:
        return {"currency": shop.currency, "vendors": [], "order_weekdays": []}
    variants = supplier.supplied.exclude(variant_id=None).values("variant_id")
    skus = Variant.objects.for_shop(shop).filter(shopify_id__in=variants).exclude(sku="").order_by("sku")
    smallest = to_major(supplier.smallest_minor, supplier.currency) if supplier.smallest_minor else ""
    return {
        "name": supplier.name,
        "currency": supplier.currency,
        "lead_time_days": "" if supplier.lead_time_days is None else supplier.lead_time_days,
        "smallest": smallest,
        "order_weekdays": supplier.order_weekdays,
        "address": opened(supplier),
        "vendors": delivered(supplier),
        "skus": "\n".join(dict.fromkeys(skus.values_list("sku", flat=True))),
    }


def opened(supplier: Supplier) -> str:
    """Return where orders go to, or that nobody can read it."""
    try:
        return address_of(supplier)
    except CannotUnseal:
        return UNREADABLE


def typed(form: Any) -> dict[str, Any]:
    """Return what was typed, as it was."""
    days = [int(day) for day in form.data.getlist("order_weekdays") if day.isdecimal()]
    told: dict[str, Any] = form.data.dict()
    return told | {"vendors": form.data.getlist("vendors"), "order_weekdays": days}
