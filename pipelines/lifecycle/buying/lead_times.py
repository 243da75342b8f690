"""How long deliveries really take, by whom they are sent, and what the merchant agreed to reckon with."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, Shop
from pipelines.models.buying import AgreedLeadTime, GoodsReceipt, PurchaseOrder
from pipelines.stats.delivery_times import DeliveryTimes, Part, Sent, measure

LOOKED_BACK = timedelta(days=730)
State = PurchaseOrder.State


def measured(shop: Shop, today: date) -> dict[str, DeliveryTimes]:
    """Measure the deliveries of each vendor of the last two years."""
    return measure(deliveries(shop, today))


def deliveries(shop: Shop, today: date) -> dict[str, list[Sent]]:
    """Read what was sent to each vendor in the last two years, and when it came; a supplier is called as it is now."""
    by_vendor: dict[str, list[Sent]] = defaultdict(list)
    sent = PurchaseOrder.objects.for_shop(shop).filter(sent_on__gte=today - LOOKED_BACK)
    orders = sent.called().summed()
    came = came_on(shop, today)
    for order in orders.filter(state__in=[State.SENT, State.RECEIVED]).order_by("number"):
        if parts := parts_of(order, came.get(order.pk, {}), today):
            by_vendor[order.called_now].append(parts)
    return dict(by_vendor)


def came_on(shop: Shop, today: date) -> dict[int, dict[date, int]]:
    """Read how many units of each order came on which day."""
    rows = GoodsReceipt.objects.for_shop(shop).filter(line__order__sent_on__gte=today - LOOKED_BACK)
    found: dict[int, dict[date, int]] = defaultdict(dict)
    for order, day, units in rows.values_list("line__order", "day").annotate(units=Sum("units")):
        found[order][day] = units
    return found


def parts_of(order: PurchaseOrder, came: dict[date, int], today: date) -> list[Part]:
    """Split an order into what came and what is under way; what is not expected any more is left out."""
    assert order.sent_on and order.expected_on
    under_way = order.to_come if order.state == State.SENT else 0
    units = sum(came.values()) + under_way
    parts = [
        Part(count / units, (day - order.sent_on).days, True, day > order.expected_on)
        for day, count in sorted(came.items())
    ]
    if under_way:
        is_late = True if today > order.expected_on else None
        parts.append(Part(under_way / units, (today - order.sent_on).days, False, is_late))
    return parts


def agree(shop: Shop, vendor: str, today: date, *, by: str) -> DeliveryTimes:
    """Reckon with the measured times of a vendor from now on."""
    times = measured(shop, today).get(vendor)
    if times is None:
        raise Refused("Too few deliveries came yet to measure how long they take. Nothing was changed.")
    with transaction.atomic():
        Shop.objects.lock(shop)
        told = {"days": list(times.days), "deliveries": times.deliveries}
        AgreedLeadTime.objects.update_or_create(shop=shop, vendor=vendor, defaults=told)
        because = "The merchant reckons with the measured lead time"
        LifecycleEvent.record(shop, "lead_time.agreed", by=by, because=because, vendor=vendor, days=times.median)
    return times


def go_back(shop: Shop, vendor: str, *, by: str) -> None:
    """Reckon with the typed lead time again."""
    with transaction.atomic():
        Shop.objects.lock(shop)
        if not AgreedLeadTime.objects.for_shop(shop).filter(vendor=vendor).delete()[0]:
            raise Refused("The measured lead time is not in use any more. Nothing was changed.")
        because = "The merchant went back to the typed lead time"
        LifecycleEvent.record(shop, "lead_time.typed", by=by, because=because, vendor=vendor)
