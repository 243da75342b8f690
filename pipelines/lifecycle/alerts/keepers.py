"""What a merchant decides about who is told: a channel added, tried, taken away; the ledger never learns where to."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction

from pipelines.lifecycle.alerts import channels, outbox, send
from pipelines.lifecycle.errors import Refused
from pipelines.models import AlertChannel, AlertDelivery, LifecycleEvent, Shop

MOST = 10  # channels of a shop
MOST_TESTS, HOUR = 6, timedelta(hours=1)
ONLY_MAIL = "The report goes out by e-mail only. Add an e-mail address first."
ENOUGH = f"A shop can tell {MOST} channels. Remove one first."
TESTED_ENOUGH = "That was tried often enough for now. Try again in an hour."


def add(
    shop: Shop, *, kind: str, target: str, least: str, quiet_from: time | None, quiet_until: time | None, by: str
) -> AlertChannel:
    """Keep a channel, with its address sealed."""
    with transaction.atomic():
        Shop.objects.lock(shop)
        if AlertChannel.objects.for_shop(shop).of_alerts().count() >= MOST:
            raise Refused(ENOUGH)
        secrets = channels.sealed(kind, target if kind != AlertChannel.Kind.FLOW else "", shop)
        hours = {"quiet_from": quiet_from, "quiet_until": quiet_until}
        channel = AlertChannel.objects.create(shop=shop, kind=kind, least=least, **hours, **secrets)
        because = "A way to be told of alerts was added"
        LifecycleEvent.record(shop, "channel.added", by=by, because=because, channel=channel.pk, channel_kind=kind)
    return channel


def remove(channel: AlertChannel, by: str) -> None:
    """Forget a channel with its address."""
    with transaction.atomic():
        Shop.objects.lock(channel.shop_id)
        facts: dict[str, Any] = {"channel": channel.pk, "channel_kind": channel.kind}
        shop = channel.shop
        send.remove(channel)
        because = "A way to be told of alerts was removed"
        LifecycleEvent.record(shop, "channel.removed", by=by, because=because, **facts)


def report(channel: AlertChannel, *, wanted: bool, by: str) -> None:
    """Have the report of each month sent to an address, or no more."""
    if channel.kind != AlertChannel.Kind.EMAIL:
        raise Refused(ONLY_MAIL)
    with transaction.atomic():
        Shop.objects.lock(channel.shop_id)
        mine = AlertChannel.objects.filter(pk=channel.pk, gets_report=not wanted)
        if mine.update(gets_report=wanted):
            because = f"The month's report is {'sent' if wanted else 'sent no more'}"
            LifecycleEvent.record(channel.shop, "channel.report", by=by, because=because, channel=channel.pk)


def test(channel: AlertChannel, now: datetime) -> AlertDelivery:
    """Have a channel tried, unless that was done often lately: nobody is flooded by us."""
    lately = AlertDelivery.objects.for_shop(channel.shop_id).filter(occasion="test", made_at__gt=now - HOUR)
    if lately.count() >= MOST_TESTS:
        raise Refused(TESTED_ENOUGH)
    return outbox.put_test(channel, now)
