"""What to order from whom, and what is on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.db.models import Case, Count, Exists, F, Min, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from dashboard.forms.pages import WEEKDAYS
from dashboard.queries.words import Badge
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.lifecycle.buying.printing import name_of
from pipelines.lifecycle.buying.suppliers import takes_orders_on
from pipelines.models import GoodsReceipt, PurchaseLine, PurchaseOrder, Shop, Supplied, Supplier
from pipelines.models.usecases.demand_forecast import StockAdvice
from pipelines.words import to_major

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
    """What should be ordered today from one supplier, or from one vendor that none delivers."""

    vendor: str  # or the supplier's name
    supplier: int | None
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
    today: date

    @property
    def name(self) -> str:
        return name_of(self.order)

    @property
    def rows(self) -> list[tuple[PurchaseLine, StockAdvice | None, str]]:
        """Give each line with what is advised on its variant, and what a unit costs as it is typed."""
        return [(line, self.advised.get(line.variant_id), self.typed_cost(line)) for line in self.lines]

    def typed_cost(self, line: PurchaseLine) -> str:
        """Write what a unit costs as a field takes it; nothing where it is not known."""
        return str(to_major(line.unit_cost_minor, self.order.currency)) if line.unit_cost_minor else ""

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
    def is_foreign(self) -> bool:
        """Tell whether its prices are not in the shop's currency."""
        return self.order.currency != self.order.shop.currency

    @property
    def without_cost(self) -> int:
        return sum(not line.unit_cost_minor for line in self.lines)

    @property
    def short_minor(self) -> int:
        """Give how much is missing up to the smallest order that the supplier takes, in the order's currency."""
        supplier = self.order.supplier
        is_told = supplier is not None and supplier.currency == self.order.currency
        return max(0, supplier.smallest_minor - self.cost_minor) if supplier and is_told else 0

    @property
    def weekdays(self) -> str:
        """Name the days on which the supplier takes orders, if not on any."""
        days = self.order.supplier.order_weekdays if self.order.supplier else []
        return ", ".join(WEEKDAYS[day] for day in days)

    @property
    def taken_on(self) -> date:
        """Give the next day on which an order is taken."""
        supplier = self.order.supplier
        return takes_orders_on(supplier, self.today) if supplier else self.today

    @property
    def badge(self) -> Badge:
        return IN_PARTS if self.is_on_its_way and self.came else STATES[State(self.order.state)]

    @property
    def is_late(self) -> bool:
        """Tell whether it should have come."""
        return bool(self.is_on_its_way and self.order.expected_on and self.order.expected_on < self.today)

    @cached_property
    def expected_on(self) -> date:
        """Say when it comes: as was said, else as long after it is taken as the slowest of its lines takes."""
        if self.order.expected_on:
            return self.order.expected_on
        days = [row.rule.get("lead_time_days") for row in self.advised.values()]
        slowest = max(
            (float(each) for each in days if each is not None), default=self.order.shop.settings.lead_time_days
        )
        return self.taken_on + timedelta(days=round(slowest))


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
    )


def listed(order: PurchaseOrder) -> Listed:
    """Say how an order with its sums stands."""
    is_partly = order.state == State.SENT and bool(order.came)
    return Listed(order, IN_PARTS if is_partly else STATES[State(order.state)])


def by_vendor(shop: Shop, drafts: dict[str, PurchaseOrder]) -> list[FromVendor]:
    """Sum up what should be ordered today, supplier by supplier and vendor by vendor, the dearest first."""
    names = dict(Supplier.objects.for_shop(shop).values_list("pk", "name"))
    rows = (
        to_order(shop)
        .values("supplier", "from_vendor")
        .annotate(
            variants=Count("pk"),
            units=Sum("order_quantity"),
            cost_minor=Sum("order_cost_minor"),
            runs_out=Min("runs_out"),
        )
    )
    found = []
    for row in rows.order_by("-cost_minor", "from_vendor", "supplier"):
        vendor = names.get(row["supplier"], row.pop("from_vendor"))
        found.append(FromVendor(**row, vendor=vendor, draft=drafts.get(vendor)))
    return found


def to_order(shop: Shop) -> QuerySet[StockAdvice]:
    """Keep what should be ordered today and was not, since it was advised, with who delivers it."""
    sent = (
        PurchaseLine.objects.for_shop(shop)
        .on_the_way()
        .filter(variant_id=OuterRef("variant_id"), order__sent_at__gte=OuterRef("updated_at"))
    )
    advice = StockAdvice.objects.for_shop(shop).filter(location_id=TOTAL).to_order().exclude(Exists(sent))
    supplied = Supplied.objects.for_shop(shop).values("supplier")
    of_variant = supplied.filter(vendor="", variant_id=OuterRef("variant_id"))
    of_vendor = supplied.filter(vendor=OuterRef("vendor"), variant_id=None)
    return advice.annotate(
        supplier=Coalesce(Subquery(of_variant), Subquery(of_vendor)),
        from_vendor=Case(When(supplier=None, then=F("vendor")), default=Value("")),
    )


def wanted(shop: Shop, vendor: str, supplier: Supplier | None) -> list[Wanted]:
    """Give what should be ordered today from a supplier, or a vendor that none delivers, as lines of an order."""
    mine = to_order(shop).filter(supplier=supplier.pk) if supplier else to_order(shop).filter(from_vendor=vendor)
    is_foreign = supplier is not None and supplier.currency != shop.currency
    paid = paid_before(supplier) if supplier and is_foreign else {}
    rows = mine.order_by("title", "subtitle", "variant_id")
    return [
        Wanted(
            variant_id=row.variant_id,
            title=row.title,
            subtitle=row.subtitle,
            sku=row.sku,
            units=row.order_quantity,
            pack_size=max(1, round(row.rule.get("pack_size") or 1)),
            unit_cost_minor=(paid.get(row.variant_id) if is_foreign else row.unit_cost_minor) or 0,
        )
        for row in rows.defer("search", "spark")
    ]


def paid_before(supplier: Supplier) -> dict[int, int]:
    """Give what a unit of each variant cost when this supplier was last sent an order in its currency."""
    lines = PurchaseLine.objects.for_shop(supplier.shop_id).filter(
        order__supplier=supplier, order__currency=supplier.currency, unit_cost_minor__gt=0
    )
    newest = lines.order_by("variant_id", "-order__number").distinct("variant_id")
    return dict(newest.values_list("variant_id", "unit_cost_minor"))


def order_page(order: PurchaseOrder, today: date) -> OrderPage:
    """Read one order."""
    lines = list(order.lines.order_by("title", "subtitle", "pk"))
    advice = StockAdvice.objects.for_shop(order.shop_id).filter(location_id=TOTAL)
    known = advice.filter(variant_id__in=[line.variant_id for line in lines]).defer("search", "spark")
    receipts = GoodsReceipt.objects.for_shop(order.shop_id).filter(line__order=order).select_related("line")
    return OrderPage(
        order, lines, {row.variant_id: row for row in known}, list(receipts.order_by("-day", "-pk")), today
    )
