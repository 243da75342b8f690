"""How old a shop's data is: nothing is trained and nothing moves forward on data older than 26 hours."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from pipelines.lifecycle.errors import StaleData
from pipelines.models import Shop, SyncRun, WebhookDelivery
from pipelines.strategies import limits

LIMIT = limits.FRESH
ORDER_PULLS = (SyncRun.Kind.ORDERS, SyncRun.Kind.RECONCILE)


def newest_pull_at(shop: Shop) -> datetime | None:
    """Return when orders were last read completely from Shopify."""
    done = SyncRun.objects.for_shop(shop).filter(kind__in=ORDER_PULLS, state=SyncRun.State.DONE)
    newest: datetime | None = done.aggregate(newest=Max("finished_at"))["newest"]
    return newest


def newest_delivery(shop: Shop) -> int | None:
    """Return the number of the newest of Shopify's deliveries that became facts."""
    applied = WebhookDelivery.objects.filter(shop_domain=shop.domain, state=WebhookDelivery.State.APPLIED)
    return applied.order_by("-received_at").values_list("pk", flat=True).first()


def require_fresh(shop: Shop, now: datetime) -> datetime:
    """Return when orders were last read, or refuse because it was too long ago."""
    newest = newest_pull_at(shop)
    if newest is None:
        raise StaleData("Your orders have not been imported yet. The first answers follow the import.")
    if now - newest > LIMIT:
        hours = int((now - newest).total_seconds() // 3600)
        raise StaleData(
            f"The newest orders we have are {hours} hours old. Nothing is trained or goes live on data older than "
            "26 hours. See Data for what stopped the import."
        )
    return newest
