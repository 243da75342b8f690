"""Tell people what they should know: the same thing once while it lasts, and that it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from pipelines.models import Alert, LifecycleEvent, Release, Shop

Severity = Alert.Severity
TOLD_FOR = timedelta(days=1)
RANK: dict[str, int] = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


def tell(
    shop: Shop | int,
    key: str,
    *,
    title: str,
    now: datetime,
    text: str = "",
    severity: str = Severity.WARNING,
    use_case: str = "",
    release: Release | None = None,
    minor_per_hour: int | None = None,
) -> Alert:
    """Open an alert, or note that it lasts; one that became worse says so."""
    shop_id = shop.pk if isinstance(shop, Shop) else shop
    with transaction.atomic():
        alert, is_new = Alert.objects.get_or_create(
            shop_id=shop_id,
            key=key,
            closed_at=None,
            defaults={
                "use_case": use_case,
                "release": release,
                "severity": severity,
                "title": title[:120],
                "text": text[:500],
                "minor_per_hour": minor_per_hour,
                "opened_at": now,
                "last_at": now,
            },
        )
        if is_new:
            record(alert, "alert.opened")
        else:
            repeat(alert, title, text, severity, minor_per_hour, now)
    return alert


def repeat(alert: Alert, title: str, text: str, severity: str, minor_per_hour: int | None, now: datetime) -> None:
    """Note that an open alert was seen again; it never becomes milder while it is open."""
    worse = max(alert.severity, severity, key=RANK.__getitem__)
    is_worse = worse != alert.severity
    Alert.objects.filter(pk=alert.pk).update(
        seen=F("seen") + 1,
        last_at=now,
        severity=worse,
        title=title[:120],
        text=text[:500],
        minor_per_hour=minor_per_hour,
    )
    alert.refresh_from_db()
    if is_worse:
        record(alert, "alert.worse")


def close(shop: Shop | int, key: str, now: datetime) -> bool:
    """Say that what an alert told of is over; False when there was none."""
    shop_id = shop.pk if isinstance(shop, Shop) else shop
    with transaction.atomic():
        open_alert = (
            Alert.objects.select_for_update(no_key=True).for_shop(shop_id).filter(key=key, closed_at=None).first()
        )
        if open_alert is None:
            return False
        Alert.objects.filter(pk=open_alert.pk).update(closed_at=now)
        record(open_alert, "alert.closed")
    return True


def close_over(now: datetime) -> int:
    """Close what nobody looks at any more and nobody repeated for a day: the release that it is of has ended."""
    moving = (*Release.OPEN, Release.Phase.LIVE)
    quiet = Alert.objects.filter(closed_at=None, last_at__lte=now - TOLD_FOR).exclude(release__phase__in=moving)
    return sum(close(alert.shop_id, alert.key, now) for alert in quiet)


def record(alert: Alert, kind: str) -> None:
    """Write an alert into its shop's ledger."""
    LifecycleEvent.record(
        alert.shop,
        kind,
        by="system",
        because=alert.title,
        use_case=alert.use_case,
        release_id_seen=alert.release_id,
        key=alert.key,
        severity=alert.severity,
    )
