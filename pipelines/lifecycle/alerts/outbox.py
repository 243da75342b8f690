"""Write down whom to tell: one message for each channel and occasion, in the transaction of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pipelines.lifecycle.alerts import lives, quiet
from pipelines.models import Alert, AlertChannel, AlertDelivery, Shop

State = AlertDelivery.State
LOST = "lost"
BACK = "It came back before its turn came."


def put(alert: Alert, what: str, now: datetime) -> None:
    """Have an alert told to every channel that wants to hear of it; a second call for the same changes nothing."""
    wanted = [channel for channel in AlertChannel.objects.for_shop(alert.shop_id).of_alerts() if is_for(channel, alert)]
    write(alert, wanted, what, now)


def put_over(alert: Alert, now: datetime) -> None:
    """Have it told to those who heard of an alert that it is over, once it cannot come back any more as the same."""
    heard = AlertDelivery.objects.filter(alert=alert, state=State.SENT).values("channel")
    write(alert, list(AlertChannel.objects.for_shop(alert.shop_id).filter(pk__in=heard)), "over", now + lives.COOLDOWN)


def drop_over(alert: Alert, now: datetime) -> None:
    """Take back that an alert is over, where nobody has been told so yet."""
    waiting = AlertDelivery.objects.filter(alert=alert, state=State.WAITING, occasion__startswith="over:")
    waiting.update(state=State.DROPPED, settled_at=now, problem=BACK)


def put_test(channel: AlertChannel, now: datetime) -> AlertDelivery:
    """Have a channel tried."""
    return AlertDelivery.objects.create(
        shop_id=channel.shop_id, channel=channel, kind=channel.kind, occasion="test", made_at=now, next_at=now
    )


def put_report(shop: Shop, month: date, now: datetime) -> int:
    """Have a month's report sent to every address that asked for it; whoever calls this does so once a month."""
    asked = AlertChannel.objects.for_shop(shop).filter(gets_report=True, kind=AlertChannel.Kind.EMAIL)
    rows = [
        AlertDelivery(
            shop=shop,
            channel=channel,
            kind=channel.kind,
            occasion=f"report:{month.isoformat()}",
            made_at=now,
            next_at=quiet.first_moment(now, shop.zone, channel.quiet_from, channel.quiet_until, passes=False),
        )
        for channel in asked
    ]
    return len(AlertDelivery.objects.bulk_create(rows))


def put_lost(shop: Shop, checkouts: Mapping[int, Mapping[str, Any]], now: datetime) -> int:
    """Have Flow told of checkouts by their keys, each once; return how many were new."""
    channel, _ = AlertChannel.objects.get_or_create(shop=shop, kind=AlertChannel.Kind.LOST)
    about = {"shop": shop, "channel": channel, "kind": channel.kind, "occasion": LOST, "made_at": now, "next_at": now}
    rows = [AlertDelivery(**about, checkout_key=key, facts=facts) for key, facts in checkouts.items()]
    known = AlertDelivery.objects.for_shop(shop).filter(checkout_key__in=checkouts).count()
    AlertDelivery.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows) - known


def is_for(channel: AlertChannel, alert: Alert) -> bool:
    """Say whether a channel wants to hear of an alert; what nobody answered reaches one rank further."""
    return lives.RANK[alert.severity] + (alert.level > 0) >= lives.RANK[channel.least]


def write(alert: Alert, channels: list[AlertChannel], what: str, now: datetime) -> None:
    """Write one message for each channel, to be sent now or when its quiet hours end."""
    occasion = f"{what}:{int(alert.waits_since.timestamp())}"
    is_critical = alert.severity == Alert.Severity.CRITICAL
    rows = []
    for channel in channels:
        hours = (channel.quiet_from, channel.quiet_until)
        at = quiet.first_moment(now, alert.shop.zone, *hours, passes=is_critical)
        facts = {"shop_id": alert.shop_id, "alert": alert, "channel": channel, "kind": channel.kind}
        rows.append(AlertDelivery(**facts, occasion=occasion, made_at=now, next_at=at, is_held=at > now))
    AlertDelivery.objects.bulk_create(rows, ignore_conflicts=True)
