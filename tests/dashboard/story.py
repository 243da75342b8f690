"""A shop that pages can show: a past, a live version with its advice, and a decision that waits."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from pipelines.lifecycle.release import deployment_of
from pipelines.models import Deployment, Forecast, Location, ModelVersion, Product, Shop, Staff, StockAdvice, Variant
from tests import histories, identities

NAMES = (
    "Larch Down Jacket",
    "Gill Waterproof Shell",
    "Hollow Fleece Half-Zip",
    "Beck Merino Base Layer",
    "Moss Beanie",
)
STATUSES = ("order_today", "out_of_stock", "order_this_week", "too_much", "few_sales", "ok")
GATES = [
    {"name": "Better than the simple rule", "verdict": "passed", "text": "Errors are 24 % smaller", "value": 0.76},
    {"name": "Neither too high nor too low", "verdict": "passed", "text": "2 % too high on average", "value": 0.02},
    {"name": "Fresh data", "verdict": "passed", "text": "Orders compared 3 hours ago", "value": 3},
]
METRICS = {
    "candidate": {"rmsse": 0.71, "wape28": 0.38, "bias": 0.02, "coverage95_14d": 0.95},
    "naive": {"rmsse": 0.93, "wape28": 0.51, "bias": 0.01, "coverage95_14d": 0.88},
}


def replay(profit: int = 190_000, low: int = 60_000, high: int = 310_000, **changes: Any) -> dict[str, Any]:
    """Return what a replay stores: money in minor units, parts that sum to the difference."""
    verdict = "better" if low > 0 else "worse" if high < 0 else "not_proven"
    group = {"group": "all", "variants": 120, "profit": profit, "interval": [low, high], "verdict": verdict}
    new = {
        "group": "new products",
        "variants": 9,
        "profit": -6_000,
        "interval": [-21_000, 9_000],
        "verdict": "not_proven",
    }
    best = {
        "group": "best-sellers",
        "variants": 24,
        "profit": 120_000,
        "interval": [30_000, 200_000],
        "verdict": "better",
    }
    naive = {"weekly_profit": [1000] * 12, "too_little": 348_000, "too_much": 243_000}
    candidate = {
        "weekly_profit": [1200] * 12,
        "too_little": 348_000 - profit // 2,
        "too_much": 243_000 - profit + profit // 2,
    }
    return {
        "first_day": "2026-08-31",
        "weeks": 12,
        "history_days": 540,
        "thin": False,
        "verdict": verdict,
        "reason": None,
        "variants": 120,
        "left_out": 0,
        "policies": {"naive": naive, "candidate": candidate},
        "versus": {"naive": [group, new, best]},
    } | changes


def a_shop(**changes: object) -> Shop:
    """Return the shop that `identities` speaks for, with an owner and a colleague."""
    facts = {"domain": identities.SHOP, "name": "Northbeck Outfitters", "scopes": ["read_orders", "read_all_orders"]}
    return histories.a_shop(**facts | changes)


def know(shop: Shop) -> None:
    """Know the two people whose ID tokens tests carry."""
    for sub, is_owner in ((identities.OWNER, True), (identities.COLLEAGUE, False)):
        Staff.objects.create(shop=shop, sub=sub, is_owner=is_owner, is_collaborator=False, checked_at=timezone.now())


def a_live_shop(variants: int = 12) -> Shop:
    """Return a shop whose first version is live and whose second waits for a decision."""
    shop = a_shop()
    know(shop)
    sell_and_name(shop, variants)
    live = a_version(shop)
    go_live(shop, live)
    advise(shop, live)
    histories.a_card(shop, replay=replay(), metrics=METRICS, gates=GATES)
    return shop


def sell_and_name(shop: Shop, variants: int = 12, days: int = 120) -> None:
    """Sell for some months and give things names that a merchant would."""
    histories.sell(shop, variants=variants, days=days)
    Location.objects.create(shop=shop, shopify_id=histories.LOCATION, name="Shop floor", updated_at=timezone.now())
    for number, product in enumerate(Product.objects.for_shop(shop).order_by("pk")):
        product.title = NAMES[number % len(NAMES)]
        product.save()


def a_version(shop: Shop, **changes: object) -> ModelVersion:
    """Return a version with everything that its pages show."""
    return histories.a_version(shop, **{"replay": replay(), "metrics": METRICS, "gates": GATES} | changes)


def go_live(shop: Shop, version: ModelVersion) -> None:
    """Point the shop at a version."""
    pointer = deployment_of(shop, version.use_case)
    Deployment.objects.filter(pk=pointer.pk).update(active=version, active_since=timezone.now(), revision=1)


def advise(shop: Shop, version: ModelVersion) -> None:
    """Write a forecast and an advice row for every variant."""
    origin = timezone.now().astimezone(shop.zone).date() - timedelta(days=1)
    titles = dict(Product.objects.for_shop(shop).values_list("shopify_id", "title"))
    for number, variant in enumerate(Variant.objects.for_shop(shop).order_by("shopify_id")):
        Forecast.objects.create(**a_forecast(shop, version, variant.shopify_id, origin))
        title = titles[variant.product_id]
        StockAdvice.objects.create(
            **an_advice(shop, version, variant.shopify_id, origin, number)
            | {"title": title, "search": f"{title} {variant.sku}".lower(), "sku": variant.sku}
        )


def a_forecast(shop: Shop, version: ModelVersion, variant_id: int, origin: date) -> dict[str, Any]:
    """Return the columns of a forecast."""
    mean = [2.5 + math.sin(day * 2 * math.pi / 7) for day in range(84)]
    parts = [["Sales of the last 28 days", 62.0], ["Weekends ahead", 5.0], ["The whole shop sells more", 4.0]]
    return {
        "shop": shop, "version": version, "variant_id": variant_id, "origin": origin, "mean": mean,
        "dispersion": 1.6, "model_error": 0.2, "parts": parts,
    }  # fmt: skip


def an_advice(shop: Shop, version: ModelVersion, variant_id: int, origin: date, number: int) -> dict[str, Any]:
    """Return the columns of an advice row; the first numbers are the most urgent."""
    status = STATUSES[number % len(STATUSES)]
    urgent = status in ("order_today", "out_of_stock")
    return {
        "shop": shop, "version": version, "variant_id": variant_id, "origin": origin, "status": status,
        "title": NAMES[number % len(NAMES)], "subtitle": "Women’s, M, Slate", "sku": f"SKU-{number}", "vendor": f"Vendor {number % 3}",
        "spark": SPARK, "sold_28": 62, "forecast_28": 71, "low_28": 54, "high_28": 92,
        "stock": 0 if status == "out_of_stock" else 29, "incoming": 24 if number % 5 == 1 else 0,
        "runs_out": origin + timedelta(days=6 + number % 20), "days_of_cover": 9.5,
        "order_quantity": 60 if urgent else 0, "order_by": origin + timedelta(days=1), "order_cost_minor": 465_000 if urgent else 0,
        "lost_units": 11 if urgent else 0, "at_risk_minor": max(0, 163_900 - 9_000 * number) if urgent else 0,
        "overstock_minor": 52_000 if status == "too_much" else 0, "abc": "ABC"[number % 3],
        "price_minor": 14_900, "unit_cost_minor": 7_750, "rule": {"lead_time_days": 14, "review_days": 7, "pack_size": 6},
    }  # fmt: skip


SPARK = (
    '<svg class="spark" viewBox="0 0 128 30" role="img" aria-label="Sales of the last 28 days and forecast">'
    '<path class="fan2" d="M62.8 23L95 6L128 11L128 22L95 22L62.8 23Z"/>'
    '<path d="M0 17.7L20 22L40 16L62.8 23" fill="none" stroke="#303030" stroke-width="1.25"/>'
    '<path d="M62.8 23L95 15L128 17" fill="none" stroke="#005bd3" stroke-width="1.5"/></svg>'
)
