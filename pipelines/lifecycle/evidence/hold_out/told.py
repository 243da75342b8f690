"""What a page says of a hold-out: who was shown what and ordered, what showing adds, and how long proof takes.

The figures were worked out by a worker when the last day was counted; standard library, since pages ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from pipelines import words
from pipelines.lifecycle.evidence import pace
from pipelines.lifecycle.hold_outs import drawn
from pipelines.models import Deployment, HoldOut, Shop
from pipelines.stats.inference import marks, power
from pipelines.usecases import USE_CASES

EFFECT = 0.1  # whose proof is told


@dataclass(frozen=True)
class Range:
    """A figure with its range; of a difference, how sure it is that there is one."""

    value: float
    low: float
    high: float
    mark: str = ""


@dataclass(frozen=True)
class Arm:
    """What one arm did within 24 hours of being first seen; no range before it has thirty orders."""

    units: int
    orders: int
    per_thousand: Range | None


@dataclass(frozen=True)
class Standing:
    """How a hold-out stands; `orders` and `sales` compare with the held out, and are nothing while too few ordered."""

    percent: int
    first_day: date | None
    last_day: date | None
    held_out: Arm
    shown: Arm
    orders: Range | None  # more, as a share
    sales: Range | None  # added to those who were shown something, since the first day, in minor units
    proof: dict[int, float | None]  # share of a hundred -> days until an effect of a tenth shows

    @property
    def mark(self) -> str:
        """Say how sure the added sales are."""
        return self.sales.mark if self.sales else marks.NOT_MEASURED


def standing(shop: Shop, use_case: str) -> Standing | None:
    """Return how a shop's hold-out stands; nothing where nobody can be held out."""
    usual = drawn.usual_percent(USE_CASES[use_case])
    if not usual:
        return None
    row = HoldOut.objects.for_shop(shop).filter(use_case=use_case).first()
    figures: Mapping[str, Any] = row.figures if row else {}
    arms = figures.get("arms", {})
    return Standing(
        percent=drawn.current(row).percent if row else usual,
        first_day=day_of(figures.get("first_day")),
        last_day=day_of(figures.get("last_day")),
        held_out=arm_of(arms.get("held_out", {})),
        shown=arm_of(arms.get("shown", {})),
        orders=range_of(figures.get("orders")),
        sales=range_of(figures.get("sales")),
        proof=proof(shop, use_case, figures),
    )


def day_of(written: str | None) -> date | None:
    """Read a day."""
    return date.fromisoformat(written) if written else None


def arm_of(told: Mapping[str, Any]) -> Arm:
    """Read an arm."""
    return Arm(told.get("units", 0), told.get("orders", 0), range_of(told.get("per_thousand")))


def range_of(told: Mapping[str, Any] | None) -> Range | None:
    """Read a figure with its range."""
    return Range(**told) if told else None


def proof(shop: Shop, use_case: str, figures: Mapping[str, Any]) -> dict[int, float | None]:
    """Say for each share that can be chosen how many days it takes at the traffic of late, where any is known."""
    units, rate = figures.get("units_a_day", 0.0), figures.get("rate", 0.0)
    if not (units and rate):
        units, rate = pace.seen_lately(Deployment(shop=shop, use_case=use_case), timezone.now())
    return {each: days(units, each, rate) for each in drawn.choices(USE_CASES[use_case]) if each}


def days(units_a_day: float, percent: int, rate: float) -> float | None:
    """Give the days until an effect of a tenth shows, or nothing where there is no traffic to tell by."""
    if not (units_a_day > 0 and 0 < rate < 1):
        return None
    return power.days_until_shown(units_a_day, percent / 100, rate, EFFECT)


def takes(proof: Mapping[int, float | None]) -> str:
    """Say how long an effect of one tenth takes to show, for the smallest share and for the largest."""
    known = {percent: words.roughly(days) for percent, days in proof.items() if days is not None}
    if not known:
        return "How long it takes to see what it adds is told once your shop has visitors."
    least, most = min(known), max(known)
    return f"With {least} %, an effect of one tenth shows after {known[least]}; with {most} % after {known[most]}."
