"""What to order from whom, and what is on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Sum

from dashboard.queries.words import Badge
from dashboard.usecases.demand_forecast.buying.moves import Proposed, proposed
from dashboard.usecases.demand_forecast.queries.forecasts import open_locations
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.lifecycle.buying.arrivals import Rise, seen
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.models import GoodsReceipt, PurchaseLine, PurchaseOrder, Shop
from pipelines.models.usecases.demand_forecast import StockAdvice

State = PurchaseOrder.State
NEWEST = 50  # orders that have ended
STATES = {
    State.DRAFT: Badge("Draft"),
    State.SENT: Badge("On its way", "info"),
    State.RECEIVED: Badge("Received", "success"),
    State.CANCELLED: Badge("Cancelled"),
}
IN_PARTS = Badge("In parts", "info")


@dataclass(frozen=True)
class FromVendor:
    """What should be ordered today from one vendor."""

    vendor: str
    variants: int
    units: int
    cost_minor: int
    runs_out: date | None
    draft: PurchaseOrder | None  # that is there already


@dataclass(frozen=True)
class Listed:
    """One order of a list."""

    order: PurchaseOrder  # with its sums
    state: Badge

    @property
    def name(self) -> str:
        return name_of(self.order)


@dataclass(frozen=True)
class OrdersPage:
    """What to order, what is on the way, what was."""

    today: date
    to_order: list[FromVendor]
    on_the_way: list[Listed]
    drafts: list[Listed]
    ended: list[Listed]
    moves: list[Proposed]  # between places

    @property
    def cost_minor(self) -> int:
        return sum(vendor.cost_minor for vendor in self.to_order)

    @property
    def late(self) -> int:
        """Count the orders that should have come."""
        return sum((listed.order.expected_on or self.today) < self.today for listed in self.on_the_way)


@dataclass(frozen=True)
class OrderPage:
    """One order: what it asks for, or what of it came."""

    order: PurchaseOrder
    lines: list[PurchaseLine]
    advised: dict[int, StockAdvice]
    receipts: list[GoodsReceipt]
    risen: dict[int, Rise]  # in Shopify, by the number of the line
    places: list[tuple[int, str]]  # that it may be sent to; none where the shop has one
    today: date

    @property
    def place(self) -> str:
        """Name the place that it comes to, if it was said."""
        return dict(self.places).get(self.order.location_id or 0, "")

    @property
    def comes_on(self) -> date | None:
        """Say on which day the advice counts on it."""
        return self.order.comes_on(self.today)

    @property
    def name(self) -> str:
        return name_of(self.order)

    @property
    def rows(self) -> list[tuple[PurchaseLine, StockAdvice | None]]:
        """Give each line with what is advised on its variant."""
        return [(line, self.advised.get(line.variant_id)) for line in self.lines]

    @property
    def awaited(self) -> list[tuple[PurchaseLine, Rise | None]]:
        """Give each line with how much of it seems to have come."""
        return [(line, self.risen.get(line.pk)) for line in self.lines]

    @property
    def is_draft(self) -> bool:
        return self.order.state == State.DRAFT

    @property
    def is_on_its_way(self) -> bool:
        return self.order.state == State.SENT

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)

    @property
    def came(self) -> int:
        return sum(line.received for line in self.lines)

    @property
    def to_come(self) -> int:
        return sum(line.to_come for line in self.lines) if self.is_on_its_way else 0

    @property
    def cost_minor(self) -> int:
        return sum(line.cost_minor for line in self.lines)

    @property
    def badge(self) -> Badge:
        return IN_PARTS if self.is_on_its_way and self.came else STATES[State(self.order.state)]

    @property
    def is_late(self) -> bool:
        """Tell whether it should have come."""
        return bool(self.is_on_its_way and self.order.expected_on and self.order.expected_on < self.today)

    @cached_property
    def expected_on(self) -> date:
        """Say when it comes: as was said, else as long after today as the slowest of its lines takes."""
        if self.order.expected_on:
            return self.order.expected_on
        days = [row.rule.get("lead_time_days") for row in self.advised.values()]
        slowest = max(
            (float(each) for each in days if each is not None), default=self.order.shop.settings.lead_time_days
        )
        return self.today + timedelta(days=round(slowest))


def name_of(order: PurchaseOrder) -> str:
    """Return how an order is called on paper."""
    return f"PO-{order.number:04d}"


def orders_page(shop: Shop, today: date) -> OrdersPage:
    """Read what is to be ordered and what was."""
    mine = PurchaseOrder.objects.for_shop(shop).summed()
    open_ones = [
        listed(order) for order in mine.filter(state__in=[State.DRAFT, State.SENT]).order_by("expected_on", "number")
    ]
    ended = mine.filter(state__in=[State.RECEIVED, State.CANCELLED]).order_by("-ended_at")[:NEWEST]
    drafts = [each for each in open_ones if each.order.state == State.DRAFT]
    return OrdersPage(
        today=today,
        to_order=by_vendor(shop, {each.order.vendor: each.order for each in drafts}),
        on_the_way=[each for each in open_ones if each.order.state == State.SENT],
        drafts=drafts,
        ended=[listed(order) for order in ended],
        moves=proposed(shop),
    )


def listed(order: PurchaseOrder) -> Listed:
    """Say how an order with its sums stands."""
    is_partly = order.state == State.SENT and bool(order.came)
    return Listed(order, IN_PARTS if is_partly else STATES[State(order.state)])


def by_vendor(shop: Shop, drafts: dict[str, PurchaseOrder]) -> list[FromVendor]:
    """Sum up what should be ordered today, vendor by vendor, the dearest first."""
    rows = (
        to_order(shop)
        .values("vendor")
        .annotate(
            variants=Count("pk"),
            units=Sum("order_quantity"),
            cost_minor=Sum("order_cost_minor"),
            runs_out=Min("runs_out"),
        )
    )
    return [FromVendor(**row, draft=drafts.get(row["vendor"])) for row in rows.order_by("-cost_minor", "vendor")]


def to_order(shop: Shop) -> QuerySet[StockAdvice]:
    """Keep what should be ordered today and was not, since it was advised."""
    sent = (
        PurchaseLine.objects.for_shop(shop)
        .on_the_way()
        .filter(variant_id=OuterRef("variant_id"), order__sent_at__gte=OuterRef("updated_at"))
    )
    return StockAdvice.objects.for_shop(shop).filter(location_id=TOTAL).to_order().exclude(Exists(sent))


def wanted(shop: Shop, vendor: str) -> list[Wanted]:
    """Give what should be ordered today from one vendor, as lines of an order."""
    rows = to_order(shop).filter(vendor=vendor).order_by("title", "subtitle", "variant_id")
    return [
        Wanted(
            variant_id=row.variant_id,
            title=row.title,
            subtitle=row.subtitle,
            sku=row.sku,
            units=row.order_quantity,
            pack_size=max(1, round(row.rule.get("pack_size") or 1)),
            unit_cost_minor=row.unit_cost_minor or 0,
        )
        for row in rows.defer("search", "spark")
    ]


def order_page(order: PurchaseOrder, today: date) -> OrderPage:
    """Read one order."""
    lines = list(order.lines.order_by("title", "subtitle", "pk"))
    advice = StockAdvice.objects.for_shop(order.shop_id).filter(location_id=TOTAL)
    known = advice.filter(variant_id__in=[line.variant_id for line in lines]).defer("search", "spark")
    receipts = GoodsReceipt.objects.for_shop(order.shop_id).filter(line__order=order).select_related("line")
    open_ones = list(open_locations(order.shop))
    return OrderPage(
        order=order,
        lines=lines,
        advised={row.variant_id: row for row in known},
        receipts=list(receipts.order_by("-day", "-pk")),
        risen=seen(order, lines),
        places=open_ones if len(open_ones) > 1 else [],
        today=today,
    )
