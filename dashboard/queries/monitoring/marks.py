"""What else was going on: versions that went live, freezes, days of the store's own, alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from dashboard.queries.monitoring.axis import Axis
from dashboard.queries.words import PHASES, Badge
from pipelines import words
from pipelines.charts.timeline import Behind, Stretch
from pipelines.lifecycle.releases import freezes
from pipelines.lifecycle.releases.what_ran import Ran, history
from pipelines.models import Alert, Deployment, FreezeWindow, OwnEvent, Release, Shop
from pipelines.models.prepared import prepared
from pipelines.stats import clock

EVENTS_SHOWN, ALERTS_READ = 12, 60


@dataclass(frozen=True)
class Happening:
    """One line of what happened."""

    what: str
    badge: Badge
    at: datetime
    minor_per_hour: int | None = None
    done: str = ""
    address: tuple[str, int] | None = None  # name of the page, and the row


@dataclass(frozen=True)
class Marks:
    """What was going on around a model since some moment."""

    runs: Sequence[Ran]
    active: int | None  # number of the version that runs
    release: Any | None  # under way: pk, phase, weight, exposed_at, number
    alerts: Sequence[Alert]
    freezes: Sequence[FreezeWindow]
    events: Sequence[OwnEvent]

    def live(self, axis: Axis) -> list[int | None]:
        """List which version was live as each moment began; None was the simple rule."""
        return [self.ran(span.starts_at) for span in axis.spans]

    def ran(self, moment: datetime) -> int | None:
        """Return the version that was live at a moment; None was the simple rule."""
        return next((span.version for span in reversed(self.runs) if span.covers(moment)), self.active)

    @property
    def numbers(self) -> set[int]:
        """Return the versions of whom figures are wanted."""
        beside = {self.release.number} if self.release else set()
        known = {span.version for span in self.runs} | {self.active}
        return {number for number in known if number is not None} | beside

    @property
    def beside(self) -> int | None:
        """Return the version that is tried beside what runs."""
        return self.release.number if self.release and self.release.number != self.active else None

    def behind(self, axis: Axis, shop: Shop, *, shows_peaks: bool, alerts: str | tuple[str, ...] = "") -> Behind:
        """Place what happened on an axis; of alerts those whose key begins so."""
        shown = [each for each in self.alerts if each.key.startswith(alerts) and axis.since <= each.opened_at]
        return Behind(
            peaks=axis.peaks(shop.settings.peak_hours) if shows_peaks else (),
            apart=[*filter(None, (*self.frozen(axis), *self.campaigns(axis)))],
            releases=[*filter(None, self.releases(axis))],
            alerts=[(axis.place(each.opened_at), each.title) for each in shown if each.opened_at <= axis.until],
        )

    def frozen(self, axis: Axis) -> Iterable[Stretch | None]:
        for window in self.freezes:
            yield axis.stretch(window.starts_at, window.ends_at, window.name)

    def campaigns(self, axis: Axis) -> Iterable[Stretch | None]:
        for event in self.events:
            ends = clock.day_window(event.last_day, axis.zone).ends_at
            yield axis.stretch(clock.midnight(event.first_day, axis.zone), ends, f"{event.name}: expected")

    def releases(self, axis: Axis) -> Iterable[Stretch | None]:
        """Yield the versions that went live within the axis, and the one that is tried, from its first minute."""
        for ran in self.runs:
            if ran.since and ran.version and ran.since > axis.since:
                yield axis.stretch(ran.since, ran.until, f"Version {ran.version} live")
        if self.release and self.release.exposed_at and self.release.number != self.active:
            shown = f"Version {self.release.number} shown to {self.release.weight}{words.NBSP}%"
            yield axis.stretch(self.release.exposed_at, None, shown)

    @property
    def happened(self) -> list[Happening]:
        """List what happened, the newest first."""
        alerts = (
            Happening(
                alert.title,
                Badge("Over") if alert.closed_at else Badge("Open", "warning"),
                alert.opened_at,
                alert.minor_per_hour,
                alert.next_step if not alert.closed_at else "",
                ("alerts", 0),
            )
            for alert in self.alerts
        )
        moves = (
            Happening(
                f"Version {ran.version} went live" if ran.version else "Back to the simple rule",
                PHASES["live"] if ran.version else PHASES["rolled_back"],
                ran.since,
                done=ran.because,
                address=("release", ran.release) if ran.release else None,
            )
            for ran in self.runs
            if ran.since
        )
        return sorted([*alerts, *moves], key=lambda each: each.at, reverse=True)[:EVENTS_SHOWN]


def marks(shop: Shop, slug: str, since: datetime) -> Marks:
    """Read what was going on around a model since a moment."""
    first_day = since.astimezone(shop.zone).date()
    tried, live = releases_under_way(shop, slug), running(shop, slug)
    runs = [ran for ran in history(shop, slug) if ran.until is None or ran.until > since]
    return Marks(
        runs=runs,
        active=live[0].number if live else None,
        release=tried[0] if tried else None,
        alerts=alerts_of(shop, slug, since),
        freezes=freezes_since(shop, since),
        events=events_since(shop, first_day),
    )


@prepared
def running(shop: Shop, slug: str) -> QuerySet[Deployment, Any]:
    """Read which version runs."""
    pointer = Deployment.objects.for_shop(shop).filter(use_case=slug)
    return pointer.values_list("active_since").annotate(number=F("active__number"))


@prepared
def releases_under_way(shop: Shop, slug: str) -> QuerySet[Release, Any]:
    """Read what is tried."""
    tried = Release.objects.for_shop(shop).filter(use_case=slug, phase__in=Release.OPEN)
    return tried.annotate(number=F("version__number")).values_list("pk", "phase", "weight", "exposed_at", "number")


@prepared
def alerts_of(shop: Shop, slug: str, since: datetime) -> QuerySet[Alert]:
    """Read what was told of a model."""
    told = Alert.objects.for_shop(shop).filter(Q(last_at__gte=since), use_case=slug)
    return told.order_by("-last_at")[:ALERTS_READ]


@prepared
def freezes_since(shop: Shop, since: datetime) -> QuerySet[FreezeWindow]:
    """Read the freezes that held since a moment."""
    return freezes.standing(shop).filter(ends_at__gt=since).order_by("starts_at")


@prepared
def events_since(shop: Shop, first_day: Any) -> QuerySet[OwnEvent]:
    """Read the days of the store's own."""
    return OwnEvent.objects.for_shop(shop).filter(last_day__gte=first_day).order_by("first_day")
