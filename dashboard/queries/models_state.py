"""How each model is doing: what runs, what waits, what trains, what comes next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.queries.evidence import Worth, cards_of, worth_of
from dashboard.queries.words import PHASES, Badge, step_name
from pipelines.lifecycle.releases import release as releasing
from pipelines.lifecycle.releases import rollback
from pipelines.lifecycle.releases.standing import Standing, standing_of
from pipelines.models import Deployment, ModelVersion, Release, Shop, ShopSettings, StockAdvice, TrainingRun
from pipelines.usecases import USE_CASES

BUSY = (TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)


@dataclass(frozen=True)
class ModelState:
    """One model of the shop."""

    slug: str
    title: str
    deployment: Deployment | None
    release: Release | None
    run: TrainingRun | None
    newest: ModelVersion | None
    next_training_at: datetime
    has_advice: bool  # whether the shop is told anything about its stock
    standing: Standing | None  # of the release under way
    taken_back: Release | None  # the newest, where a person took it back and may use it again

    @property
    def active(self) -> ModelVersion | None:
        return self.deployment.active if self.deployment else None

    @property
    def is_in_use(self) -> bool:
        """Tell whether something speaks to the merchant: a version, or the simple rule before it or after it."""
        return self.deployment is not None and (self.deployment.revision > 0 or (self.is_replayed and self.has_advice))

    @property
    def is_replayed(self) -> bool:
        """Tell whether it answers for products every night, so that the shop's past can be replayed in orders."""
        return USE_CASES[self.slug].serves == "batch"

    @property
    def is_training(self) -> bool:
        return self.run is not None and self.run.state in BUSY

    @property
    def is_newest_refused(self) -> bool:
        return self.newest is not None and self.newest.state == ModelVersion.State.REFUSED

    @property
    def failed_gates(self) -> list[dict[str, Any]]:
        """Return the checks that the newest version did not pass."""
        return [gate for gate in self.newest.gates if gate["verdict"] == "failed"] if self.newest else []

    @property
    def is_decision_waiting(self) -> bool:
        return self.release is not None and self.release.is_waiting_for_merchant

    @property
    def asked_on(self) -> str:
        """Return the sentence on which the merchant is asked again half-way; nothing on the first card."""
        return (self.release.evidence.get("analysis") or {}).get("sentence", "") if self.release else ""

    @property
    def if_approved(self) -> str:
        """Say who gets the waiting version after a yes: everybody, or a first share of shoppers."""
        if self.release is None or not self.release.steps:
            return ""
        following = self.release.steps[releasing.next_step(self.release)]
        splits = any(0 < step.get("weight", 0) < 100 for step in self.release.steps)
        if following.get("weight", 0) < 100:
            return f"{step_name(following)} of shoppers first"
        return "everybody" if splits else "all variants"

    @property
    def way_back(self) -> ModelVersion | None:
        """Return the version that a way back leads to; nothing for the simple rule."""
        return rollback.target_of(self.deployment) if self.deployment else None

    @property
    def word_to_type(self) -> str:
        """Return the word that a way back takes where much money depends on what is live."""
        return rollback.word_to_type(self.deployment) if self.active and self.deployment else ""

    @property
    def worth(self) -> Worth | None:
        """Return what the live version is worth against the simple rule, as replayed."""
        return worth_of(self.active.replay) if self.active else None

    @property
    def headline(self) -> dict[str, Any]:
        """Return the headline card of the decision that waits."""
        return cards_of(self.release.evidence.get("page") or {}).get("headline", {}) if self.release else {}

    @property
    def badge(self) -> Badge:
        if self.is_decision_waiting:
            return Badge("Decision waiting", "info")
        if self.is_training:
            return Badge("Training", "info")
        if self.run and self.run.state == TrainingRun.State.FAILED:
            return Badge("Training failed", "critical")
        if self.release and self.release.phase in (Release.Phase.CANARY, Release.Phase.SCHEDULED):
            return PHASES[self.release.phase]
        if self.active:
            return Badge("Live", "success")
        if self.is_newest_refused:
            return Badge("Refused", "warning")
        if self.run and self.run.state == TrainingRun.State.STOPPED:
            return Badge("Not enough data")
        if self.is_in_use:
            return Badge("Simple rule")
        return Badge("Not in use")


def model_states(shop: Shop, settings: ShopSettings, now: datetime) -> list[ModelState]:
    """Read every model of the shop, in the order in which use cases are listed."""
    pointers = Deployment.objects.for_shop(shop).select_related("active", "standby")
    deployments = {pointer.use_case: pointer for pointer in pointers}
    waiting = Release.objects.for_shop(shop).filter(phase__in=Release.OPEN).select_related("version", "shop")
    releases = {release.use_case: release for release in waiting}
    newest = TrainingRun.objects.for_shop(shop).order_by("use_case", "-created_at").distinct("use_case")
    runs = {run.use_case: run for run in newest}
    made = ModelVersion.objects.for_shop(shop).order_by("use_case", "-number").distinct("use_case")
    versions = {version.use_case: version for version in made.defer("metrics", "replay", "page", "lineage", "recipe")}
    at, has_advice = next_training_at(shop, settings, now), StockAdvice.objects.for_shop(shop).exists()
    return [
        ModelState(
            slug=slug,
            title=use_case.title,
            deployment=deployments.get(slug),
            release=releases.get(slug),
            run=runs.get(slug),
            newest=versions.get(slug),
            next_training_at=at,
            has_advice=has_advice,
            taken_back=taken_back(shop, deployments.get(slug), releases.get(slug)),
            standing=standing_of(releases[slug], now) if slug in releases else None,
        )
        for slug, use_case in USE_CASES.items()
    ]


def taken_back(shop: Shop, pointer: Deployment | None, under_way: Release | None) -> Release | None:
    """Return the newest release that a person took back, where nothing has gone live or begun since."""
    if under_way or pointer is None or pointer.active_since is None:
        return None
    mine = Release.objects.for_shop(shop).filter(use_case=pointer.use_case, phase=Release.Phase.ROLLED_BACK)
    since = mine.filter(entered_at__gte=pointer.active_since).select_related("version").defer("evidence", "analysis")
    newest = since.order_by("-pk").first()
    return newest if newest and newest.may_come_again else None


def next_training_at(shop: Shop, settings: ShopSettings, now: datetime) -> datetime:
    """Return the next weekly training on the shop's clock."""
    local = now.astimezone(shop.zone)
    days = (settings.train_weekday - local.weekday()) % 7
    at = datetime.combine(local.date() + timedelta(days=days), settings.train_at, tzinfo=shop.zone)
    return at if at > now else datetime.combine(at.date() + timedelta(days=7), settings.train_at, tzinfo=shop.zone)
