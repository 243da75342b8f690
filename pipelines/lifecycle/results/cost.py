"""What a month cost to compute: CPU hours of trainings, by a stated price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Sum

from pipelines import words
from pipelines.lifecycle.results.months import Month
from pipelines.models import Shop, TrainingRun
from pipelines.usecases import USE_CASES

HOUR = 3600


def of_month(shop: Shop, month: Month) -> dict[str, Any]:
    """Give hours and money by use case, and the price; without a price in the shop's currency only hours are known."""
    price = price_of(shop.currency)
    runs = TrainingRun.objects.for_shop(shop).filter(created_at__gte=month.starts_at, created_at__lt=month.ends_at)
    spent = dict(runs.values("use_case").annotate(seconds=Sum("cpu_seconds")).values_list("use_case", "seconds"))
    models = [
        {"use_case": slug, "title": case.title, "hours": spent.get(slug, 0.0) / HOUR}
        for slug, case in USE_CASES.items()
    ]
    hours = sum(spent.values()) / HOUR
    return {
        "models": models,
        "hours": hours,
        "runs": runs.count(),
        "price": None if price is None else str(price),
        "minor": None if price is None else words.to_minor(Decimal(repr(hours)) * price, shop.currency),
    }


def price_of(currency: str) -> Decimal | None:
    """Return what an hour of a CPU costs in a currency, if the operator named a price."""
    found: Decimal | None = settings.CPU_HOUR_PRICES.get(currency)
    return found
