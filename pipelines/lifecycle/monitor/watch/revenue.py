"""What an hour of the shop brings, so that trouble is told in money."""

from __future__ import annotations

from datetime import datetime

from pipelines.lifecycle.evidence import peaks
from pipelines.models import Shop, ShopSettings
from pipelines.stats import peak_hours

DAYS = {peak_hours.WEEKDAY: 5, peak_hours.WEEKEND: 2}  # of a week


def at_risk(shop: Shop, share: float, *, at_peak: bool, now: datetime) -> int | None:
    """Return what the share of visitors that is hit usually spends in an hour, in minor units; none without orders.

    It is at risk, not lost: most who meet no model still buy.
    """
    brought = an_hour(shop, at_peak=at_peak, now=now)
    return round(share * brought) if brought else None


def an_hour(shop: Shop, *, at_peak: bool, now: datetime) -> float:
    """Return what an hour brought on average over the last eight weeks: one of all hours, or a peak hour."""
    counted = ShopSettings.of(shop).peak_hours if at_peak else dict.fromkeys(DAYS, range(24))
    hours = sum(len(counted.get(name, ())) * days for name, days in DAYS.items()) * peak_hours.WEEKS
    brought = peaks.by_hour(shop, now)
    total = sum(amount for weekday, hour, amount in brought if hour in counted.get(peak_hours.class_of(weekday), ()))
    return total / hours if hours else 0.0
