"""What of a draft somebody else delivers by now: a supplier came or went, a vendor was renamed, a currency changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import connection

from dashboard.usecases.demand_forecast.buying.list_file import Ordered, by_supplier
from pipelines.lifecycle.buying.lists import To
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.models import PurchaseOrder, Variant

ELSEWHERE = """
    SELECT coalesce(s.name, p.vendor, ''), coalesce(s.currency, %(usual)s), count(*)
    FROM pipelines_purchaseline l
    JOIN pipelines_variant v ON v.shop_id = l.shop_id AND v.shopify_id = l.variant_id
    LEFT JOIN pipelines_product p ON p.shop_id = l.shop_id AND p.shopify_id = v.product_id
    LEFT JOIN pipelines_supplied own ON own.shop_id = l.shop_id AND own.vendor = '' AND own.variant_id = l.variant_id
    LEFT JOIN pipelines_supplied of_vendor
        ON of_vendor.shop_id = l.shop_id AND of_vendor.vendor = p.vendor AND of_vendor.variant_id IS NULL
    LEFT JOIN pipelines_supplier s ON s.id = coalesce(own.supplier_id, of_vendor.supplier_id)
    WHERE l.order_id = %(order)s
      AND (s.id IS DISTINCT FROM %(supplier)s OR coalesce(s.currency, %(usual)s) <> %(currency)s
           OR s.id IS NULL AND coalesce(p.vendor, '') <> %(vendor)s)
    GROUP BY 1, 2 ORDER BY 3 DESC, 1
"""


@dataclass(frozen=True)
class Elsewhere:
    """How many variants of a draft come from somebody else by now, at prices in which currency."""

    name: str
    currency: str
    variants: int


def elsewhere(order: PurchaseOrder) -> list[Elsewhere]:
    """Count what of a draft somebody else delivers by now."""
    told = {"order": order.pk, "supplier": order.supplier_id, "vendor": order.vendor, "currency": order.currency}
    with connection.cursor() as cursor:
        cursor.execute(ELSEWHERE, told | {"usual": order.shop.currency})
        return [Elsewhere(*row) for row in cursor.fetchall()]


def lines_elsewhere(order: PurchaseOrder) -> dict[To, list[Wanted]]:
    """Give these lines by who delivers them, with their units; where the currency stays, so does what was typed."""
    shop, lines = order.shop, {line.variant_id: line for line in order.lines.all()}
    known = Variant.objects.for_shop(shop).filter(shopify_id__in=lines).values_list("shopify_id", flat=True)
    mine = To("" if order.supplier else order.vendor, order.supplier)
    parts = by_supplier(shop, [Ordered(variant_id, lines[variant_id].units) for variant_id in sorted(known)])
    found = {}
    for to, wanted in parts.items():
        if to.currency(shop) == order.currency:
            wanted = [replace(each, unit_cost_minor=lines[each.variant_id].unit_cost_minor) for each in wanted]
        if to != mine or to.currency(shop) != order.currency:
            found[to] = wanted
    return found
