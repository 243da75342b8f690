"""What a shop's past says about how fast evidence can be had, and what a step may cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone

from pipelines.lifecycle.evidence import kinds
from pipelines.lifecycle.evidence.pace import CAP_WINDOW, WINDOW
from pipelines.models import Deployment, Order, Shop, ShopSettings
from pipelines.strategies import Traffic


@dataclass(frozen=True)
class Known:
    """What the past says for a plan: read before a pointer is held, since counting orders takes its time."""

    traffic: Traffic
    sold: int  # in the window, minor units
    cap_minor: int | None

    def beside(self, deployment: Deployment) -> Traffic:
        """Return the traffic beside what runs now."""
        return replace(self.traffic, has_champion=deployment.active_id is not None)


def known_of(deployment: Deployment) -> Known:
    """Read what a plan needs."""
    kind = kinds.of(deployment.use_case)
    return Known(traffic_of(deployment), sold_lately(deployment.shop_id), kind.order_cap(deployment.shop))


def traffic_of(deployment: Deployment) -> Traffic:
    """Say how fast evidence can be had of a use case."""
    return kinds.of(deployment.use_case).traffic(deployment)


def risk_budget(sold: int, settings: ShopSettings) -> int:
    """Return what a step may lose at most: what the merchant said, else a day's sales times the margin."""
    if settings.risk_budget_minor is not None:
        return settings.risk_budget_minor
    return round(sold / WINDOW.days * float(settings.margin))


def sold_lately(shop_id: int) -> int:
    """Return what the shop sold in the window."""
    return orders_since(shop_id, timezone.now() - WINDOW).aggregate(sum=Sum("total_minor"))["sum"] or 0


def sales_an_hour(shop: Shop, now: datetime) -> int:
    """Return what the shop sells in this hour of such a day on average: the money at risk while something is wrong."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(total_minor), 0) / %(weeks)s FROM pipelines_order"
            " WHERE shop_id = %(shop)s AND processed_at >= %(since)s AND NOT is_test"
            " AND cancelled_at IS NULL AND deleted_at IS NULL"
            " AND date_trunc('hour', processed_at AT TIME ZONE %(zone)s)::time"
            " = date_trunc('hour', %(now)s::timestamptz AT TIME ZONE %(zone)s)::time"
            " AND extract(isodow FROM processed_at AT TIME ZONE %(zone)s)"
            " = extract(isodow FROM %(now)s::timestamptz AT TIME ZONE %(zone)s)",
            {
                "weeks": CAP_WINDOW.days // 7,
                "shop": shop.pk,
                "since": now - CAP_WINDOW,
                "zone": shop.timezone,
                "now": now,
            },
        )
        return int(cursor.fetchone()[0])


def orders_since(shop_id: int, since: datetime) -> QuerySet[Order]:
    """Keep the orders that count, from a moment on."""
    kept = Order.objects.for_shop(shop_id).filter(processed_at__gte=since, is_test=False)
    return kept.filter(cancelled_at__isnull=True, deleted_at__isnull=True)
