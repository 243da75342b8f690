"""A shop that pages can show: a past, a live version with its advice, and a decision that waits."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
from django.utils import timezone

from pipelines.models import Deployment, Location, ModelVersion, Product, Shop, Staff, Variant
from pipelines.models.usecases.demand_forecast import Forecast, StockAdvice, StockTotals
from pipelines.usecases.demand_forecast.judging.replay_result import Difference, PolicyCost, Replay
from pipelines.usecases.demand_forecast.presentation import present
from tests import histories, identities
from tests.dashboard import picking

NAMES = (
    "Larch Down Jacket",
    "Gill Waterproof Shell",
    "Hollow Fleece Half-Zip",
    "Beck Merino Base Layer",
    "Moss Beanie",
)
STATUSES = ("order_today", "out_of_stock", "order_this_week", "too_much", "few_sales", "ok")
GATES = [
    {"name": "Fresh data", "verdict": "passed", "text": "The newest orders were read 3 hours ago.", "value": 3},
    {"name": "Smaller errors than the best simple rule", "verdict": "passed", "text": "24 % smaller.", "value": 0.76},
    {"name": "Worth money on your own past", "verdict": "passed", "text": "Over the whole range.", "value": None},
]
METRICS = {
    "candidate": {"rmsse": 0.71, "wape28": 0.38, "bias": 0.02, "coverage95": 0.95},
    "seasonal_naive": {"rmsse": 0.93, "wape28": 0.51, "bias": 0.01, "coverage95": 0.88},
    "members": {
        "cheap": {"joined": True, "why": ""},
        "trees": {"joined": True, "why": "RMSSE 0.710 with, 0.733 without, over 3 past origins"},
    },
}
WEEKS = 12


def a_replay(profit: int = 190_000, low: int = 60_000, high: int = 310_000, **changes: Any) -> Replay:
    """Return a replay whose parts sum to the difference; money in minor units."""
    groups = (
        Difference("All variants", 120, profit, (low, high)),
        Difference("New products", 9, -6_000, (-21_000, 9_000)),
        Difference("Best-sellers", 24, 120_000, (30_000, 200_000)),
    )
    outcomes = {"naive": an_outcome(0), "candidate": an_outcome(profit)}
    facts: dict[str, Any] = {
        "first_day": date(2026, 8, 31), "weeks": WEEKS, "history_days": 540, "outcomes": outcomes,
        "versus": {"naive": groups}, "variants": 120, "left_out": 0, "imputed_share": 0.02,
    }  # fmt: skip
    return Replay(**facts | changes)


def an_outcome(saved: int) -> PolicyCost:
    """Return what a policy that saves so much would have earned."""
    weekly = np.full(WEEKS, 400_000 + saved / WEEKS) + np.linspace(-saved, saved, WEEKS) / 20
    too_little = 348_000 - saved / 2
    return PolicyCost(weekly, 900.0, 80.0, too_little, 143_000 - saved / 2, 100_000.0, 52_000.0)


def told(replay: Replay) -> dict[str, Any]:
    """Return the columns of a version that come from its replay."""
    page = present(SimpleNamespace(as_dict=lambda: METRICS), replay, currency="GBP").as_dict()
    return {"replay": replay.as_dict(), "page": json.loads(json.dumps(page)), "metrics": METRICS, "gates": GATES}


def a_shop(**changes: object) -> Shop:
    """Return the shop that `identities` speaks for, with an owner and a colleague."""
    facts = {"domain": identities.SHOP, "name": "Northbeck Outfitters", "scopes": ["read_orders", "read_all_orders"]}
    return histories.a_shop(**facts | changes)


def know(shop: Shop) -> None:
    """Know the two people whose ID tokens tests carry."""
    for sub, is_owner in ((identities.OWNER, True), (identities.COLLEAGUE, False)):
        Staff.objects.create(shop=shop, sub=sub, is_owner=is_owner, is_collaborator=False, checked_at=timezone.now())


def a_live_shop(variants: int = 12, **changes: object) -> Shop:
    """Return a shop whose first version is live and whose second waits for a decision."""
    shop = a_shop(**changes)
    know(shop)
    sell_and_name(shop, variants)
    live = a_version(shop)
    go_live(shop, live)
    advise(shop, live)
    picking.write(shop)
    histories.a_card(shop, **told(a_replay()))
    return shop


def sell_and_name(shop: Shop, variants: int = 12, days: int = 35) -> None:
    """Sell for some months and give things names that a merchant would."""
    histories.sell(shop, variants=variants, days=days)
    Location.objects.create(shop=shop, shopify_id=histories.LOCATION, name="Shop floor", updated_at=timezone.now())
    for number, product in enumerate(Product.objects.for_shop(shop).order_by("pk")):
        product.title = NAMES[number % len(NAMES)]
        product.save()


def a_version(shop: Shop, **changes: object) -> ModelVersion:
    """Return a version with everything that its pages show."""
    return histories.a_version(shop, **told(a_replay()) | changes)


def go_live(shop: Shop, version: ModelVersion) -> None:
    """Point the shop at a version."""
    pointer = Deployment.of(shop, version.use_case)
    histories.healthy(histories.a_live_release(version))
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
    StockTotals.sum_up(shop)


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
        "title": NAMES[number % len(NAMES)], "subtitle": "Women’s, M, Slate",
        "sku": f"SKU-{number}", "vendor": f"Vendor {number % 3}",
        "spark": SPARK, "sold_28": 62, "forecast_28": 71, "low_28": 54, "high_28": 92,
        "stock": 0 if status == "out_of_stock" else 29, "incoming": 24 if number % 5 == 1 else 0,
        "runs_out": origin + timedelta(days=6 + number % 20), "days_of_cover": 9.5,
        "order_quantity": 60 if urgent else 0,
        "order_by": origin + timedelta(days=1), "order_cost_minor": 465_000 if urgent else 0,
        "lost_units": 11 if urgent else 0, "at_risk_minor": max(0, 163_900 - 9_000 * number) if urgent else 0,
        "overstock_minor": 52_000 if status == "too_much" else 0, "abc": "ABC"[number % 3],
        "price_minor": 14_900, "unit_cost_minor": 7_750,
        "rule": {"lead_time_days": 14, "review_days": 7, "pack_size": 6},
    }  # fmt: skip


def place(shop: Shop, pk: int, name: str, variant: int = 200_000) -> None:
    """Give the shop a second location with a row of its own."""
    Location.objects.create(shop=shop, shopify_id=pk, name=name, updated_at=timezone.now())
    row = StockAdvice.objects.get(variant_id=variant)
    row.pk, row.location_id = None, pk
    row.save()


SPARK = (
    '<svg class="spark" viewBox="0 0 128 30" role="img" aria-label="Sales of the last 28 days and forecast">'
    '<path class="fan2" d="M62.8 23L95 6L128 11L128 22L95 22L62.8 23Z"/>'
    '<path d="M0 17.7L20 22L40 16L62.8 23" fill="none" stroke="#303030" stroke-width="1.25"/>'
    '<path d="M62.8 23L95 15L128 17" fill="none" stroke="#005bd3" stroke-width="1.5"/></svg>'
)
