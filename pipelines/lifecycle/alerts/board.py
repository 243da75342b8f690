"""Tell people what they should know: the same thing once while it lasts, and that it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F

from pipelines.lifecycle.alerts import lives, outbox
from pipelines.models import Alert, LifecycleEvent, Release, Shop

Severity = Alert.Severity
TOLD_FOR = timedelta(days=1)
DRIFT, PEAK, COSTS, LEVEL = "drift:", "peak:", "costs:", "level:"
LOOKED_AT_DAILY = (DRIFT, PEAK, COSTS, LEVEL)  # and closed by that look alone
RANK = lives.RANK


def tell(
    shop: Shop | int,
    key: str,
    *,
    title: str,
    next_step: str,
    now: datetime,
    text: str = "",
    severity: str = Severity.WARNING,
    use_case: str = "",
    release: Release | None = None,
    minor_per_hour: int | None = None,
) -> Alert:
    """Open an alert, or note that it lasts or came back; one that became worse says so."""
    said: dict[str, object] = {"title": title[:120], "text": text[:500], "next_step": next_step[:300]}
    said["minor_per_hour"] = minor_per_hour
    shop_id = shop.pk if isinstance(shop, Shop) else shop
    with transaction.atomic():
        Shop.objects.lock(shop_id)
        reopen(shop_id, key, now)
        first = {"use_case": use_case, "release": release, "severity": severity, "opened_at": now, "waits_since": now}
        alert, is_new = Alert.objects.get_or_create(
            shop_id=shop_id, key=key, closed_at=None, defaults=first | said | {"last_at": now}
        )
        if is_new:
            outbox.put(alert, "opened", now)
            record(alert, "alert.opened")
        else:
            repeat(alert, said, severity, now)
    return alert


def reopen(shop_id: int, key: str, now: datetime) -> bool:
    """Take up again what closed only just now, unless it is open: that it flickers is told once."""
    newest = Alert.objects.for_shop(shop_id).filter(key=key).order_by("-opened_at", "-pk").first()
    if newest is None or newest.closed_at is None or not lives.is_the_same_trouble(newest.closed_at, now):
        return False
    changes = {"closed_at": None, "closed_by": "", "was_false": False, "waits_since": now, "level": 0}
    try:
        with transaction.atomic():
            taken = Alert.objects.filter(pk=newest.pk, closed_at=newest.closed_at).update(**changes)
    except IntegrityError:  # another look opened it meanwhile
        return False
    if taken:
        outbox.drop_over(newest, now)
        record(newest, "alert.reopened")
    return bool(taken)


def repeat(alert: Alert, said: dict[str, object], severity: str, now: datetime) -> None:
    """Note that an open alert was seen again; what became worse waits for an answer anew."""
    graver = lives.worse(alert.severity, severity)
    changes: dict[str, object] = said | {"seen": F("seen") + 1, "last_at": now, "severity": graver}
    is_worse = graver != alert.severity
    found = lives.Finding(severity, alert_minor(said))
    wakes = alert.snoozed_until is not None and lives.wakes(alert.severity, alert.snoozed_minor, found)
    if is_worse or wakes:
        changes |= {"acknowledged_at": None, "acknowledged_by": "", "snoozed_until": None, "snoozed_minor": None}
        changes |= {"waits_since": now, "level": 0}
    Alert.objects.filter(pk=alert.pk).update(**changes)
    alert.refresh_from_db()
    if is_worse or wakes:
        outbox.put(alert, "worse", now)
        record(alert, "alert.worse")


def alert_minor(said: dict[str, object]) -> int | None:
    """Return the money at risk that a finding names."""
    minor = said["minor_per_hour"]
    return minor if isinstance(minor, int) else None


def close(shop: Shop | int, key: str, now: datetime, by: str = "system") -> bool:
    """Say that what an alert told of is over; False when there was none."""
    shop_id = shop.pk if isinstance(shop, Shop) else shop
    mine = Alert.objects.for_shop(shop_id).filter(key=key, closed_at=None)
    if not mine.exists():
        return False
    with transaction.atomic():
        Shop.objects.lock(shop_id)
        alert = mine.first()
        if alert is None:
            return False
        Alert.objects.filter(pk=alert.pk).update(closed_at=now, closed_by=by)
        outbox.put_over(alert, now)
        record(alert, "alert.closed", by)
    return True


def close_over(now: datetime) -> int:
    """Close what nobody looks at any more and nobody repeated for a day: the release that it is of has ended."""
    moving = (*Release.OPEN, Release.Phase.LIVE)
    quiet = Alert.objects.open().filter(last_at__lte=now - TOLD_FOR).exclude(release__phase__in=moving)
    for key in LOOKED_AT_DAILY:
        quiet = quiet.exclude(key__startswith=key, last_at__gt=now - 3 * TOLD_FOR)
    return sum(close(alert.shop_id, alert.key, now) for alert in quiet)


def escalate(now: datetime) -> int:
    """Tell again, and more people, what nobody answered in time; return how many alerts that were."""
    soonest = min(step for steps in lives.UNANSWERED.values() for step in steps)
    late = Alert.objects.open().filter(acknowledged_at=None, waits_since__lte=now - soonest)
    unanswered = late.filter(shop__in=Shop.objects.installed())
    return sum(rise(alert, now) for alert in unanswered.exclude(severity=Severity.INFO).select_related("shop"))


def rise(alert: Alert, now: datetime) -> bool:
    """Note that an answer was due once more, unless another look did or somebody answered meanwhile."""
    level = lives.level(alert.severity, alert.waits_since, now)
    if level <= alert.level:
        return False
    known = {"closed_at": None, "acknowledged_at": None, "waits_since": alert.waits_since, "level": alert.level}
    with transaction.atomic():
        Shop.objects.lock(alert.shop_id)
        if not Alert.objects.filter(pk=alert.pk, **known).update(level=level):
            return False
        alert.level = level
        outbox.put(alert, f"unanswered {level}", now)
        record(alert, "alert.unanswered")
    return True


def record(alert: Alert, kind: str, by: str = "system") -> None:
    """Write an alert into its shop's ledger."""
    LifecycleEvent.record(
        alert.shop,
        kind,
        by=by,
        because=alert.title,
        use_case=alert.use_case,
        release_id_seen=alert.release_id,
        key=alert.key,
        severity=alert.severity,
    )
