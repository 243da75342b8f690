"""Send what is due: each message is claimed before it is tried, and tried again after pauses that grow.

A claim moves the next try on, so whoever dies in the middle has only made the message late, and two who look at once
never send the same try twice. A channel that hangs keeps no other waiting: each is worked off by itself.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipelines.lifecycle import turns
from pipelines.lifecycle.alerts import answers, channels, lives, messages, outbox
from pipelines.lifecycle.alerts.channels import Outcome
from pipelines.models import AlertChannel, AlertDelivery, Order, Shop, ShopSettings

log = logging.getLogger(__name__)
State = AlertDelivery.State
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 240))
MOST_TRIES = len(PAUSES) + 1
AT_ONCE = 50  # of one channel in one go
OVER = "It was over before its turn came."
TOGETHER = "Held back in your quiet hours, and one of {} in one message."
SWITCHED_OFF, FINISHED = "You had switched this off.", "The checkout was finished."
TOO_LATE, IN_PROGRESS = "The checkout was over before it could be sent.", timedelta(hours=1)
ANSWERED, REMOVED = "Somebody had answered.", "The channel was removed."


def channels_due(now: datetime) -> list[int]:
    """List the channels that have something to say."""
    due = AlertDelivery.objects.filter(state=State.WAITING, next_at__lte=now, shop__in=Shop.objects.installed())
    return list(due.exclude(channel=None).values_list("channel", flat=True).distinct())


def send_due(channel_id: int, now: datetime | None = None) -> int:
    """Send what is due on one channel; what fails ends it for now. Return how many arrived."""
    arrived = 0
    for _ in range(AT_ONCE):
        taken = claim(channel_id, now or timezone.now())
        if not taken:
            break
        outcome = send(taken, now or timezone.now())
        arrived += len(taken) * outcome.arrived
        if not outcome.arrived:
            break
    return arrived


def claim(channel_id: int, now: datetime) -> list[AlertDelivery]:
    """Take the oldest message of a channel that is due, and note when it may be tried again; drop what is stale.

    What quiet hours held back is taken together: it comes as one message.
    """
    with transaction.atomic():
        due = AlertDelivery.objects.filter(channel=channel_id, state=State.WAITING, next_at__lte=now)
        locked = due.select_for_update(of=("self",), skip_locked=True).select_related("shop", "alert", "channel__shop")
        taken = first(list(locked.order_by("next_at", "pk")[:AT_ONCE]), now)
        for delivery in taken:
            delivery.attempts += 1
            delivery.next_at = now + pause(taken[0].pk, delivery.attempts)
            delivery.save(update_fields=["attempts", "next_at"])
    return taken


def first(due: list[AlertDelivery], now: datetime) -> list[AlertDelivery]:
    """Settle what need not be sent any more before the first message that must, and give that with what comes along."""
    taken: list[AlertDelivery] = []
    for delivery in due:
        if taken and not delivery.is_held:
            continue
        if stale := why_stale(delivery, now):
            settle(delivery, State.DROPPED, now, problem=stale)
            continue
        taken.append(delivery)
        if not taken[0].is_held:
            break
    return taken


def why_stale(delivery: AlertDelivery, now: datetime) -> str:
    """Say why a message need not be sent any more, or nothing."""
    if delivery.checkout_key is not None:
        return why_not_lost(delivery, now)
    if delivery.alert is None:
        return ""
    state, what = answers.state_of(delivery.alert, now), delivery.occasion.partition(":")[0]
    is_over = state is lives.State.RESOLVED
    if is_over != (what == "over"):
        return OVER if is_over else outbox.BACK
    if what.startswith("unanswered") and state is not lives.State.OPEN:
        return ANSWERED
    return ""


def why_not_lost(delivery: AlertDelivery, now: datetime) -> str:
    """Say why nobody need be told of a checkout any more, or nothing."""
    if ShopSettings.of(delivery.shop_id).lost_below is None:
        return SWITCHED_OFF
    finished = Order.objects.for_shop(delivery.shop_id).filter(checkout_key=delivery.checkout_key)
    if finished.exists():
        return FINISHED
    return TOO_LATE if delivery.made_at < now - IN_PROGRESS else ""


def pause(pk: int, tries: int) -> timedelta:
    """Return how long to wait after so many tries; what failed together is not tried together."""
    return PAUSES[min(tries, len(PAUSES)) - 1] * turns.spread(f"alert:{pk}:{tries}")


def send(taken: list[AlertDelivery], now: datetime) -> Outcome:
    """Try one message, or several as one, that were claimed, and write down what came of it."""
    outcome = tried(taken, now)
    for delivery in taken:
        if outcome.arrived:
            settle(delivery, State.SENT, now, outcome.code, TOGETHER.format(len(taken)) if len(taken) > 1 else "")
        elif not outcome.again or delivery.attempts >= MOST_TRIES:
            settle(delivery, State.FAILED, now, outcome.code, outcome.problem)
        else:
            settle(delivery, State.WAITING, None, outcome.code, outcome.problem)
    return outcome


def tried(taken: list[AlertDelivery], now: datetime) -> Outcome:
    """Hand a message to its channel; what nobody foresaw is logged without where it led to, and tried again."""
    delivery = taken[0]
    assert delivery.channel is not None
    try:
        return channels.SENDERS[delivery.kind](delivery.channel, messages.of_all(taken, now))
    except Exception as surprise:
        log.error("alert delivery %s by %s: %s", delivery.pk, delivery.kind, type(surprise).__name__)
        return Outcome(False, problem="Something went wrong on our side.")


def settle(
    delivery: AlertDelivery, state: str, at: datetime | None, code: int | None = None, problem: str = ""
) -> None:
    """Write down what became of a try, unless a later one did meanwhile."""
    mine = AlertDelivery.objects.filter(pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts)
    mine.update(state=state, settled_at=at, code=code, problem=problem[:120])


def drop_removed(now: datetime) -> int:
    """Settle what waits for a channel that is gone."""
    left = AlertDelivery.objects.filter(Q(channel=None), state=State.WAITING)
    return left.update(state=State.DROPPED, settled_at=now, problem=REMOVED)


def remove(channel: AlertChannel) -> None:
    """Forget a channel with its address; what it was told stays in the log, without where to."""
    with transaction.atomic():
        AlertDelivery.objects.filter(channel=channel, state=State.WAITING).update(
            state=State.DROPPED, settled_at=timezone.now(), problem=REMOVED
        )
        channel.delete()
