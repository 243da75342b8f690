"""Four weeks of visits and checkouts as they were counted, and of chances with what came of them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pipelines.models import ChanceDay, Shop, ShopSettings, StorefrontEvent, VisitHour
from pipelines.stats import clock

SLUG = "conversion"
PEAKS = {"weekday": [18, 19, 20, 21], "weekend": [18, 19, 20, 21], "learned": "2026-11-01"}
BY_DAY = [30, 20, 12, 12, 10, 10, 34, 50, 90, 150, 160, 165, 180, 175, 170, 168, 166, 170, 230, 240, 270, 280, 130, 60]
CARTS, REACHED, FINISHED = 0.144, 0.404, 0.554
SHARES = (0.002, 0.004, 0.007, 0.012, 0.018, 0.03, 0.053, 0.124)


def peaks(shop: Shop) -> None:
    """Let the shop's peak hours be known."""
    ShopSettings.objects.filter(shop=shop).update(peak_hours=PEAKS)


def counted(shop: Shop, days: int = 28, *, size: float = 1.0, at_peak: float = 0.36, pixel: bool = True) -> None:
    """Write down what was counted of so many days; the same every day."""
    now = timezone.now().astimezone(shop.zone)
    rows = []
    for back in range(days, 0, -1):
        for span in clock.hours_of_day(now.date() - timedelta(days=back), shop.zone):
            hour = span.starts_at.astimezone(shop.zone).hour
            rows.append(
                an_hour(shop, span.starts_at, hour, size, at_peak if hour in PEAKS["weekday"] else REACHED, pixel)
            )
    VisitHour.objects.bulk_create(rows)


def an_hour(shop: Shop, starts_at: datetime, hour: int, size: float, reached: float, pixel: bool) -> VisitHour:
    """Return one hour, every step of which is a usual share of the one before."""
    visits = round(size * BY_DAY[hour])
    carts = round(visits * CARTS)
    checkouts = round(carts * reached)
    orders = round(checkouts * FINISHED)
    facts: dict[str, Any] = {"started": checkouts, "finished": orders, "finished_minor": orders * 6800}
    if pixel:
        facts |= {
            "visits": visits,
            "carts": carts,
            "checkouts": checkouts,
            "orders": orders,
            "sales_minor": orders * 6800,
        }
    else:
        facts |= dict.fromkeys(("visits", "carts", "checkouts", "orders", "sales_minor"), 0)
    day = starts_at.astimezone(shop.zone).date()
    return VisitHour(shop=shop, starts_at=starts_at, day=day, hour=hour, searched=0, **facts)


def judged(
    shop: Shop, days: int = 28, *, units: int = 290, of: str = "session", off: float = 1.0, peak_off: float = 1.0
) -> None:
    """Write down what was said on so many days; `off` is how far what came was from it, by factor."""
    today = timezone.now().astimezone(shop.zone).date()
    came: dict[tuple[bool, int], float] = {}
    for back in range(days + 2, 2, -1):
        groups = []
        for place, said in enumerate(SHARES):
            for is_peak, share in ((True, 1 / 3), (False, 2 / 3)):
                n = round(units * share)
                wanted = came.get((is_peak, place), 0.0) + n * said * (peak_off if is_peak else off)
                came[is_peak, place] = wanted - int(wanted)
                bin = math.floor(math.log(said / (1 - said)) / 0.1)
                groups.append([of, is_peak, bin, n, n * said, int(wanted)])
        row, _ = ChanceDay.objects.get_or_create(shop=shop, use_case=SLUG, day=today - timedelta(days=back))
        ChanceDay.objects.filter(pk=row.pk).update(groups=row.groups + groups)


def heard(shop: Shop, at: datetime | None = None) -> None:
    """Let the storefront be heard of."""
    facts = {"event": "0" * 32, "kind": "page_viewed", "unit": b"\x05" * 16}
    StorefrontEvent.objects.create(shop=shop, at=at or timezone.now(), **facts)
