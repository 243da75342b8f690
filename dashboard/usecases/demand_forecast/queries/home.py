"""What Home says of stock: what to order, what is out of stock, and what that puts at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from dashboard.brought import OnHome, Part
from dashboard.usecases.demand_forecast.queries.stock_state import as_new_as, stock_totals
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines import words
from pipelines.models import Shop
from pipelines.models.prepared import prepared
from pipelines.models.usecases.demand_forecast import StockAdvice, StockTotals

OUT_SHOWN = 3
OUT_SAYS = ("variant_id", "title", "subtitle", "runs_out", "incoming", "at_risk_minor", "updated_at")


@dataclass(frozen=True)
class Stock:
    """What the card shows."""

    totals: StockTotals
    out: list[Any]  # of OUT_SAYS
    today: date


def on_home(shop: Shop) -> OnHome:
    """Say how the shop's stock is."""
    out = out_of_stock(shop)
    totals = as_new_as(out, stock_totals(shop, TOTAL))
    stock = Stock(totals, out, timezone.localdate(timezone=shop.zone))
    is_advised = bool(totals.variants)
    return OnHome(
        state=state_of(totals),
        needs=Part("usecases/demand_forecast/partials/_stock.html", stock) if totals.needs_somebody else None,
        figure=Part("usecases/demand_forecast/partials/_at_risk.html", totals if is_advised else None),
        answered_at=totals.newest_at if is_advised else None,
    )


def state_of(totals: StockTotals) -> str:
    """Say in a sentence what is to be ordered, else what runs short."""
    if totals.to_order:
        out = f", {words.number(totals.to_order_out)} of them out of stock" if totals.to_order_out else ""
        return f"{words.counted(totals.to_order, 'variant')} to order{out}."
    if totals.short:
        return f"{words.counted(totals.short, 'variant')} run{'s' if totals.short == 1 else ''} short."
    return ""


def is_advised(shop: Shop) -> bool:
    """Tell whether anything was said of the shop's stock."""
    return StockAdvice.objects.for_shop(shop).exists()


@prepared
def out_of_stock(shop: Shop) -> QuerySet[StockAdvice, Any]:
    """List what is out of stock and costs most."""
    out = StockAdvice.objects.for_shop(shop).filter(location_id=TOTAL, status="out_of_stock")
    return out.order_by("-at_risk_minor", "variant_id").values_list(*OUT_SAYS)[:OUT_SHOWN]
