"""Versions: what could run?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.queries.data.state import data_state
from dashboard.queries.evidence import Worth, cards_of, worth_of
from dashboard.queries.lived import Lived, lived
from dashboard.queries.models_state import ModelState, model_states
from dashboard.queries.running import Running, running_of
from dashboard.queries.words import PHASES, Badge
from pipelines import words
from pipelines.lifecycle import approvers
from pipelines.lifecycle.versions.lineage import Origin, lineage_of
from pipelines.models import Deployment, ModelVersion, Release, Shop, Staff, TrainingRun
from pipelines.usecases import USE_CASES
from pipelines.usecases.wording import FigureName, Words

NEWEST = 30
STATES = {
    "trained": Badge("Being checked", "info"),
    "validated": Badge("Proven", "success"),
    "undecided": Badge("Not proven"),
    "refused": Badge("Refused", "warning"),
    "quarantined": Badge("Blocked", "critical"),
}
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Row:
    """One version of the list."""

    version: ModelVersion
    badge: Badge
    place: Badge | None  # where it runs or waits, or how that ended
    worth: Worth
    release: Release | None


@dataclass(frozen=True)
class VersionsPage:
    """Every version of every model, newest first, and what may be used again of it."""

    models: list[tuple[ModelState, list[Row], Release | None]]
    running: Running
    why_not: str
    failed: list[tuple[str, TrainingRun]]  # of models that have versions, or should: by their title

    @property
    def is_one(self) -> bool:
        """Tell whether there is one model, so that nothing has to say which."""
        return len(self.models) == 1


def versions_page(shop: Shop, staff: Staff, now: datetime) -> VersionsPage:
    """Read the newest versions of every model."""
    states = model_states(shop, shop.settings, now)
    models = [(state, rows_of(shop, state), taken_back(shop, state)) for state in states]
    return VersionsPage(
        models=models,
        running=running_of(data_state(shop, now), states),
        why_not=approvers.why_not_allowed(shop, staff.sub),
        failed=[
            (state.title, state.run)
            for state, rows, _ in models
            if state.run and state.run.error and (rows or state.run.state == TrainingRun.State.FAILED)
        ],
    )


def rows_of(shop: Shop, state: ModelState) -> list[Row]:
    """Return the newest versions of one model, with where each runs."""
    versions = ModelVersion.objects.for_shop(shop).filter(use_case=state.slug).order_by("-number")[:NEWEST]
    listed = list(versions.defer("recipe", "page", "lineage", "gates"))
    releases = Release.objects.for_shop(shop).filter(version__in=listed).order_by("pk").defer("evidence")
    newest = {release.version_id: release for release in releases}
    return [
        Row(
            version=version,
            badge=STATES[version.state],
            place=place_of(version, state.deployment, newest.get(version.pk)),
            worth=worth_of(version.replay),
            release=newest.get(version.pk),
        )
        for version in listed
    ]


def taken_back(shop: Shop, state: ModelState) -> Release | None:
    """Return the newest release that a person took back, where nothing has gone live or begun since."""
    pointer = state.deployment
    if state.release or pointer is None or pointer.active_since is None:
        return None
    mine = Release.objects.for_shop(shop).filter(use_case=pointer.use_case, phase=Release.Phase.ROLLED_BACK)
    since = mine.filter(entered_at__gte=pointer.active_since).select_related("version").defer("evidence", "analysis")
    newest = since.order_by("-pk").first()
    return newest if newest and newest.may_come_again else None


def place_of(version: ModelVersion, deployment: Deployment | None, release: Release | None) -> Badge | None:
    """Say where a version runs or waits, or how its release ended."""
    if deployment and deployment.active_id == version.pk:
        return Badge("Live", "success")
    if deployment and deployment.standby_id == version.pk:
        return Badge("Ready to return")
    if release is None:
        return None
    return PHASES["awaiting_approval"] if release.is_waiting_for_merchant else PHASES[release.phase]


@dataclass(frozen=True)
class VersionPage:
    """The model card of one version."""

    version: ModelVersion
    title: str
    badge: Badge
    place: Badge | None
    lived: Lived | None
    cards: dict[str, Any]
    release: Release | None
    run: TrainingRun | None
    figures: list[tuple[str, str, str]]
    members: list[tuple[str, str]]
    reasons: list[tuple[str, str]]
    others: list[int]
    lineage: list[Origin]
    cost: list[tuple[str, str]]

    @property
    def words(self) -> Words:
        return USE_CASES[self.version.use_case].words


def version_page(shop: Shop, version: ModelVersion) -> VersionPage:
    """Read one version's card and lineage."""
    deployment = Deployment.objects.for_shop(shop).filter(use_case=version.use_case).first()
    release = version.releases.order_by("-pk").first()
    known = ModelVersion.objects.for_shop(shop).filter(use_case=version.use_case).exclude(pk=version.pk)
    return VersionPage(
        version=version,
        title=USE_CASES[version.use_case].title,
        badge=STATES[version.state],
        place=place_of(version, deployment, release),
        lived=lived(version),
        cards=cards_of(version.page),
        release=release,
        run=version.runs.order_by("-pk").first(),
        figures=figures(version),
        members=members(version),
        reasons=reasons(version),
        others=list(known.order_by("-number").values_list("number", flat=True)[:NEWEST]),
        lineage=lineage_of(version),
        cost=cost_of(version),
    )


def cost_of(version: ModelVersion) -> list[tuple[str, str]]:
    """Say what a version takes: its files, one answer, its training."""
    serving, run = version.metrics.get("serving") or {}, version.runs.order_by("-pk").first()
    size, seconds, units = (serving.get(name) for name in ("bytes", "seconds", "units"))
    answer = f"{words.number(seconds, 1)} s" + (f" for {words.counted(units, 'unit')}" if units else "")
    training = f"{words.number(run.cpu_seconds)} s of one processor, {words.number(run.memory_mb)} MB" if run else ""
    return [
        ("Files", f"{words.number(size / 1e6, 2)} MB" if size is not None else NOT_MEASURED),
        ("Loading and one answer", answer if seconds is not None else NOT_MEASURED),
        ("Training", training or NOT_MEASURED),
    ]


def figures(version: ModelVersion) -> list[tuple[str, str, str]]:
    """Return what was measured: its name, the version's figure, the strongest simple rule's."""
    use_case, metrics = USE_CASES[version.use_case], version.metrics
    # what versions were held to before training chose the strongest rule
    rule = metrics.get("simple_rule", use_case.gates.baseline)
    candidate, naive = metrics.get("candidate") or {}, metrics.get(rule) or {}
    named = use_case.words.page.figures or (
        FigureName(use_case.primary_metric.name, use_case.primary_metric.name, False),
    )
    return [(one.title, written(one, candidate.get(one.key)), written(one, naive.get(one.key))) for one in named]


def written(named: FigureName, value: float | None) -> str:
    """Write a figure."""
    return words.exact_percent(value) if named.is_share else words.number(value, 3)


def members(version: ModelVersion) -> list[tuple[str, str]]:
    """Return what took part in a version."""
    return [(name, "takes part" if member["joined"] else "left out") for name, member in told_members(version)]


def reasons(version: ModelVersion) -> list[tuple[str, str]]:
    """Return why methods took part or did not, in the measures of those who build them."""
    return [(name, member["why"]) for name, member in told_members(version) if member["why"]]


def told_members(version: ModelVersion) -> list[tuple[str, dict[str, Any]]]:
    """Return what is known of each method that has a name."""
    named, told = USE_CASES[version.use_case].words.page.members, version.metrics.get("members") or {}
    return [(named[name], member) for name, member in told.items() if name in named]
