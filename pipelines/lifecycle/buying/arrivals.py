"""What of an order seems to have come, by how Shopify's stock rose since it was sent; a person says whether it did.

A count, a return and a delivery look alike: small rises are left out, and nothing is written down. Goods that were
written down here before Shopify's stock rose by them are one delivery: they come off what rises after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise

from django.db.models import Max, Q, Sum

from pipelines.models import StockLevel, Variant
from pipelines.models.buying import GoodsReceipt, PurchaseLine, PurchaseOrder

LEAST_SHARE = 0.25  # of what is to come: a smaller rise is taken for a return or a count


@dataclass(frozen=True)
class Rise:
    """By how much stock of a variant rose, last on a day."""

    units: int
    day: date


def seen(order: PurchaseOrder, lines: Sequence[PurchaseLine]) -> dict[int, Rise]:
    """Give by how much stock of each line rose since anything of its variant was written down, by its number."""
    awaited = {line.variant_id: line for line in lines if line.to_come}
    if order.state != PurchaseOrder.State.SENT or order.sent_at is None or not awaited:
        return {}
    known = Variant.objects.for_shop(order.shop_id).filter(shopify_id__in=awaited, inventory_item_id__isnull=False)
    items = {item: variant for item, variant in known.values_list("inventory_item_id", "shopify_id") if item}
    receipts = GoodsReceipt.objects.for_shop(order.shop_id).filter(line__variant_id__in=awaited)
    if order.location_id:  # what came to another place raises no stock here
        receipts = receipts.filter(Q(line__order__location_id=order.location_id) | Q(line__order__location_id=None))
    written = dict(receipts.values_list("line__variant_id").annotate(last=Max("at")))
    since = receipts.filter(at__gte=order.sent_at).values_list("line__variant_id")
    ahead = dict(since.annotate(units=Sum("units")))  # of what was written down, what stock has not risen by
    found: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for item, units, moment in rises(order, list(items)):
        variant = items[item]
        put_away = min(units, ahead.get(variant, 0))  # in as many steps as it takes
        ahead[variant] = ahead.get(variant, 0) - put_away
        is_after = variant not in written or moment > written[variant]
        if is_after and units - put_away >= LEAST_SHARE * awaited[variant].to_come:
            found[variant].append((units - put_away, moment))
    return {
        awaited[variant].pk: Rise(
            sum(units for units, _ in risen), max(moment for _, moment in risen).astimezone(order.shop.zone).date()
        )
        for variant, risen in found.items()
    }


def rises(order: PurchaseOrder, items: list[int]) -> Iterator[tuple[int, int, datetime]]:
    """Yield each rise of stock since an order was sent, at the place that it is for, if it names one."""
    levels = StockLevel.objects.for_shop(order.shop_id).filter(inventory_item_id__in=items)
    if order.location_id:
        levels = levels.filter(location_id=order.location_id)
    place = ("inventory_item_id", "location_id")
    columns = (*place, "available", "updated_at")
    before = levels.filter(updated_at__lt=order.sent_at).order_by(*place, "-updated_at").distinct(*place)
    since = levels.filter(updated_at__gte=order.sent_at).order_by(*place, "updated_at")
    rows = sorted(
        [*before.values_list(*columns), *since.values_list(*columns)], key=lambda row: (row[0], row[1], row[3])
    )
    for (item, _), here in groupby(rows, key=lambda row: row[:2]):
        for earlier, later in pairwise(here):
            if later[2] > earlier[2]:
                yield item, later[2] - earlier[2], later[3]
