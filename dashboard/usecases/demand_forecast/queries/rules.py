"""Stock rules: what is known of vendors, and how many variants have rules of their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from dashboard.usecases.demand_forecast import rules_file
from dashboard.usecases.demand_forecast.forms import RuleForm
from pipelines.models import Product, Shop, ShopSettings, StockRule, Supplied

VENDORS_SHOWN = 100


@dataclass(frozen=True)
class VendorRow:
    """One vendor, with its rule as the form shows it."""

    number: int
    vendor: str
    products: int
    supplier_days: int | None  # lead time of its supplier
    values: dict[str, str]


@dataclass(frozen=True)
class RulesPage:
    """What is known of vendors, and how many variants have rules of their own."""

    settings: ShopSettings
    vendors: list[VendorRow]
    vendor_count: int
    variant_rules: int
    errors: list[str]
    more_errors: int
    most_lines: int = rules_file.MOST_LINES


def rules_page(shop: Shop, errors: list[str], more_errors: int = 0) -> RulesPage:
    """Read the rules of the vendors with most products."""
    named = Product.objects.for_shop(shop).filter(deleted_at=None).exclude(vendor="")
    counts = named.values_list("vendor").annotate(n=Count("pk")).order_by("-n", "vendor")
    vendors = list(counts[:VENDORS_SHOWN])
    supplied = Supplied.objects.for_shop(shop).filter(variant_id=None)
    days = dict(supplied.values_list("vendor", "supplier__lead_time_days"))
    rules = StockRule.objects.for_shop(shop)
    known = {rule.vendor: rule for rule in rules.filter(variant_id=None)}
    return RulesPage(
        settings=shop.settings,
        vendors=[
            VendorRow(number, vendor, n, days.get(vendor), RuleForm.shown(known.get(vendor), shop.currency))
            for number, (vendor, n) in enumerate(vendors)
        ],
        vendor_count=counts.count(),
        variant_rules=rules.filter(variant_id__isnull=False).count(),
        errors=errors,
        more_errors=more_errors,
    )
