"""What to order from whom, and what is on its way."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db import connection
from django.db.models import Count, F, Max, Q, Sum
from django.db.models.functions import Greatest

from dashboard.forms.pages import WEEKDAYS
from dashboard.queries.words import Badge
from dashboard.usecases.demand_forecast.buying.dealing import Elsewhere, elsewhere
from dashboard.usecases.demand_forecast.buying.in_shopify import InShopify, in_shopify
from dashboard.usecases.demand_forecast.buying.moves import Proposed, proposed
from dashboard.usecases.demand_forecast.buying.to_order import FromVendor, advice_of, by_vendor, wanted
from dashboard.usecases.demand_forecast.queries.forecasts import open_locations
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.lifecycle.buying.arrivals import Rise, seen
from pipelines.lifecycle.buying.printing import name_of
from pipelines.lifecycle.buying.suppliers import takes_orders_on
from pipelines.models import GoodsReceipt, PurchaseLine, PurchaseOrder, Shop
from pipelines.models.usecases.demand_forecast import StockAdvice
from pipelines.usecases.demand_forecast.ordering.budget import keeps
from pipelines.words import to_major

State = PurchaseOrder.State
NEWEST = 50  # orders that have ended
SHOWN = 100  # lines of an order at once
STATES = {
    State.DRAFT: Badge("Draft"),
    State.SENT: Badge("On its way", "info"),
    State.RECEIVED: Badge("Received", "success"),
    State.CANCELLED: Badge("Cancelled"),
}
IN_PARTS = Badge("In parts", "info")


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
    in_shopify: InShopify | None
    usually_on: date  # when what is ordered today comes, by the shop's own lead time
    newest: datetime | None  # when the newest order was sent

    @property
    def cost_minor(self) -> int:
        return sum(vendor.cost_minor for vendor in self.to_order)

    @property
    def late(self) -> int:
        """Count the orders that should have come."""
        return sum((listed.order.expected_on or self.today) < self.today for listed in self.on_the_way)


@dataclass(frozen=True)
class Row:
    """One line of a draft, with what is advised on its variant."""

    line: PurchaseLine
    advice: StockAdvice | None
    currency: str

    @property
    def cost(self) -> str:
        """Write what a unit costs as a field takes it; nothing where it is not known."""
        return str(to_major(self.line.unit_cost_minor, self.currency)) if self.line.unit_cost_minor else ""

    @property
    def kept_minor(self) -> int:
        """Give the margin of sales that would be missed without its units."""
        return round(keeps(self.advice.kept, self.line.units)) if self.advice else 0

    @property
    def packs_now(self) -> int:
        """Give the size of a pack by now, where it is another than on the line."""
        now = max(1, round(self.advice.rule.get("pack_size") or 1)) if self.advice else self.line.pack_size
        return now if now != self.line.pack_size else 0


@dataclass(frozen=True)
class Totals:
    """What all lines of an order come to."""

    lines: int
    units: int
    came: int
    to_come: int
    cost_minor: int
    without_cost: int


@dataclass(frozen=True)
class AdvisedOfAll:
    """What is advised on the variants of all lines of an order, for the shop as a whole."""

    kept_minor: int
    slowest_days: float | None  # the longest lead time


ADVISED_OF_ALL = """
    SELECT coalesce(sum((a.kept->-1->>1)::float8) FILTER (WHERE l.units >= (a.kept->-1->>0)::float8), 0),
           max((a.rule->>'lead_time_days')::float8),
           coalesce(jsonb_agg(jsonb_build_array(l.units, a.kept))
                    FILTER (WHERE l.units < (a.kept->-1->>0)::float8), '[]')
    FROM pipelines_purchaseline l JOIN pipelines_stockadvice a
      ON a.shop_id = l.shop_id AND a.variant_id = l.variant_id AND a.location_id = %(total)s
    WHERE l.shop_id = %(shop)s AND l.order_id = %(order)s
"""


@dataclass(frozen=True)
class OrderPage:
    """One order: what it asks for, or what of it came; of many lines so many at once."""

    order: PurchaseOrder
    totals: Totals
    number: int  # of the page
    lines: list[PurchaseLine]
    advised: dict[int, StockAdvice]
    receipts: list[GoodsReceipt]
    risen: dict[int, Rise]  # in Shopify, by the number of the line
    places: list[tuple[int, str]]  # that it may be sent to; none where the shop has one
    is_place_gone: bool  # the one that it was sent to was closed since
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
    def rows(self) -> list[Row]:
        """Give each line with what is advised on its variant."""
        return [Row(line, self.advised.get(line.variant_id), self.order.currency) for line in self.lines]

    @property
    def first(self) -> int:
        """Return the place of the page's first line among all, from 1."""
        return (self.number - 1) * SHOWN + 1

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @property
    def previous_query(self) -> str | None:
        return f"page={self.number - 1}" if self.number > 1 else None

    @property
    def next_query(self) -> str | None:
        return f"page={self.number + 1}" if self.last < self.totals.lines else None

    @cached_property
    def bought(self) -> dict[int, int]:
        """Give the units of each variant, on whichever page."""
        return dict(self.order.lines.values_list("variant_id", "units"))

    @cached_property
    def elsewhere(self) -> list[Elsewhere]:
        return elsewhere(self.order) if self.is_draft else []

    @cached_property
    def advised_of_all(self) -> AdvisedOfAll:
        return advised_of_all(self.order)

    @property
    def kept_minor(self) -> int:
        """Give the margin of sales that would be missed without this order, in the shop's currency."""
        return self.advised_of_all.kept_minor

    @cached_property
    def left_out(self) -> int:
        """Count the variants of which the budget buys less than is advised today."""
        advised = wanted(self.order.shop, self.order.vendor, self.order.supplier)
        return sum(self.bought.get(line.variant_id, 0) < line.units for line in advised)

    @property
    def budget_left_minor(self) -> int:
        return max(0, (self.order.budget_minor or 0) - self.totals.cost_minor)

    @property
    def budget_typed(self) -> str:
        """Write the budget as a field takes it."""
        budget = self.order.budget_minor
        return "" if budget is None else str(to_major(budget, self.order.currency))

    @property
    def awaited(self) -> list[tuple[PurchaseLine, Rise | None]]:
        """Give each line with how much of it seems to have come."""
        return [(line, self.risen.get(line.pk)) for line in self.lines]

    @property
    def whole(self) -> GoodsReceipt | None:
        """Return one part of the newest delivery that was written down for several lines at once."""
        at_once = Counter(receipt.delivery for receipt in self.receipts)
        return next((each for each in self.receipts if each.delivery and at_once[each.delivery] > 1), None)

    @property
    def is_draft(self) -> bool:
        return self.order.state == State.DRAFT

    @property
    def is_on_its_way(self) -> bool:
        return self.order.state == State.SENT

    @property
    def is_foreign(self) -> bool:
        """Tell whether its prices are not in the shop's currency."""
        return self.order.currency != self.order.shop.currency

    @property
    def short_minor(self) -> int:
        """Give how much is missing up to the smallest order that the supplier takes, in the order's currency."""
        supplier = self.order.supplier
        is_told = supplier is not None and supplier.currency == self.order.currency
        return max(0, supplier.smallest_minor - self.totals.cost_minor) if supplier and is_told else 0

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
        return IN_PARTS if self.is_on_its_way and self.totals.came else STATES[State(self.order.state)]

    @property
    def is_late(self) -> bool:
        """Tell whether it should have come."""
        return bool(self.is_on_its_way and self.order.expected_on and self.order.expected_on < self.today)

    @cached_property
    def expected_on(self) -> date:
        """Say when it comes: as was said, else as long after it is taken as the slowest of its lines takes."""
        if self.order.expected_on:
            return self.order.expected_on
        slowest = self.advised_of_all.slowest_days
        return self.taken_on + timedelta(
            days=round(self.order.shop.settings.lead_time_days if slowest is None else slowest)
        )


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
        in_shopify=in_shopify(shop),
        usually_on=today + timedelta(days=shop.settings.lead_time_days),
        newest=PurchaseOrder.objects.for_shop(shop).aggregate(at=Max("sent_at"))["at"],
    )


def listed(order: PurchaseOrder) -> Listed:
    """Say how an order with its sums stands."""
    is_partly = order.state == State.SENT and bool(order.came)
    return Listed(order, IN_PARTS if is_partly else STATES[State(order.state)])


def order_page(order: PurchaseOrder, today: date, number: int = 1) -> OrderPage:
    """Read one order with one page of its lines, the last one where it has fewer."""
    totals = totals_of(order)
    number = min(number, max(1, -(-totals.lines // SHOWN)))
    lines = list(order.lines.order_by("title", "subtitle", "pk")[(number - 1) * SHOWN : number * SHOWN])
    known = advice_of(order.shop_id, [line.variant_id for line in lines])
    receipts = GoodsReceipt.objects.for_shop(order.shop_id).filter(line__in=lines).select_related("line")
    open_ones = list(open_locations(order.shop))
    return OrderPage(
        order=order,
        totals=totals,
        number=number,
        lines=lines,
        advised={row.variant_id: row for row in known},
        receipts=list(receipts.order_by("-day", "-pk")),
        risen=seen(order, lines),
        places=open_ones if len(open_ones) > 1 else [],
        is_place_gone=order.location_id is not None and order.location_id not in dict(open_ones),
        today=today,
    )


def totals_of(order: PurchaseOrder) -> Totals:
    """Sum up all lines of an order."""
    sums = order.lines.aggregate(
        to_come=Sum(Greatest(F("units") - F("received"), 0), default=0),
        cost_minor=Sum(F("units") * F("unit_cost_minor"), default=0),
        without_cost=Count("pk", filter=Q(unit_cost_minor=0)),
        lines=Count("pk"),
        came=Sum("received", default=0),
        units=Sum("units", default=0),  # last: what comes after it would mean this sum
    )
    return Totals(**sums)


def advised_of_all(order: PurchaseOrder) -> AdvisedOfAll:
    """Sum up what is advised on all lines of an order; only of those that buy less than advised are the steps read."""
    with connection.cursor() as cursor:
        cursor.execute(ADVISED_OF_ALL, {"shop": order.shop_id, "order": order.pk, "total": TOTAL})
        kept, slowest, less = cursor.fetchone()
    return AdvisedOfAll(round(kept) + sum(round(keeps(steps, units)) for units, steps in json.loads(less)), slowest)
