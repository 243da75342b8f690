"""Times in which nothing moves forward, set by the merchant or proposed from the calendar. A rollback goes through."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from pipelines.lifecycle.errors import Refused
from pipelines.models import FreezeWindow, LifecycleEvent, Shop
from pipelines.stats import calendar

State = FreezeWindow.State


def standing(shop: Shop | int):
    """Keep the freezes that hold: set by somebody, or proposed and not dismissed."""
    return FreezeWindow.objects.for_shop(shop).exclude(state=State.DISMISSED)


def frozen_until(shop: Shop, now: datetime) -> datetime | None:
    """Return when the shop's freeze ends, windows that touch counted as one; nothing where there is none."""
    windows = standing(shop).filter(ends_at__gt=now).values_list("starts_at", "ends_at")
    return calendar.frozen_until(windows, now)


def propose(shop: Shop, now: datetime) -> int:
    """Write the calendar's next freezes down, each once: it holds until the merchant dismisses it."""
    made = 0
    for proposal in calendar.proposed(now, shop.zone):
        made += FreezeWindow.objects.get_or_create(
            shop=shop,
            key=proposal.key,
            defaults={
                "name": proposal.name,
                "starts_at": proposal.starts_at,
                "ends_at": proposal.ends_at,
                "source": "calendar",
                "state": State.PROPOSED,
            },
        )[1]
    return made


def add(shop: Shop, *, name: str, starts_at: datetime, ends_at: datetime, by: str) -> FreezeWindow:
    """Set a freeze."""
    if ends_at <= starts_at:
        raise Refused("A freeze must end after it begins.")
    with transaction.atomic():
        window = FreezeWindow.objects.create(shop=shop, name=name, starts_at=starts_at, ends_at=ends_at)
        record(window, "freeze.set", by)
    return window


def settle(window: FreezeWindow, *, keeps: bool, by: str) -> bool:
    """Keep or dismiss a freeze; False when that is how it was already."""
    state = State.SET if keeps else State.DISMISSED
    with transaction.atomic():
        if not FreezeWindow.objects.filter(pk=window.pk).exclude(state=state).update(state=state):
            return False
        record(window, "freeze.set" if keeps else "freeze.dismissed", by)
    return True


def record(window: FreezeWindow, kind: str, by: str) -> None:
    """Write a freeze into the ledger."""
    until = {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}
    LifecycleEvent.record(window.shop, kind, by=by, because=window.name, **until)
