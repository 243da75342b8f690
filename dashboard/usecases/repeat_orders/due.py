"""Customers who are due: of whom most is expected in the week after the newest orders, as what runs now says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum

from pipelines.models import Deployment, Order, Shop, TrainingRun
from pipelines.models.usecases.repeat_orders import RepeatChance
from pipelines.shopify.domains import admin_page
from pipelines.usecases.repeat_orders import USE_CASE

SLUG = USE_CASE.slug
SHOWN = 50
WEEK = 7


@dataclass(frozen=True)
class Customer:
    """One customer, whom only the last order in Shopify names."""

    said: RepeatChance
    order: str
    link: str

    @property
    def expected_minor(self) -> float:
        return self.said.within_7 * self.said.worth

    @property
    def is_overdue(self) -> bool:
        """Tell whether more days have passed than usually lie between two orders."""
        return self.said.orders > 1 and self.said.since > self.said.usual


@dataclass(frozen=True)
class DuePage:
    """What the page shows."""

    live: int | None  # the number of the version that speaks; nothing: the simple rule
    first_day: date | None  # of the week; nothing where nothing was said
    customers: int = 0
    expected: float = 0.0  # of them to order in the week
    expected_minor: float = 0.0
    again: int = 0  # ordered in the week before, and not for the first time
    rows: tuple[Customer, ...] = ()
    lacks: str = ""  # why nothing can be said

    @property
    def last_day(self) -> date | None:
        return self.first_day + timedelta(days=WEEK - 1) if self.first_day else None


def is_told(shop: Shop) -> bool:
    """Tell whether anything was said of the shop's customers."""
    return RepeatChance.objects.for_shop(shop).exists()


def due_page(shop: Shop) -> DuePage:
    """Read the page: the newest answer of what runs now."""
    pointer = Deployment.objects.for_shop(shop).filter(use_case=SLUG).select_related("active").first()
    live = pointer.active if pointer else None
    said = RepeatChance.objects.for_shop(shop).filter(version=live)
    newest = said.order_by("-origin").values_list("origin", flat=True).first()
    number = live.number if live else None
    if newest is None:
        return DuePage(number, None, lacks=lacking(shop))
    mine = said.filter(origin=newest)
    worth = F("within_7") * F("worth")
    sums: dict[str, Any] = mine.aggregate(
        customers=Count("pk"),
        expected=Sum("within_7"),
        expected_minor=Sum(worth),
        again=Count("pk", filter=Q(orders__gt=1, since__lt=WEEK)),
    )
    return DuePage(number, newest + timedelta(days=1), **sums, rows=named(shop, mine.order_by(-worth, "pk")[:SHOWN]))


def lacking(shop: Shop) -> str:
    """Say what the last training lacked, where it said so."""
    runs = TrainingRun.objects.for_shop(shop).filter(use_case=SLUG).order_by("-created_at")
    newest = runs.values_list("state", "error").first()
    return newest[1] if newest and newest[0] == TrainingRun.State.STOPPED else ""


def named(shop: Shop, rows: Any) -> tuple[Customer, ...]:
    """Give each customer the name of the last order, and where it is."""
    told = list(rows)
    orders = Order.objects.for_shop(shop).filter(shopify_id__in=[row.last_order for row in told])
    names = dict(orders.values_list("shopify_id", "name"))
    return tuple(
        Customer(
            row, names.get(row.last_order) or str(row.last_order), admin_page(shop.domain, f"orders/{row.last_order}")
        )
        for row in told
    )
