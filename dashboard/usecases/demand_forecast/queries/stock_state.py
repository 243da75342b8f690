"""What is out of stock, what must be ordered, and what it costs not to: the same figures on Home and Forecasts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from pipelines.models import Shop
from pipelines.models.prepared import prepared
from pipelines.models.usecases.demand_forecast import StockTotals

NEVER = datetime.min.replace(tzinfo=UTC)


def stock_totals(shop: Shop, location_id: int) -> StockTotals:
    """Read the sums of the advice on one place, or on all together; zeros where nothing is said."""
    found = sums_of(shop, location_id)
    return found[0] if found else StockTotals(shop=shop, location_id=location_id, newest_at=NEVER)


@prepared
def sums_of(shop: Shop, location_id: int) -> QuerySet[StockTotals]:
    """Read what was summed up of one place."""
    return StockTotals.objects.for_shop(shop).filter(location_id=location_id)


def as_new_as(rows: Iterable[Any], known: StockTotals) -> StockTotals:
    """Return sums that are no older than the rows beside them, whoever wrote those without summing them up."""
    if all(row.updated_at <= known.newest_at for row in rows):
        return known
    fresh = StockTotals.of_rows(known.shop_id)
    return next((sums for sums in fresh if sums.location_id == known.location_id), known)
