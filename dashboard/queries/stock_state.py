"""What is out of stock, what must be ordered, and what it costs not to: the same figures on Home and Forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

ON_ITS_WAY = Q(order_quantity=0)  # short all the same: enough was ordered, and comes too late


@dataclass(frozen=True)
class StockState:
    """Counts of variants, and the money of exactly these variants; money in minor units."""

    to_order: int
    to_order_out: int  # of them out of stock
    order_cost_minor: int
    short: int  # these miss sales before a delivery ordered today could arrive
    at_risk_minor: int
    late: int  # of them, what is already on its way and comes too late
    late_minor: int

    @property
    def needs_somebody(self) -> bool:
        return bool(self.to_order or self.short)


def stock_state(place: QuerySet) -> StockState:
    """Sum up the advice on one place, or on all together, out of two small indexes: no other column is asked for."""
    ordered = place.to_order().aggregate(
        to_order=Count("*"), to_order_out=Count("status", filter=Q(status="out_of_stock")), cost=Sum("order_cost_minor")
    )
    short = place.short().aggregate(
        short=Count("*"),
        risk=Sum("at_risk_minor"),
        late=Count("order_quantity", filter=ON_ITS_WAY),
        late_risk=Sum("at_risk_minor", filter=ON_ITS_WAY),
    )
    return state_of(ordered | short)


def state_of(found: dict[str, Any]) -> StockState:
    """Read sums of nothing as zero."""
    return StockState(
        to_order=found["to_order"],
        to_order_out=found["to_order_out"],
        order_cost_minor=found["cost"] or 0,
        short=found["short"],
        at_risk_minor=found["risk"] or 0,
        late=found["late"],
        late_minor=found["late_risk"] or 0,
    )
