"""A shop whose shoppers see two versions, on a clock that only the test moves; everything happens through the jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pipelines.jobs import releases as jobs
from pipelines.lifecycle.releases import card
from pipelines.models import Alert, Approval, Deployment, LifecycleEvent, Release, ServingWindow
from tests import exposing, histories

HOUR = timedelta(hours=1)
UNITS = 500  # of the control arm in an hour


class CanaryStore:
    """One shop, one release under way, one clock."""

    def __init__(self, clock: Any, **changes: Any) -> None:
        self.clock = clock
        self.shop = exposing.a_shop()
        self.release = exposing.a_canary(self.shop, at=self.now, **changes)
        evidence = self.release.evidence | {"maximum_days": 21}
        evidence["plan"] = evidence["plan"] | {"risk_budget_minor": 10**9}
        digest = card.evidence_digest(evidence)
        Release.objects.filter(pk=self.release.pk).update(evidence=evidence, evidence_digest=digest)
        Approval.objects.filter(release=self.release).update(evidence_digest=digest, consumed_at=self.now)
        stable = self.deployment.active
        self.live = histories.healthy(histories.a_live_release(stable))
        Deployment.objects.filter(shop=self.shop).update(revision=2)
        self.remember_weeks(stable)
        histories.pulled(self.shop, self.now)

    @property
    def now(self) -> datetime:
        from django.utils import timezone

        return timezone.now()

    @property
    def deployment(self) -> Deployment:
        return Deployment.objects.get(shop=self.shop, use_case=exposing.SLUG)

    @property
    def row(self) -> Release:
        return Release.objects.select_related("version").get(pk=self.release.pk)

    @property
    def alerts(self) -> list[str]:
        """Name the reasons of the alerts that were ever opened."""
        return [alert.key.rpartition(":")[2] for alert in Alert.objects.for_shop(self.shop).order_by("pk")]

    def events(self, kind: str) -> int:
        """Count what the ledger says."""
        return LifecycleEvent.objects.for_shop(self.shop).filter(kind=kind).count()

    def remember_weeks(self, version: Any) -> None:
        """Let the live version have answered every hour of the last four weeks."""
        first = self.now.replace(minute=0) - timedelta(weeks=4)
        ServingWindow.objects.bulk_create(
            self.window("stable", version, first + hour * HOUR, units=2 * UNITS) for hour in range(4 * 7 * 24)
        )

    def window(self, arm: str, version: Any, start: datetime, *, units: int, errors: int = 0) -> ServingWindow:
        """Return what an arm counted in an hour."""
        facts = {"units": units, "errors": errors, "heartbeats": 1, "ends_at": start + HOUR}
        return ServingWindow(shop=self.shop, use_case=exposing.SLUG, arm=arm, version=version, starts_at=start, **facts)

    def hour(
        self,
        health: str = "ok",
        *,
        control: tuple[int, int] | None = None,
        canary: tuple[int, int] | None = None,
    ) -> None:
        """Let an hour pass in which the newest version was well, breached, silent or everything was down."""
        start, row, stable = self.now, self.row, self.deployment.active
        if control and canary and row.phase == Release.Phase.CANARY:
            exposing.an_hour(row, start, control=control, canary=canary)
        seen = []
        if health != "down" and row.phase != Release.Phase.LIVE:
            seen.append(self.window("stable", stable, start, units=2 * UNITS))
        if health in ("ok", "breach", "quiet"):
            units = max(20, round(2 * UNITS * row.weight / 100)) * (health != "quiet")
            arm = "stable" if row.phase == Release.Phase.LIVE else "canary"
            errors = units // 8 if health == "breach" else 0
            seen.append(self.window(arm, row.version, start, units=units, errors=errors))
        ServingWindow.objects.bulk_create(seen)
        self.clock.shift(HOUR)
        histories.pulled(self.shop, self.now)
        jobs.keep_time()

    def hours(self, *healths: str, **arms: Any) -> None:
        """Let several hours pass."""
        for health in healths:
            self.hour(health, **arms)
