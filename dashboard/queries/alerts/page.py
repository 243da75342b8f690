"""Alerts: what went wrong, what may it cost, what now?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse

from dashboard.queries.alerts.log import Line, lines
from dashboard.queries.words import Badge
from pipelines import words
from pipelines.lifecycle.alerts import answers, lives, pulses
from pipelines.lifecycle.alerts.lives import State
from pipelines.models import Alert, AlertChannel, Release, Shop, Staff
from pipelines.models.alerts import Alerts
from pipelines.usecases import USE_CASES

PAST_SHOWN, OPEN_SHOWN, PAST = 20, 50, timedelta(days=90)
FALSE_PER_MODEL = 1  # in 90 days: what we aim for, not yet measured on stable shops
SILENT_AFTER = timedelta(minutes=15)
SEVERITIES = {
    "critical": Badge("Act now", "critical"),
    "warning": Badge("Look at this", "warning"),
    "info": Badge("Good to know", "info"),
}
STATES = {
    State.OPEN: Badge("Open", "warning"),
    State.ACKNOWLEDGED: Badge("Acknowledged", "info"),
    State.SNOOZED: Badge("Snoozed"),
    State.RESOLVED: Badge("Over", "success"),
}


@dataclass(frozen=True)
class Shown:
    """One alert as the page shows it."""

    alert: Alert
    state: State
    about: str
    answered_by: str
    is_first: bool = False

    @property
    def badge(self) -> Badge:
        return SEVERITIES[self.alert.severity] if self.state is State.OPEN else STATES[self.state]

    @property
    def monitoring(self) -> str:
        """Return where the model that an alert is about can be looked at."""
        case = USE_CASES.get(self.alert.use_case)
        return reverse("monitoring-of", args=[case.slug]) if case and case.monitored else ""

    @property
    def lasted(self) -> str:
        """Say how long an alert that is over was open."""
        end = self.alert.closed_at or self.alert.last_at
        return words.duration(max(60.0, (end - self.alert.opened_at).total_seconds()))

    @property
    def at_risk_in_all(self) -> int | None:
        """Return what was at risk while it lasted, in minor units: no loss, which nobody measured."""
        if not self.alert.minor_per_hour:
            return None
        end = self.alert.closed_at or self.alert.last_at
        return round(self.alert.minor_per_hour * (end - self.alert.opened_at).total_seconds() / 3600)

    @property
    def rises(self) -> bool:
        """Say whether nobody answered in time."""
        return self.state is State.OPEN and self.alert.level > 0

    @property
    def ended(self) -> str:
        """Say who said that it is over, or what ended it."""
        if self.answered_by:
            return f"Marked as over by {self.answered_by}."
        release = self.alert.release
        if release and release.phase == Release.Phase.ROLLED_BACK:
            return f"Version {release.version.number} was rolled back."
        return "It was over by itself."


@dataclass(frozen=True)
class AlertsPage:
    """Everything on the page."""

    open: list[Shown]
    answered: list[Shown]
    past: list[Shown]
    channels: int
    false_alarms: int  # of those that are over in the last 90 days
    over: int
    lines: list[Line]
    silent_since: datetime | None

    @property
    def minor_per_hour(self) -> int:
        """Return the most that one open alert puts at risk: several may speak of the same sales, so none are added."""
        return max((shown.alert.minor_per_hour or 0 for shown in self.open), default=0)

    @property
    def expected_false(self) -> str:
        """Say how many false alarms we aim to stay under; whether that holds is not measured yet."""
        return words.counted(FALSE_PER_MODEL * len(USE_CASES), "false alarm")

    @property
    def log_title(self) -> str:
        """Count what became of the messages shown."""
        arrived = sum(line.state == "sent" for line in self.lines)
        parts = [f"{arrived} of {words.counted(len(self.lines), 'message')} arrived"]
        for state, said in (("failed", "failed"), ("waiting", "on the way"), ("dropped", "not needed")):
            count = sum(line.state == state for line in self.lines)
            parts += [f"{count} {said}"] if count else []
        return ", ".join(parts)


def alerts_page(shop: Shop, viewer: Staff, now: datetime) -> AlertsPage:
    """Read the alerts of a shop: open ones by money at risk, then by severity; the past by its end."""
    standing = [shown(alert, viewer, now) for alert in known(shop).open().order_by("-opened_at")[:OPEN_SHOWN]]
    over = known(shop).filter(closed_at__gte=now - PAST)
    past = over.order_by("-closed_at")[:PAST_SHOWN]
    counted = over.aggregate(over=Count("pk"), false=Count("pk", filter=Q(was_false=True)))
    opened = sorted((each for each in standing if each.state is State.OPEN), key=urgency, reverse=True)
    seen = pulses.last_seen()
    return AlertsPage(
        open=[Shown(each.alert, each.state, each.about, "", is_first=not place) for place, each in enumerate(opened)],
        answered=[each for each in standing if each.state is not State.OPEN],
        past=[shown(alert, viewer, now) for alert in past],
        channels=AlertChannel.objects.for_shop(shop).of_alerts().count(),
        false_alarms=counted["false"],
        over=counted["over"],
        lines=lines(shop),
        silent_since=seen if seen and now - seen > SILENT_AFTER else None,
    )


def known(shop: Shop) -> Alerts:
    """Keep a shop's alerts, each with the version that it is about."""
    return Alert.objects.for_shop(shop).select_related("release__version").defer("release__evidence")


def shown(alert: Alert, viewer: Staff, now: datetime) -> Shown:
    """Bring an alert into the form of the page."""
    by = alert.closed_by if alert.closed_at else alert.acknowledged_by
    return Shown(alert, answers.state_of(alert, now), about(alert), who(by, viewer))


def about(alert: Alert) -> str:
    """Say which model an alert is about, and which version of it where it is one's."""
    case = USE_CASES.get(alert.use_case)
    title = case.title if case else "Your shop"
    return f"{title}, version {alert.release.version.number}" if alert.release else title


def who(by: str, viewer: Staff) -> str:
    """Name a person without a name: we store none."""
    if by in ("", "system"):
        return ""
    return "you" if by == viewer.sub else "a colleague"


def urgency(each: Shown) -> tuple[int, int]:
    """Order by severity, then by money at risk."""
    return lives.RANK[each.alert.severity], each.alert.minor_per_hour or 0
