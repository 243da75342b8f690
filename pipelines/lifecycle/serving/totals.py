"""Sum up the advice of a shop, when its rows are written: pages show sums and counts of any number of variants."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import BigIntegerField, Count, Max, Q, Sum
from django.db.models.functions import Least

from pipelines.models import Shop
from pipelines.models.demand_forecast import LATE, SHORT, TO_ORDER, StockAdvice, StockTotals

MOST = BigIntegerField.MAX_BIGINT


def money(column: str, of: Q) -> Least:
    """Add up amounts of some rows; what no column can hold becomes the most that it can."""
    return Least(Sum(column, filter=of, default=0), MOST)


SUMS = {
    "to_order": Count("pk", filter=TO_ORDER),
    "to_order_out": Count("pk", filter=TO_ORDER & Q(status="out_of_stock")),
    "to_order_minor": money("order_cost_minor", TO_ORDER),
    "short": Count("pk", filter=SHORT),
    "short_minor": money("at_risk_minor", SHORT),
    "late": Count("pk", filter=LATE),
    "late_minor": money("at_risk_minor", LATE),
    "newest_at": Max("updated_at"),
}


def sum_up(shop: Shop | int) -> None:
    """Put the sums of a shop's advice in the place of those before; in the transaction that writes the rows."""
    StockTotals.objects.for_shop(shop).delete()
    StockTotals.objects.bulk_create(totals_of(shop))


def totals_of(shop: Shop | int) -> list[StockTotals]:
    """Add up the advice place by place; a place without a row has no sums."""
    shop_id = getattr(shop, "pk", shop)
    advice = StockAdvice.objects.for_shop(shop_id)
    variants: dict[int, dict[str, int]] = defaultdict(dict)
    for location_id, status, count in advice.values_list("location_id", "status").annotate(n=Count("*")):
        variants[location_id][status] = count
    sums = advice.values("location_id").annotate(**SUMS)
    return [StockTotals(shop_id=shop_id, variants=variants[row["location_id"]], **row) for row in sums]
