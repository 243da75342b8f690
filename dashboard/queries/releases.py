"""Release: what is being moved, and why?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.queries import evidence, words
from dashboard.queries.evidence import Group
from dashboard.queries.words import Badge
from pipelines.lifecycle import approval
from pipelines.lifecycle import release as releasing
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release, Shop, Staff
from pipelines.usecases import USE_CASES


@dataclass(frozen=True)
class Stage:
    """One bar of the strip."""

    name: str
    state: str  # done, on, or nothing


@dataclass(frozen=True)
class Happening:
    """One line of the release's history, out of the ledger."""

    words: str
    event: LifecycleEvent


@dataclass(frozen=True)
class ReleasePage:
    """Everything on a release's page."""

    release: Release
    title: str
    deployment: Deployment
    cards: dict[str, Any]
    groups: list[Group]
    figure: dict[str, Any] | None
    stages: list[Stage]
    history: list[Happening]
    why_not: str  # why this person may not decide

    @property
    def version(self) -> ModelVersion:
        return self.release.version

    @property
    def badge(self) -> Badge:
        return words.PHASES[self.release.phase]

    @property
    def is_running(self) -> bool:
        """Tell whether this release's version is what the shop uses now."""
        return self.release.phase == Release.Phase.LIVE and self.deployment.active_id == self.release.version_id

    @property
    def step_now(self) -> int:
        return next((n for n, stage in enumerate(self.stages, 1) if stage.state == "on"), len(self.stages))

    @property
    def stage_now(self) -> str:
        return self.stages[self.step_now - 1].name


def release_page(shop: Shop, release: Release, staff: Staff | None) -> ReleasePage:
    """Read everything that a decision on a release needs; every figure comes from the evidence that it binds to."""
    stored = release.evidence.get("page") or {}
    cards = evidence.cards_of(stored)
    events = LifecycleEvent.objects.for_shop(shop).filter(release_id_seen=release.pk).order_by("seq")
    return ReleasePage(
        release=release,
        title=USE_CASES[release.use_case].title,
        deployment=releasing.deployment_of(shop, release.use_case),
        cards=cards,
        groups=evidence.groups_of(cards),
        figure=stored.get("figure"),
        stages=stages(release),
        history=[Happening(words.EVENTS.get(event.kind, event.because), event) for event in events],
        why_not=approval.why_not_allowed(shop, staff.sub) if staff else "Open the app again in a minute.",
    )


def stages(release: Release) -> list[Stage]:
    """Return the strip: what is done, where the release stands, what follows."""
    names = ["Checks"] + [words.STEPS.get(step["name"], f"{step['weight']}\u00a0%") for step in release.steps]
    here = release.step + 1
    reached = here if release.is_open else here + 1
    return [
        Stage(name, "done" if number < reached else "on" if number == here else "") for number, name in enumerate(names)
    ]
