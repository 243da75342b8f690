"""Deliveries from Shopify: what came, what we did with it, hour by hour."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import BooleanField, Case, Count, ExpressionWrapper, F, Q, QuerySet, When
from django.db.models.functions import TruncHour

from dashboard.forms.pages import DELIVERIES
from dashboard.queries.words import Badge, Chip
from pipelines import words
from pipelines.charts import Figure, Hour, hour_bars
from pipelines.models import Shop, WebhookDelivery

State = WebhookDelivery.State
DAY = timedelta(hours=24)
LATE = timedelta(minutes=10)
PAGE_SIZE = 25
TOPICS = {
    "orders/create": "Order created",
    "orders/updated": "Order changed",
    "orders/cancelled": "Order cancelled",
    "orders/paid": "Order paid",
    "orders/fulfilled": "Order sent",
    "orders/partially_fulfilled": "Order partly sent",
    "orders/edited": "Order edited",
    "orders/delete": "Order deleted",
    "refunds/create": "Refund created",
    "products/create": "Product created",
    "products/update": "Product changed",
    "products/delete": "Product deleted",
    "inventory_levels/update": "Stock level changed",
    "inventory_items/update": "Stock item changed",
    "locations/update": "Location changed",
    "shop/update": "Shop changed",
    "checkouts/create": "Checkout started",
    "checkouts/update": "Checkout changed",
    "app/uninstalled": "App removed",
    "app/scopes_update": "Permissions changed",
    "bulk_operations/finish": "Export finished",
    "customers/data_request": "Customer asked for data",
    "customers/redact": "Customer to be erased",
    "shop/redact": "Shop to be erased",
}
HAS_BODY = ExpressionWrapper(~Q(payload={}), BooleanField())
FAILED_FIRST = Case(When(state__in=[State.FAILED, State.DEAD], then=0), default=1)
WHERE = {
    "all": Q(),
    "applied": Q(state__in=[State.APPLIED, State.SUPERSEDED]),
    "late": Q(received_at__gt=F("triggered_at") + LATE),
    "doubled": Q(duplicates__gt=0),
    "failed": Q(state__in=[State.FAILED, State.DEAD]),
}


@dataclass(frozen=True)
class Line:
    """One delivery of the list."""

    delivery: WebhookDelivery
    has_body: bool

    @property
    def topic(self) -> str:
        return TOPICS.get(self.delivery.topic, self.delivery.topic)

    @property
    def is_late(self) -> bool:
        return self.delivery.received_at - self.delivery.triggered_at > LATE

    @property
    def has_failed(self) -> bool:
        return self.delivery.state in (State.FAILED, State.DEAD)

    @property
    def may_be_replayed(self) -> bool:
        """Tell whether trying again could help: a body that could not be read was not kept."""
        return self.has_failed and self.has_body

    @property
    def badge(self) -> Badge:
        state = self.delivery.state
        if state in (State.FAILED, State.DEAD):
            return Badge("Failed", "critical")
        if state == State.RECEIVED:
            return Badge("Waiting", "info")
        if state == State.KEPT:
            return Badge("Kept")
        if self.delivery.duplicates:
            return Badge("Doubled")
        return Badge("Late", "info") if self.is_late else Badge("Applied", "success")

    @property
    def did(self) -> str:
        """Say what we did with it."""
        delivery = self.delivery
        if delivery.state == State.RECEIVED:
            return "waits its turn"
        if delivery.state == State.KEPT:
            return "kept, not applied"
        if self.has_failed:
            return f"{words.counted(delivery.attempts, 'try', 'tries')}. {delivery.error}"
        delay = delivery.received_at - delivery.triggered_at
        parts = [f"{words.duration(delay.total_seconds())} late"] * self.is_late
        parts += [f"sent {words.counted(delivery.duplicates, 'more time')}, ignored"] * bool(delivery.duplicates)
        if delivery.state == State.SUPERSEDED:
            return "; ".join([*parts, "a newer state was known"])
        took = delivery.applied_at - delivery.received_at if delivery.applied_at else timedelta()
        return "; ".join([*parts, f"applied after {words.duration(max(0.001, took.total_seconds()))}"])


@dataclass(frozen=True)
class Deliveries:
    """The chart and one page of the list; failed ones stay listed until they went through."""

    figure: Figure
    chips: list[Chip]
    lines: list[Line]
    show: str
    page: int
    found: int
    total: int
    failed: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def previous_query(self) -> str | None:
        return f"state={self.show}&page={self.page - 1}" if self.page > 1 else None

    @property
    def next_query(self) -> str | None:
        return f"state={self.show}&page={self.page + 1}" if self.last < self.found else None


def deliveries(shop: Shop, now: datetime, show: str, page: int) -> Deliveries:
    """Read the deliveries of the last 24 hours, and those that still fail."""
    mine = WebhookDelivery.objects.filter(shop_domain=shop.domain)
    recent = mine.filter(received_at__gte=now - DAY)
    counts = recent.aggregate(**{slug: Count("pk", filter=where) for slug, where in WHERE.items()})
    failed_today = counts["failed"]
    counts["failed"] = mine.filter(WHERE["failed"]).count()
    wanted = (mine if show == "failed" else recent).filter(WHERE[show]).order_by(FAILED_FIRST, "-received_at")
    start = (page - 1) * PAGE_SIZE
    return Deliveries(
        figure=figure_of(hours(recent, shop, now), counts["all"], failed_today),
        chips=[Chip(label, counts[slug], f"state={slug}", slug == show) for slug, label in DELIVERIES.items()],
        lines=[
            Line(delivery, delivery.has_body)
            for delivery in wanted.annotate(has_body=HAS_BODY).defer("payload")[start : start + PAGE_SIZE]
        ],
        show=show,
        page=page,
        found=counts[show],
        total=counts["all"],
        failed=counts["failed"],
    )


def hours(recent: QuerySet[WebhookDelivery], shop: Shop, now: datetime) -> list[Hour]:
    """Count deliveries hour by hour on the shop's clock."""
    by_hour = recent.annotate(hour=TruncHour("received_at", tzinfo=shop.zone)).values_list("hour", "state")
    counts: Counter[datetime] = Counter()
    failed: Counter[datetime] = Counter()
    for hour, state, n in by_hour.annotate(n=Count("pk")):
        counts[hour] += n
        failed[hour] += n if state in (State.FAILED, State.DEAD) else 0
    last = now.astimezone(shop.zone).replace(minute=0, second=0, microsecond=0)
    starts = [(last - timedelta(hours=back)) for back in range(23, -1, -1)]
    return [Hour(words.clock(start), counts[start], failed[start]) for start in starts]


def figure_of(hours: list[Hour], total: int, failed: int) -> Figure:
    """Draw the hours, with the message as title."""
    title = f"All {words.number(total)} deliveries of the last 24 hours went through or wait their turn"
    if failed:
        title = f"{words.number(failed)} of {words.number(total)} deliveries of the last 24 hours failed"
    drawn = hour_bars(hours, title=title, description=f"{title}.", id="deliveries")
    return replace(drawn, subtitle=f"Deliveries from Shopify per hour.{' Triangles: failed.' if failed else ''}")
