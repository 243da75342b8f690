"""Lists of products as they are written at night, and two versions that speak from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines.models import Deployment, ModelVersion, Product, Release, Shop
from pipelines.models.usecases.recommendations import RecommendationList
from pipelines.strategies import Step
from pipelines.usecases.recommendations.wording import REASONS
from tests import histories

SLUG = "recommendations"
LED_BY = ("together", "similar", "best_seller")


def a_list(shop: Shop, version: ModelVersion | None, kind: str, unit: int, picks: list[int], reason: str) -> Any:
    """Return an unsaved list whose picks are there for one reason."""
    now = timezone.now()
    many = len(picks)
    return RecommendationList(
        shop=shop, version=version, kind=kind, unit_id=unit, picks=picks, scores=[1 / (1 + at) for at in range(many)],
        reasons=[REASONS.index(reason)] * many, details=[40 - at for at in range(many)],
        origin=now.date() - timedelta(days=1), updated_at=now,
    )  # fmt: skip


def write(shop: Shop, version: ModelVersion | None = None, *, shift: int = 1) -> list[int]:
    """Write the lists of a version: beside each product those that follow it; return the products."""
    products = list(Product.objects.for_shop(shop).order_by("shopify_id").values_list("shopify_id", flat=True))
    rows = [a_list(shop, version, "best", 0, products[:20], "best_seller")]
    for at, product in enumerate(products):
        others = [products[(at + step) % len(products)] for step in range(shift, shift + 10)]
        picks = [each for each in dict.fromkeys(others) if each != product]
        led_by = LED_BY[at % len(LED_BY)]
        rows += [a_list(shop, version, kind, product, picks, led_by) for kind in ("page", "cart")]
    RecommendationList.objects.bulk_create(rows)
    return products


def live(shop: Shop, **changes: Any) -> ModelVersion:
    """Let a version speak, with lists of its own."""
    version = histories.a_version(shop, use_case=SLUG, **changes)
    facts = {"active": version, "active_since": timezone.now() - timedelta(days=9), "revision": 1}
    Deployment.objects.filter(pk=Deployment.of(shop, SLUG).pk).update(**facts)
    write(shop, version)
    return version


def on_its_way(shop: Shop, *, shift: int = 2) -> Release:
    """Let some shoppers see another version, with lists of its own."""
    version = histories.a_version(shop, use_case=SLUG)
    write(shop, version, shift=shift)
    steps = [Step("5 %", weight=5, hours=24).as_dict(), Step("all", weight=100).as_dict()]
    facts = {"strategy": "canary", "steps": steps, "weight": 5, "phase": Release.Phase.CANARY}
    return Release.objects.create(shop=shop, use_case=SLUG, version=version, exposed_at=timezone.now(), **facts)
