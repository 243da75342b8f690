"""A shop's peak hours: learned every day from what its orders bring, unless its merchant said which they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from pipelines.models import LifecycleEvent, Shop, ShopSettings
from pipelines.stats import clock, peak_hours

CLASSES = (peak_hours.WEEKDAY, peak_hours.WEEKEND)
REVENUE_BY_HOUR = """
    SELECT extract(isodow FROM processed_at AT TIME ZONE %(zone)s)::int - 1,
           extract(hour FROM processed_at AT TIME ZONE %(zone)s)::int, sum(total_minor)::float8
    FROM pipelines_order
    WHERE shop_id = %(shop)s AND processed_at >= %(since)s AND processed_at < %(until)s
      AND NOT is_test AND cancelled_at IS NULL AND deleted_at IS NULL
    GROUP BY 1, 2
"""


def peaks_of(shop: Shop, now: datetime) -> dict[str, Any]:
    """Return the shop's peak hours, learned now if they never were."""
    known: dict[str, Any] = ShopSettings.of(shop).peak_hours
    return known or learn(shop, now)


def learn(shop: Shop, now: datetime) -> dict[str, Any]:
    """Learn from eight weeks of orders which hours bring the most; those that the merchant chose go on to hold.

    A form that is open does not notice: the settings keep their revision.
    """
    learned: dict[str, Any] = dict(peak_hours.peak_hours(by_hour(shop, now)))
    with transaction.atomic():
        known = locked(shop).peak_hours
        told = {"learned": now.astimezone(shop.zone).date().isoformat()}
        kept = known | {"found": learned} | told if is_chosen(known) else learned | told
        return keep(shop, kept)


def by_hour(shop: Shop, now: datetime) -> list[tuple[int, int, float]]:
    """Read what each hour of the week brought in the last eight weeks."""
    today = clock.day_of(now, shop.zone).starts_at
    facts: dict[str, Any] = {"shop": shop.pk, "zone": shop.timezone, "until": today}
    with connection.cursor() as cursor:
        cursor.execute(REVENUE_BY_HOUR, facts | {"since": today - timedelta(weeks=peak_hours.WEEKS)})
        found: list[tuple[int, int, float]] = cursor.fetchall()
    return found


def choose(shop: Shop, hours: Mapping[str, Collection[int]], now: datetime, *, by: str) -> None:
    """Let the merchant's hours hold from now on; what was measured before stays as it was."""
    chosen = {name: sorted(set(hours.get(name, ()))) for name in CLASSES}
    with transaction.atomic():
        Shop.objects.lock(shop)
        known = locked(shop).peak_hours
        found = known.get("found") or {name: known.get(name, []) for name in CLASSES}
        told = {"chosen": now.astimezone(shop.zone).date().isoformat(), "found": found}
        keep(shop, known | chosen | told)
        LifecycleEvent.record(shop, "peak_hours.chosen", by=by, because="Peak hours were chosen", hours=chosen)


def reset(shop: Shop, now: datetime, *, by: str) -> bool:
    """Go back to what orders say; False where nobody chose anything."""
    with transaction.atomic():
        Shop.objects.lock(shop)
        if not is_chosen(locked(shop).peak_hours):
            return False
        keep(shop, {})
        learn(shop, now)
        LifecycleEvent.record(shop, "peak_hours.reset", by=by, because="Peak hours are learned from orders again")
    return True


def is_chosen(known: Mapping[str, Any]) -> bool:
    """Tell whether the merchant said which hours they are."""
    return bool(known.get("chosen"))


def locked(shop: Shop) -> ShopSettings:
    """Take the settings, so that nobody learns and chooses at once."""
    return ShopSettings.objects.select_for_update().get(pk=ShopSettings.of(shop).pk)


def keep(shop: Shop, hours: dict[str, Any]) -> dict[str, Any]:
    ShopSettings.objects.filter(shop=shop).update(peak_hours=hours)
    return hours
