"""What people say to an alert: that they have seen it, that it may wait, that it is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from pipelines.lifecycle.alerts import board, lives
from pipelines.lifecycle.alerts.lives import Wish
from pipelines.lifecycle.errors import Refused
from pipelines.models import Alert, Shop

OVER = "This alert is over already. Nothing was changed."
NOT_NOW = "Somebody answered this alert meanwhile. Nothing was changed; look at it again."
NOT_SNOOZED = {"snoozed_until": None, "snoozed_minor": None}


def state_of(alert: Alert, now: datetime) -> lives.State:
    """Say what state a row is in."""
    return lives.state_of(
        now,
        closed_at=alert.closed_at,
        snoozed_until=alert.snoozed_until,
        acknowledged_at=alert.acknowledged_at,
    )


def answer(shop: Shop, pk: int, wish: Wish, *, by: str, now: datetime, snooze: str = "hour") -> None:
    """Do what a person asks of an alert, or refuse what cannot be asked of it as it is."""
    with transaction.atomic():
        Shop.objects.lock(shop)
        alert = Alert.objects.select_for_update(no_key=True).for_shop(shop).get(pk=pk)
        state = state_of(alert, now)
        if not lives.allows(state, wish):
            raise Refused(OVER if state is lives.State.RESOLVED else NOT_NOW)
        if wish is Wish.FALSE and Alert.objects.filter(pk=pk, was_false=False).update(was_false=True):
            board.record(alert, "alert.false", by)
        if wish in (Wish.RESOLVE, Wish.FALSE):
            if state is not lives.State.RESOLVED:  # else another one of this key may be open
                board.close(shop, alert.key, now, by)
            return
        Alert.objects.filter(pk=pk).update(**changes(alert, wish, by, now, snooze))
        board.record(alert, KINDS[wish], by)


KINDS = {
    Wish.ACKNOWLEDGE: "alert.acknowledged",
    Wish.SNOOZE: "alert.snoozed",
    Wish.WAKE: "alert.woken",
}


def changes(alert: Alert, wish: Wish, by: str, now: datetime, snooze: str) -> dict[str, Any]:
    """Return what an answer makes of the row."""
    if wish is Wish.ACKNOWLEDGE:
        return NOT_SNOOZED | {"acknowledged_at": now, "acknowledged_by": by}
    if wish is Wish.WAKE:
        return NOT_SNOOZED | {"waits_since": now, "level": 0}
    until = now + lives.SNOOZES[snooze]
    return {
        "snoozed_until": until,
        "snoozed_minor": alert.minor_per_hour,
        "acknowledged_at": None,
        "acknowledged_by": by,
        "waits_since": until,
        "level": 0,
    }
