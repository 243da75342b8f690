"""The merchant's own numbers: put in place of ours on the page at once, while the advice is worked out again."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from pipelines.models import LifecycleEvent, Shop
from pipelines.models.usecases.demand_forecast import Forecast, ForecastOverride

CHANGES = (
    "forecast.overridden",
    "forecast.restored",
    "stock_rules.changed",
    "own_event.added",
    "own_event.removed",
    "supplier.added",
    "supplier.changed",
    "supplier.removed",
)
# The form tells every setting; a command that only says who may approve changes no advice.
OF_ADVICE = Q(kind__in=CHANGES) | Q(kind="settings.changed", details__settings__has_key="lead_time_days")


def is_recalculating(shop: Shop, worked_out_at: datetime) -> bool:
    """Tell whether the merchant changed something that the advice does not know yet."""
    return LifecycleEvent.objects.for_shop(shop).filter(OF_ADVICE, at__gt=worked_out_at).exists()


def with_own_numbers(forecast: Forecast) -> None:
    """Put the merchant's standing numbers into a forecast's days, as `stock_inputs.apply_overrides` does for many.

    What has passed of a period takes its even share of the units; what is ahead keeps the shape of our forecast.
    """
    today = forecast.origin.toordinal() + 1
    standing = ForecastOverride.objects.for_shop(forecast.shop_id).filter(
        variant_id=forecast.variant_id, ended_at=None, last_day__gt=forecast.origin
    )
    for own in standing.order_by("pk"):
        days = (own.last_day - own.first_day).days + 1
        first = own.first_day.toordinal() - today
        start, stop = max(first, 0), min(first + days, len(forecast.mean))
        if start < stop:
            forecast.mean[start:stop] = shaped(forecast.mean[start:stop], own.units * (stop - start) / days)


def shaped(profile: list[float], units: float) -> list[float]:
    """Spread units over days as our forecast does; evenly where it has none.

    >>> shaped([1.0, 3.0], 8), shaped([0.0, 0.0], 8)
    ([2.0, 6.0], [4.0, 4.0])
    """
    total = sum(profile)
    return [day * units / total for day in profile] if total > 0 else [units / len(profile)] * len(profile)
