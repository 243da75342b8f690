"""What should be ordered today, and from whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Greatest

from dashboard.usecases.demand_forecast.queries.stock_state import stock_totals
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.models import PurchaseLine, PurchaseOrder, Shop, Supplied, Supplier
from pipelines.models.prepared import prepared
from pipelines.models.usecases.demand_forecast import TO_ORDER_SUMS, StockAdvice, ToOrder


@dataclass(frozen=True)
class Due:
    """What should be ordered today, in sums; of a supplier the vendor is empty."""

    vendor: str
    supplier: int | None
    variants: int
    units: int
    cost_minor: int
    runs_out: date | None


@dataclass(frozen=True)
class FromVendor:
    """What should be ordered today from one supplier, or from one vendor that none delivers."""

    vendor: str  # or the supplier's name
    supplier: int | None
    variants: int
    units: int
    cost_minor: int
    runs_out: date | None
    draft: PurchaseOrder | None  # that is there already


def by_vendor(shop: Shop, drafts: dict[str, PurchaseOrder]) -> list[FromVendor]:
    """Sum up what should be ordered today, supplier by supplier and vendor by vendor, the dearest first."""
    names = dict(supplier_names(shop))
    sums = sums_of(shop)
    rows = by_supplier(shop, sums) if still_stand(shop, sums) else counted(shop)
    found = []
    for row in sorted(rows, key=lambda row: (-row.cost_minor, row.vendor, row.supplier or 0)):
        vendor = names[row.supplier] if row.supplier else row.vendor
        amounts = (row.supplier, row.variants, row.units, row.cost_minor, row.runs_out)
        found.append(FromVendor(vendor, *amounts, draft=drafts.get(vendor)))
    return found


@prepared
def supplier_names(shop: Shop) -> QuerySet[Supplier, Any]:
    """Read what suppliers are called."""
    return Supplier.objects.for_shop(shop).values_list("pk", "name")


@prepared
def sums_of(shop: Shop) -> QuerySet[ToOrder, Any]:
    """Read what was summed up when the advice was written."""
    told = ("vendor", "own_supplier", "variants", "units", "cost_minor", "runs_out", "oldest_at", "newest_at")
    return ToOrder.objects.for_shop(shop).values_list(*told)


def still_stand(shop: Shop, sums: list[Any]) -> bool:
    """Tell whether sums are of today's advice, of suppliers as they are now, and none of it was sent since."""
    advised = stock_totals(shop, TOTAL)
    if sum(each.variants for each in sums) != advised.to_order:
        return False
    if any(each.newest_at != advised.newest_at for each in sums):
        return False
    if own_ways(shop) != {
        (each.vendor, each.own_supplier): [each.variants, each.units, each.cost_minor, each.runs_out]
        for each in sums
        if each.own_supplier
    }:
        return False
    oldest = min((each.oldest_at for each in sums), default=None)
    return oldest is None or not sent_since(shop, oldest)


@prepared
def sent_since(shop: Shop, since: datetime) -> QuerySet[PurchaseOrder, Any]:
    """Find an order that is on the way and was sent since a moment."""
    return PurchaseOrder.objects.for_shop(shop).on_the_way().filter(sent_at__gte=since).values_list("pk")[:1]


def own_ways(shop: Shop) -> dict[tuple[str, int | None], list[Any]]:
    """Sum up the advice on variants that have a supplier of their own, by vendor and that supplier."""
    if not supplied_alone(shop):
        return {}
    own = Supplied.objects.for_shop(shop).filter(vendor="", variant_id__isnull=False)
    advice = StockAdvice.objects.for_shop(shop).filter(location_id=TOTAL, variant_id__in=own.values("variant_id"))
    supplier = Subquery(own.filter(variant_id=OuterRef("variant_id")).values("supplier"))
    sums = advice.to_order().annotate(own_supplier=supplier).values("vendor", "own_supplier").annotate(**TO_ORDER_SUMS)
    told = sums.values_list("vendor", "own_supplier", *TO_ORDER_SUMS)
    return {(vendor, supplier): amounts for vendor, supplier, *amounts in told}


@prepared
def supplied_alone(shop: Shop) -> QuerySet[Supplied, Any]:
    """Find a variant that has a supplier of its own."""
    return Supplied.objects.for_shop(shop).filter(vendor="", variant_id__isnull=False).values_list("pk")[:1]


@prepared
def supplied_vendors(shop: Shop) -> QuerySet[Supplied, Any]:
    """Read which supplier delivers all of a vendor."""
    return Supplied.objects.for_shop(shop).filter(variant_id=None).values_list("vendor", "supplier")


def by_supplier(shop: Shop, sums: list[Any]) -> list[Due]:
    """Bring the sums of vendors together that one supplier delivers."""
    whose = dict(supplied_vendors(shop))
    parts: dict[tuple[str, int | None], list[Any]] = defaultdict(list)
    for each in sums:
        supplier = each.own_supplier or whose.get(each.vendor)
        parts["" if supplier else each.vendor, supplier].append(each)
    return [
        Due(
            *to,
            sum(each.variants for each in part),
            sum(each.units for each in part),
            sum(each.cost_minor for each in part),
            min((each.runs_out for each in part if each.runs_out), default=None),
        )
        for to, part in parts.items()
    ]


def counted(shop: Shop) -> list[Due]:
    """Sum up the rows of the advice themselves."""
    rows = to_order(shop).values("from_vendor", "supplier").annotate(**TO_ORDER_SUMS)
    return [Due(row.pop("from_vendor"), **row) for row in rows]


def to_order(shop: Shop) -> QuerySet[Any]:
    """Keep what should be ordered today and was not, since it was advised, with who delivers it."""
    sent = (
        PurchaseLine.objects.for_shop(shop)
        .on_the_way()
        .filter(variant_id=OuterRef("variant_id"), order__sent_at__gte=OuterRef("updated_at"))
    )
    advice = StockAdvice.objects.for_shop(shop).filter(location_id=TOTAL).to_order().exclude(Exists(sent))
    supplied = Supplied.objects.for_shop(shop).values("supplier")
    of_variant = supplied.filter(vendor="", variant_id=OuterRef("variant_id"))
    of_vendor = supplied.filter(vendor=OuterRef("vendor"), variant_id=None)
    return advice.annotate(
        supplier=Coalesce(Subquery(of_variant), Subquery(of_vendor)),
        from_vendor=Case(When(supplier=None, then=F("vendor")), default=Value("")),
    )


def wanted(shop: Shop, vendor: str, supplier: Supplier | None) -> list[Wanted]:
    """Give what should be ordered today from a supplier, or a vendor that none delivers, as lines of an order."""
    return [Wanted(*row) for row in wanted_rows(shop, vendor, supplier)]


def wanted_rows(shop: Shop, vendor: str, supplier: Supplier | None) -> QuerySet[StockAdvice, Any]:
    """Choose what should be ordered today from a supplier, or a vendor that none delivers: the columns of `Wanted`."""
    whose = {"supplier": supplier.pk} if supplier else {"supplier": None, "vendor": vendor}
    is_foreign = supplier is not None and supplier.currency != shop.currency
    told = Cast(KeyTextTransform("pack_size", "rule"), FloatField())
    cost = paid_last(supplier) if supplier and is_foreign else F("unit_cost_minor")
    rows = to_order(shop).filter(**whose).order_by("variant_id")  # as their index is written, and no titles are sorted
    return rows.values_list(
        "variant_id",
        "title",
        "subtitle",
        "sku",
        "order_quantity",
        Greatest(Cast(Coalesce(told, 1.0), IntegerField()), 1),
        Coalesce(cost, 0),
    )


def paid_before(supplier: Supplier) -> dict[int, int]:
    """Give what a unit of each variant cost when this supplier was last sent an order in its currency."""
    newest = paid(supplier).order_by("variant_id", "-order__number").distinct("variant_id")
    return dict(newest.values_list("variant_id", "unit_cost_minor"))


def paid_last(supplier: Supplier) -> Subquery:
    """Say the same of the variant of a row."""
    lines = paid(supplier).filter(variant_id=OuterRef("variant_id")).order_by("-order__number")
    return Subquery(lines.values("unit_cost_minor")[:1])


def paid(supplier: Supplier) -> QuerySet[PurchaseLine]:
    """Keep the lines whose cost is known of all orders to a supplier in its currency."""
    return PurchaseLine.objects.for_shop(supplier.shop_id).filter(
        order__supplier=supplier, order__currency=supplier.currency, unit_cost_minor__gt=0
    )


def advice_of(shop_id: int, variant_ids: list[int]) -> QuerySet[StockAdvice]:
    """Read what is advised on some variants, for the shop as a whole."""
    advice = StockAdvice.objects.for_shop(shop_id).filter(location_id=TOTAL, variant_id__in=variant_ids)
    return advice.defer("search", "spark")
