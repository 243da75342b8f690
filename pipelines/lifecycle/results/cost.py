"""What a month cost to compute: CPU hours of trainings, refreshes, watching and answers, by a stated price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum

from pipelines import words
from pipelines.lifecycle.results.months import Month
from pipelines.models import ComputedDay, Shop, TrainingRun
from pipelines.usecases import USE_CASES

HOUR = 3600
TRAINING = "training"


@dataclass(frozen=True)
class Spent:
    """What was spent on one use case, for what, and how often."""

    use_case: str
    what: str
    seconds: float
    times: int


def of_month(shop: Shop, month: Month) -> dict[str, Any]:
    """Give hours and money by use case, and the price; without a price in the shop's currency only hours are known."""
    price = price_of(shop.currency)
    spent = [*trainings(shop, month), *days(shop, month)]
    hours = sum(each.seconds for each in spent) / HOUR
    return {
        "models": [of_model(slug, spent, price, shop.currency) for slug in USE_CASES],
        "parts": parts(spent),
        "hours": hours,
        "runs": sum(each.times for each in spent if each.what == TRAINING),
        "price": None if price is None else str(price),
        "minor": in_money(hours, price, shop.currency),
    }


def trainings(shop: Shop, month: Month) -> Iterator[Spent]:
    """Yield what trainings took, by use case."""
    runs = TrainingRun.objects.for_shop(shop).filter(created_at__gte=month.starts_at, created_at__lt=month.ends_at)
    found = runs.values_list("use_case").annotate(took=Sum("cpu_seconds"), often=Count("*"))
    yield from (Spent(use_case, TRAINING, took, often) for use_case, took, often in found)


def days(shop: Shop, month: Month) -> Iterator[Spent]:
    """Yield what all else took, by use case."""
    mine = ComputedDay.objects.for_shop(shop).filter(day__gte=month.first, day__lt=month.after.first)
    found = mine.values_list("use_case", "what").annotate(took=Sum("seconds"), often=Sum("times"))
    yield from (Spent(*each) for each in found)


def of_model(use_case: str, spent: list[Spent], price: Decimal | None, currency: str) -> dict[str, Any]:
    """Give what one use case took."""
    mine = [each for each in spent if each.use_case == use_case]
    hours = sum(each.seconds for each in mine) / HOUR
    told = {"use_case": use_case, "title": USE_CASES[use_case].title, "hours": hours, "parts": parts(mine)}
    return told | {"minor": in_money(hours, price, currency)}


def parts(spent: list[Spent]) -> list[dict[str, Any]]:
    """Add up by what it was for; what was never done is left out."""
    names = (TRAINING, *ComputedDay.What.values)
    mine = {name: [each for each in spent if each.what == name] for name in names}
    return [
        {"what": name, "hours": sum(one.seconds for one in each) / HOUR, "times": sum(one.times for one in each)}
        for name, each in mine.items()
        if each
    ]


def in_money(hours: float, price: Decimal | None, currency: str) -> int | None:
    """Price hours, where somebody named a price."""
    return None if price is None else words.to_minor(Decimal(repr(hours)) * price, currency)


def price_of(currency: str) -> Decimal | None:
    """Return what an hour of a CPU costs in a currency, if the operator named a price."""
    found: Decimal | None = settings.CPU_HOUR_PRICES.get(currency)
    return found
