"""The dead-man switch: what watches leaves a sign, and its silence is noticed from where it does not run itself."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.core.mail import mail_admins
from django.db.models import Q

from pipelines.models import Pulse

log = logging.getLogger(__name__)
SILENT_AFTER = {
    "releases": timedelta(minutes=10),  # looked at every minute
    "alerts": timedelta(minutes=10),  # kept every minute
    "measure": timedelta(minutes=40),  # every 15 minutes
}
STOPPED = "Monitoring has stopped"
GOES_ON = "Monitoring goes on"


def beat(name: str, now: datetime) -> None:
    """Note that something which watches has done so."""
    Pulse.objects.update_or_create(name=name, defaults={"at": now})


def missed(name: str, now: datetime, least: timedelta, most: timedelta) -> timedelta:
    """Say how far back what watches has to look: to its last sign and as far beyond as usually."""
    last = Pulse.objects.filter(name=name).values_list("at", flat=True).first()
    return min(most, least + max(timedelta(), now - last)) if last else least


def silent(now: datetime) -> list[str]:
    """Name what has not watched for too long; what never began counts from the first time that somebody asks."""
    known = dict(Pulse.objects.filter(name__in=SILENT_AFTER).values_list("name", "at"))
    unheard = [Pulse(name=name, at=now) for name in SILENT_AFTER if name not in known]
    if unheard:
        Pulse.objects.bulk_create(unheard, ignore_conflicts=True)
    return [name for name, at in known.items() if now - at > SILENT_AFTER[name]]


def last_seen() -> datetime | None:
    """Return since when all that watches has been heard of: the oldest of the newest signs."""
    return min(Pulse.objects.filter(name__in=SILENT_AFTER).values_list("at", flat=True), default=None)


def tell_operators(now: datetime) -> None:
    """Write to the operators once when something stops watching, and once when it watches again."""
    quiet = silent(now)
    mine = Pulse.objects.filter(name__in=SILENT_AFTER)
    if mine.filter(name__in=quiet, told_at=None).update(told_at=now):
        log.error("%s: %s", STOPPED, ", ".join(quiet))
        write(STOPPED, stopped_text(quiet))
    if mine.filter(~Q(name__in=quiet) & ~Q(told_at=None)).update(told_at=None) and not quiet:
        log.warning(GOES_ON)
        write(GOES_ON, "All that watches has been heard of again. What fell due meanwhile is being caught up with.")


def stopped_text(names: list[str]) -> str:
    """Say what stopped, and what to look at."""
    return (
        f"Not heard of for too long: {', '.join(names)}. While this lasts nothing goes forward, nothing is rolled back "
        "by itself, and no shop is told anything.\n\nNext step: look whether the scheduler and a worker of the queues "
        "events and default are running, and whether they reach PostgreSQL and Redis."
    )


def write(subject: str, text: str) -> None:
    """Send a letter to those whom OPERATOR_MAILS names."""
    try:
        mail_admins(subject, text)
    except (SMTPException, OSError) as trouble:
        log.error("operators could not be told: %s", type(trouble).__name__)
