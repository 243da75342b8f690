"""When a shop's data is pulled: once a day, at the merchant's time or spread over the day."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from pipelines.models import Shop, SyncRun

RETRY_AFTER = timedelta(hours=1)
PULLED_EVERY = timedelta(days=1)
LISTED_EVERY = timedelta(days=7)
Kind, State = SyncRun.Kind, SyncRun.State


def due(now: datetime, shop_id: int | None = None) -> list[int]:
    """Return the shops whose latest planned pull was not asked for yet; one without any import is due at once."""
    newest = SyncRun.objects.filter(shop=OuterRef("pk"), kind=Kind.ORDERS).order_by("-created_at")
    shops = reachable(shop_id).select_related("settings").annotate(asked_at=newest.values("created_at")[:1])
    return [shop.pk for shop in shops if shop.asked_at is None or shop.asked_at < latest_slot(shop, now)]


def worth_retrying(now: datetime) -> list[tuple[Shop, str]]:
    """Return the kinds of data whose last import failed a while ago: the next pull may be a day away.

    After each failure in a row, at most as many as a day holds, the pause is twice as long.
    """
    newer = SyncRun.objects.filter(shop=OuterRef("shop"), kind=OuterRef("kind"), created_at__gt=OuterRef("created_at"))
    failed = SyncRun.objects.filter(~Exists(newer), state=State.FAILED, shop__in=Shop.objects.reachable())
    failed = failed.exclude(kind=Kind.RECONCILE).annotate(
        ended_at=Coalesce("finished_at", "created_at"), failures=failures_of_the_day(now)
    )
    waited = failed.filter(ended_at__lt=now - RETRY_AFTER).select_related("shop")
    return [(run.shop, run.kind) for run in waited if run.ended_at < now - RETRY_AFTER * 2 ** max(0, run.failures - 1)]


def failures_of_the_day(now: datetime) -> Coalesce:
    """Count how often a run's kind of data failed in this shop within a day."""
    alike = SyncRun.objects.filter(shop=OuterRef("shop"), kind=OuterRef("kind"), state=State.FAILED)
    lately = alike.filter(created_at__gt=now - PULLED_EVERY).order_by().values("kind")
    return Coalesce(Subquery(lately.annotate(count=Count("pk")).values("count")), 0)


def unlisted(now: datetime) -> list[int]:
    """Return the imported shops whose orders were not listed for a week: one that was deleted may have been missed."""
    orders = SyncRun.objects.filter(shop=OuterRef("pk"), state=State.DONE, finished_at__lt=now - LISTED_EVERY)
    listed = SyncRun.objects.filter(shop=OuterRef("pk"), kind=Kind.ORDER_IDS, created_at__gt=now - LISTED_EVERY)
    shops = reachable(None).filter(Exists(orders.filter(kind=Kind.ORDERS)), ~Exists(listed.filter(is_partial=False)))
    return list(shops.values_list("pk", flat=True))


def reachable(shop_id: int | None) -> QuerySet[Shop]:
    """Return the shops that we may ask, or the one of this number."""
    shops = Shop.objects.reachable()
    return shops if shop_id is None else shops.filter(pk=shop_id)


def latest_slot(shop: Shop, now: datetime) -> datetime:
    """Return the last moment at or before now when the daily pull was planned."""
    settings = getattr(shop, "settings", None)
    at, zone = settings.pull_at if settings else None, shop.zone
    if at is None:
        at, zone = spread_over_the_day(shop), ZoneInfo("UTC")
    today = now.astimezone(zone).date()
    slots = [datetime.combine(today - timedelta(days=back), at, zone).astimezone(UTC) for back in (0, 1)]
    return next(slot for slot in slots if slot <= now)


def spread_over_the_day(shop: Shop) -> time:
    """Return a minute of the day that is the shop's own for good, so that shops do not come all at once."""
    minute = int.from_bytes(hashlib.sha256(shop.domain.encode()).digest()[:4]) % (24 * 60)
    return time(minute // 60, minute % 60)
