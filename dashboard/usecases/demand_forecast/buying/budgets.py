"""What a budget buys of what is advised, and what each line of an order keeps of margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.usecases.demand_forecast.buying.to_order import advice_of, wanted
from pipelines.lifecycle.buying.orders import Wanted
from pipelines.lifecycle.errors import Refused
from pipelines.models import PurchaseOrder
from pipelines.usecases.demand_forecast.ordering.budget import Buyable, fill
from pipelines.words import counted, price


def filled(order: PurchaseOrder, budget_minor: int | None) -> list[Wanted]:
    """Give the lines of an order that a budget buys of today's advice; without one, all of them."""
    advised = priced(order)
    if not advised:
        raise Refused("Nothing has to be ordered here today. Nothing was changed.")
    if budget_minor is None:
        return advised
    if budget_minor <= 0:
        raise Refused("A budget of nothing buys nothing. Type how much you want to spend.")
    if missing := sum(not line.unit_cost_minor for line in advised):
        raise Refused(f"{counted(missing, 'variant')} without a unit cost cannot be weighed. Type the costs first.")
    return within(order, advised, budget_minor)


def within(order: PurchaseOrder, advised: Sequence[Wanted], budget_minor: int) -> list[Wanted]:
    """Give the lines that keep most margin for the money, in whole packs."""
    kept = {row.variant_id: row.kept for row in advice_of(order.shop_id, [line.variant_id for line in advised])}
    buyable = {
        line.variant_id: Buyable(line.unit_cost_minor, line.pack_size, [(units, worth) for units, worth in steps])
        for line in advised
        if (steps := kept.get(line.variant_id))
    }
    units = fill(buyable, budget_minor)
    if not units:
        raise Refused(too_little(order, buyable, budget_minor))
    return [replace(line, units=units[line.variant_id]) for line in advised if line.variant_id in units]


def too_little(order: PurchaseOrder, buyable: dict[int, Buyable], budget_minor: int) -> str:
    """Say why a budget buys nothing."""
    if not buyable:
        return "What these variants keep is not worked out yet. Try again after tonight's advice; nothing was changed."
    least = min(each.steps[0][0] * each.unit_cost for each in buyable.values())
    said, cheapest = price(budget_minor, order.currency), price(least, order.currency)
    return f"{said} buys no pack: the cheapest smallest order of a variant costs {cheapest}. Nothing was changed."


def priced(order: PurchaseOrder) -> list[Wanted]:
    """Give what is advised today for whom an order goes to, at the costs that were typed on its lines."""
    costs = dict(order.lines.values_list("variant_id", "unit_cost_minor"))
    lines = wanted(order.shop, order.vendor, order.supplier)
    return [replace(line, unit_cost_minor=costs.get(line.variant_id, line.unit_cost_minor)) for line in lines]
