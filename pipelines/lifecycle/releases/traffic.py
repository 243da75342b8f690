"""What a shop's past says about how fast evidence can be had, and what a step may cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet, Sum
from django.utils import timezone

from pipelines.lifecycle.evidence import windows
from pipelines.models import Deployment, Order, Shop, ShopSettings
from pipelines.strategies import Traffic
from pipelines.usecases import USE_CASES

WINDOW = timedelta(days=28)
CAP_WINDOW = timedelta(days=56)
CAP_SHARE = 0.995  # METHODS 4e: orders above count as this much
# Units that were shown an answer, and the orders of the days on which there were any.
SEEN = f"""
    WITH seen AS (
        SELECT (w.starts_at AT TIME ZONE %(zone)s)::date AS day, sum(w.units) AS units, min(w.starts_at) AS first_at
        FROM pipelines_servingwindow w
        WHERE w.shop_id = %(shop)s AND w.use_case = %(use_case)s AND w.starts_at >= %(since)s AND w.units > 0
            AND {windows.SHOWN}
        GROUP BY 1)
    SELECT coalesce(sum(units), 0)::bigint, (
        SELECT count(*) FROM pipelines_order o
        WHERE o.shop_id = %(shop)s AND o.processed_at >= (SELECT min(first_at) FROM seen)
            AND (o.processed_at AT TIME ZONE %(zone)s)::date IN (SELECT day FROM seen)
            AND NOT o.is_test AND o.cancelled_at IS NULL AND o.deleted_at IS NULL), min(first_at)
    FROM seen
"""


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
    known = traffic_of(deployment)
    cap = order_cap(deployment.shop) if known.evidence == "randomised" else None
    return Known(known, sold_lately(deployment.shop_id), cap)


def traffic_of(deployment: Deployment) -> Traffic:
    """Count the units that a use case answers for in a day, and how many of them order."""
    kind = USE_CASES[deployment.use_case].evidence.kind
    if kind != "randomised":
        return Traffic(kind, has_champion=deployment.active_id is not None)
    units_a_day, rate = seen_lately(deployment, timezone.now())
    return Traffic(kind, units_a_day=units_a_day, rate=rate, has_champion=deployment.active_id is not None)


def seen_lately(deployment: Deployment, now: datetime) -> tuple[float, float]:
    """Return the units of a day and the orders of a unit, from the same days: orders alone reach back further."""
    facts = {"shop": deployment.shop_id, "use_case": deployment.use_case, "zone": deployment.shop.timezone}
    with connection.cursor() as cursor:
        cursor.execute(SEEN, facts | {"since": now - WINDOW})
        units, orders, first = cursor.fetchone()
    if not units:
        return 0.0, 0.0
    days = max((now - first) / timedelta(days=1), 1.0)
    return units / days, min(1.0, orders / units)


def risk_budget(sold: int, settings: ShopSettings) -> int:
    """Return what a step may lose at most: what the merchant said, else a day's sales times the margin."""
    if settings.risk_budget_minor is not None:
        return settings.risk_budget_minor
    return round(sold / WINDOW.days * float(settings.margin))


def sold_lately(shop_id: int) -> int:
    """Return what the shop sold in the window."""
    return orders_since(shop_id, timezone.now() - WINDOW).aggregate(sum=Sum("total_minor"))["sum"] or 0


def order_cap(shop: Shop) -> int | None:
    """Return the money above which an order counts as this much only, so that one order decides nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_disc(%s) WITHIN GROUP (ORDER BY total_minor) FROM pipelines_order"
            " WHERE shop_id = %s AND processed_at >= %s"
            " AND NOT is_test AND cancelled_at IS NULL AND deleted_at IS NULL",
            [CAP_SHARE, shop.pk, timezone.now() - CAP_WINDOW],
        )
        row = cursor.fetchone()
    return row[0]


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
