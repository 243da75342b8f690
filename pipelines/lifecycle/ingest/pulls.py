"""When a shop's data is pulled: once a day, at the merchant's time or spread over the day."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipelines.models import Shop, SyncRun

RETRY_AFTER = timedelta(hours=1)


def is_due(shop: Shop, now: datetime) -> bool:
    """Say whether the latest planned pull has not been asked for yet; a shop without any import is due at once."""
    newest = SyncRun.objects.for_shop(shop).filter(kind=SyncRun.Kind.ORDERS).order_by("-created_at").first()
    return newest is None or newest.created_at < latest_slot(shop, now)


def worth_retrying(shop: Shop, now: datetime) -> list[str]:
    """Return the kinds of data whose last import failed a while ago: the next pull may be a day away."""
    runs = SyncRun.objects.for_shop(shop).order_by("kind", "-created_at").distinct("kind")
    failed = [run for run in runs if run.state == SyncRun.State.FAILED and run.kind != SyncRun.Kind.RECONCILE]
    return [run.kind for run in failed if (run.finished_at or run.created_at) < now - RETRY_AFTER]


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
