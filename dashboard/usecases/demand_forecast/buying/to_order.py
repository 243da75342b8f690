"""What should be ordered today, and from whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, Exists, F, FloatField, Min, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.models import PurchaseLine, PurchaseOrder, Shop, Supplied, Supplier
from pipelines.models.usecases.demand_forecast import StockAdvice


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
    names = dict(Supplier.objects.for_shop(shop).values_list("pk", "name"))
    rows = (
        to_order(shop)
        .values("supplier", "from_vendor")
        .annotate(
            variants=Count("pk"),
            units=Sum("order_quantity"),
            cost_minor=Sum("order_cost_minor"),
            runs_out=Min("runs_out"),
        )
    )
    found = []
    for row in rows.order_by("-cost_minor", "from_vendor", "supplier"):
        vendor = names.get(row["supplier"], row.pop("from_vendor"))
        found.append(FromVendor(**row, vendor=vendor, draft=drafts.get(vendor)))
    return found


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
    whose = {"supplier": supplier.pk} if supplier else {"supplier": None, "vendor": vendor}
    is_foreign = supplier is not None and supplier.currency != shop.currency
    paid = paid_before(supplier) if supplier and is_foreign else {}
    pack_size = Cast(KeyTextTransform("pack_size", "rule"), FloatField())
    rows = to_order(shop).filter(**whose).order_by("title", "subtitle", "variant_id")
    told = rows.values_list("variant_id", "title", "subtitle", "sku", "order_quantity", pack_size, "unit_cost_minor")
    return [
        Wanted(
            variant,
            title,
            subtitle,
            sku,
            units,
            max(1, round(pack or 1)),
            (paid.get(variant) if is_foreign else cost) or 0,
        )
        for variant, title, subtitle, sku, units, pack, cost in told
    ]


def paid_before(supplier: Supplier) -> dict[int, int]:
    """Give what a unit of each variant cost when this supplier was last sent an order in its currency."""
    lines = PurchaseLine.objects.for_shop(supplier.shop_id).filter(
        order__supplier=supplier, order__currency=supplier.currency, unit_cost_minor__gt=0
    )
    newest = lines.order_by("variant_id", "-order__number").distinct("variant_id")
    return dict(newest.values_list("variant_id", "unit_cost_minor"))


def advice_of(shop_id: int, variant_ids: list[int]) -> QuerySet[StockAdvice]:
    """Read what is advised on some variants, for the shop as a whole."""
    advice = StockAdvice.objects.for_shop(shop_id).filter(location_id=TOTAL, variant_id__in=variant_ids)
    return advice.defer("search", "spark")
