"""How each model is doing: what runs, what waits, what trains, what comes next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model, Q, QuerySet

from dashboard.brought import address_of, brought_by
from dashboard.queries.evidence import Worth, cards_of, worth_of
from dashboard.queries.words import PHASES, Badge, step_name
from pipelines.lifecycle.releases import move, rollback
from pipelines.lifecycle.releases.standing import Standing, standing_of
from pipelines.models import Deployment, ModelVersion, Release, Shop, ShopSettings, TrainingRun
from pipelines.models.prepared import AnyOf, prepared
from pipelines.usecases import USE_CASES
from pipelines.usecases.wording import Words

BUSY = (TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)


@dataclass(frozen=True)
class ModelState:
    """One model of the shop."""

    slug: str
    title: str
    deployment: Deployment | None
    release: Release | None  # under way
    last_release: Release | None  # the newest, whatever became of it
    run: TrainingRun | None
    newest: ModelVersion | None
    next_training_at: datetime
    is_in_use: bool  # something speaks to the merchant: a version, or the simple rule before it or after it
    standing: Standing | None  # of the release under way

    @property
    def active(self) -> ModelVersion | None:
        return self.deployment.active if self.deployment else None

    @property
    def is_replayed(self) -> bool:
        """Tell whether the shop's past can be replayed in money by it."""
        return is_replayed(self.slug)

    @property
    def is_asked(self) -> bool:
        """Tell whether visitors ask for it one by one; else it is told every night."""
        return USE_CASES[self.slug].is_asked

    @property
    def words(self) -> Words:
        return USE_CASES[self.slug].words

    @property
    def address(self) -> str:
        """Return where the model is looked at."""
        return address_of(self.slug)

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
        following = self.release.steps[move.next_step(self.release)]
        splits = any(0 < step.get("weight", 0) < 100 for step in self.release.steps)
        if following.get("weight", 0) < 100:
            return f"{step_name(following)} of shoppers first"
        return "everybody" if splits else f"all {self.words.units}"

    @property
    def way_back(self) -> ModelVersion | None:
        """Return the version that a way back leads to; nothing for the simple rule."""
        return rollback.target_of(self.deployment) if self.deployment else None

    @property
    def way_takes(self) -> str:
        """Return what a way back waits for, or nothing."""
        return rollback.way_takes(self.deployment, self.way_back) if self.deployment else ""

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
    deployments = {pointer.use_case: pointer for pointer in pointers(shop)}
    known = sorted(told_releases(shop), key=lambda release: release.pk)
    releases = {release.use_case: release for release in known if release.is_open}
    last = {release.use_case: release for release in known}
    runs = {run.use_case: run for run in newest_runs(shop)}
    runs_or_ran = [each for row in deployments.values() for each in (row.active_id, row.standby_id) if each]
    named = [*runs_or_ran, *(release.version_id for release in releases.values())]
    versions = {version.pk: version for version in told_versions(shop, named)}
    newest = {version.use_case: version for version in sorted(versions.values(), key=lambda version: version.number)}
    for pointer in deployments.values():
        hang(pointer, versions, "active", "standby")
    for release in releases.values():
        release.shop = shop
        hang(release, versions, "version")
    at = next_training_at(shop, settings, now)
    return [
        ModelState(
            slug=slug,
            title=use_case.title,
            deployment=deployments.get(slug),
            release=releases.get(slug),
            last_release=last.get(slug),
            run=runs.get(slug),
            newest=newest.get(slug),
            next_training_at=at,
            is_in_use=is_in_use(shop, deployments.get(slug)),
            standing=standing_of(releases[slug], now) if slug in releases else None,
        )
        for slug, use_case in USE_CASES.items()
    ]


@prepared
def pointers(shop: Shop) -> QuerySet[Deployment]:
    """Read what runs."""
    return Deployment.objects.for_shop(shop)


@prepared
def told_releases(shop: Shop) -> QuerySet[Release]:
    """Read the newest of each model that is under way, and that is over; a card is read when it is shown."""
    told = Release.objects.for_shop(shop).annotate(is_under_way=Q(phase__in=Release.OPEN))
    newest = told.order_by("use_case", "is_under_way", "-pk").distinct("use_case", "is_under_way")
    return newest.defer("evidence", "analysis")


@prepared
def newest_runs(shop: Shop) -> QuerySet[TrainingRun]:
    """Read the newest training of each model."""
    return TrainingRun.objects.for_shop(shop).order_by("use_case", "-created_at").distinct("use_case")


@prepared
def told_versions(shop: Shop, named: list[int]) -> QuerySet[ModelVersion]:
    """Read the versions that are spoken of: those that are named, and the newest of each model."""
    mine = ModelVersion.objects.for_shop(shop)
    newest = mine.order_by("use_case", "-number").distinct("use_case").values("pk")
    told = mine.filter(Q(AnyOf("pk", named)) | Q(pk__in=newest))
    return told.only("use_case", "number", "state", "replay", "gates", "created_at")


def hang(row: Model, versions: dict[int, ModelVersion], *columns: str) -> None:
    """Give a row the versions that it names; one that came meanwhile is read when it is asked for."""
    for column in columns:
        named = getattr(row, f"{column}_id")
        if named in versions:
            setattr(row, column, versions[named])


def is_replayed(slug: str) -> bool:
    """Tell whether the shop's past can be replayed in money."""
    return bool(USE_CASES[slug].replay)


def is_in_use(shop: Shop, pointer: Deployment | None) -> bool:
    """Tell whether something speaks to the merchant; where a version of ours ever ran, nothing has to be asked."""
    if pointer is None or pointer.revision > 0:
        return pointer is not None
    return brought_by(pointer.use_case).speaks(shop)


def next_training_at(shop: Shop, settings: ShopSettings, now: datetime) -> datetime:
    """Return the next weekly training on the shop's clock."""
    local = now.astimezone(shop.zone)
    days = (settings.train_weekday - local.weekday()) % 7
    at = datetime.combine(local.date() + timedelta(days=days), settings.train_at, tzinfo=shop.zone)
    return at if at > now else datetime.combine(at.date() + timedelta(days=7), settings.train_at, tzinfo=shop.zone)
