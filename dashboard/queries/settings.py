"""Settings: schedules, how to order, who approves, and what is known of vendors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from dashboard.forms import WEEKDAYS, RuleForm, SettingsForm
from pipelines.models import Product, Shop, ShopSettings, StockRule

VENDORS_SHOWN = 100


@dataclass(frozen=True)
class VendorRow:
    """One vendor, with its rule as the form shows it."""

    number: int
    vendor: str
    products: int
    values: dict[str, str]


@dataclass(frozen=True)
class SettingsPage:
    """Everything on the settings page; `values` is what the merchant typed where that was refused."""

    settings: ShopSettings
    values: dict[str, Any]
    errors: dict[str, list[str]]
    weekdays: list[tuple[int, str]]
    may_publish: bool


@dataclass(frozen=True)
class RulesPage:
    """What is known of vendors, and how many variants have rules of their own."""

    settings: ShopSettings
    vendors: list[VendorRow]
    vendor_count: int
    variant_rules: int
    errors: list[str]
    more_errors: int


def settings_page(settings: ShopSettings, form: SettingsForm | None = None) -> SettingsPage:
    """Read the settings, or show again what was typed and what is wrong with it."""
    typed = {name: form.data.get(name, "") for name in form.fields} if form else {}
    return SettingsPage(
        settings=settings,
        values=SettingsForm.shown(settings) | typed,
        errors={name: list(errors) for name, errors in form.errors.items()} if form else {},
        weekdays=list(enumerate(WEEKDAYS)),
        may_publish=settings.shop.has_scope("write_products"),
    )


def rules_page(shop: Shop, errors: list[str], more_errors: int = 0) -> RulesPage:
    """Read the rules of the vendors with most products."""
    named = Product.objects.for_shop(shop).filter(deleted_at=None).exclude(vendor="")
    counts = named.values_list("vendor").annotate(n=Count("pk")).order_by("-n", "vendor")
    vendors = list(counts[:VENDORS_SHOWN])
    rules = StockRule.objects.for_shop(shop)
    known = {rule.vendor: rule for rule in rules.filter(variant_id=None)}
    return RulesPage(
        settings=shop.settings,
        vendors=[
            VendorRow(number, vendor, n, RuleForm.shown(known.get(vendor), shop.currency))
            for number, (vendor, n) in enumerate(vendors)
        ],
        vendor_count=counts.count(),
        variant_rules=rules.filter(variant_id__isnull=False).count(),
        errors=errors,
        more_errors=more_errors,
    )
