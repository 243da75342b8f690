"""The merchant's own events: days that the forecast reads as what they were, and expects when they come again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, OwnEvent, Shop

MOST = 200
TOO_MANY = f"You have {MOST} events, which is as many as we keep. Remove one that no longer matters."
KNOWN_ALREADY = "An event of this name begins on that day already. Nothing was added."


@dataclass(frozen=True)
class Span:
    """Name the days of one event, the last one included."""

    name: str
    first_day: date
    last_day: date

    def told(self) -> dict[str, str]:
        """Say the days as the ledger keeps them."""
        return {"first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}


def add(shop: Shop, span: Span, *, by: str) -> OwnEvent:
    """Add an event, once."""
    try:
        with transaction.atomic():
            Shop.objects.select_for_update().only("pk").get(pk=shop.pk)  # so that two at once cannot pass the limit
            if OwnEvent.objects.for_shop(shop).count() >= MOST:
                raise Refused(TOO_MANY)
            row = OwnEvent.objects.create(shop=shop, name=span.name, first_day=span.first_day, last_day=span.last_day)
            LifecycleEvent.record(shop, "own_event.added", by=by, because=span.name, **span.told())
    except IntegrityError:
        raise Refused(KNOWN_ALREADY) from None
    return row


def remove(row: OwnEvent, *, by: str) -> bool:
    """Remove an event; False when somebody did so before."""
    with transaction.atomic():
        if not OwnEvent.objects.for_shop(row.shop_id).filter(pk=row.pk).delete()[0]:
            return False
        told = Span(row.name, row.first_day, row.last_day).told()
        LifecycleEvent.record(row.shop, "own_event.removed", by=by, because=row.name, **told)
    return True
