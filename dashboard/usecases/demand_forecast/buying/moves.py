"""What to move between places before anything is bought."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.usecases.demand_forecast.queries.forecasts import open_locations
from dashboard.usecases.demand_forecast.wish import TOTAL
from pipelines.models import Shop
from pipelines.models.usecases.demand_forecast import StockAdvice
from pipelines.usecases.demand_forecast.ordering.moves import Held, moves

LOOKED_AT = 500  # places that miss something, those with most at risk first


@dataclass(frozen=True)
class Proposed:
    """One move, in words."""

    variant_id: int
    title: str
    subtitle: str
    giver: str
    taker: str
    units: int
    worth_minor: int  # at the price that they sell for


def proposed(shop: Shop) -> list[Proposed]:
    """Propose what to move, what is worth most first; nothing where a shop has one place."""
    names: dict[int, str] = dict(open_locations(shop))
    if len(names) < 2:
        return []
    advice = StockAdvice.objects.for_shop(shop).exclude(location_id=TOTAL)
    missing = advice.filter(from_elsewhere__gte=1).order_by("-at_risk_minor", "variant_id")
    variants = set(missing.values_list("variant_id", flat=True)[:LOOKED_AT])
    rows = advice.filter(variant_id__in=variants, location_id__in=names, stock__isnull=False)
    here = list(rows.defer("search", "spark"))
    known = {row.variant_id: row for row in here}
    held = [Held(row.variant_id, row.location_id, row.stock or 0, row.incoming, row.order_up_to) for row in here]
    found = [
        Proposed(
            variant_id=move.variant_id,
            title=known[move.variant_id].title,
            subtitle=known[move.variant_id].subtitle,
            giver=names[move.giver],
            taker=names[move.taker],
            units=move.units,
            worth_minor=move.units * (known[move.variant_id].price_minor or 0),
        )
        for move in moves(held)
    ]
    return sorted(found, key=lambda each: -each.worth_minor)
