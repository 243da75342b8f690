"""Release: what is being moved, and why?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from dashboard.queries import evidence, words
from dashboard.queries.evidence import Group
from dashboard.queries.experiments import Measured, measured
from dashboard.queries.words import Badge, step_name
from pipelines.lifecycle import approvers
from pipelines.lifecycle.releases import move, rollback
from pipelines.lifecycle.releases.standing import Standing, standing_of
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release, Shop, Staff
from pipelines.usecases import USE_CASES
from pipelines.usecases.wording import Words

QUIET = ("approval.superseded",)  # told in the ledger; on the page it would only be noise


@dataclass(frozen=True)
class Stage:
    """One bar of the strip."""

    name: str
    state: str  # done, on, or nothing


@dataclass(frozen=True)
class Happening:
    """One line of the release's history, out of the ledger."""

    words: str
    reason: str
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
    found: Measured  # by the newest look
    asked_on: Measured | None  # what the merchant is asked on half-way
    yes_given: int
    yes_needed: int
    is_yes_mine: bool
    why_not: str  # why this person may not decide
    target: ModelVersion | None  # where a way back leads
    word: str  # to type before a way back
    takes: str  # what a way back waits for, if anything
    is_newest: bool  # of this version's releases
    standing: Standing  # where it stands and what comes next, as every page says it

    @property
    def version(self) -> ModelVersion:
        return self.release.version

    @property
    def words(self) -> Words:
        return USE_CASES[self.release.use_case].words

    @property
    def badge(self) -> Badge:
        return words.PHASES[self.release.phase]

    @property
    def is_running(self) -> bool:
        """Tell whether this release's version is what the shop uses now."""
        return self.release.phase == Release.Phase.LIVE and self.deployment.active_id == self.release.version_id

    @property
    def may_be_used_again(self) -> bool:
        """Tell whether a person took it back by hand, and nothing has become of it since."""
        return self.release.may_come_again and self.is_newest

    @property
    def is_current(self) -> bool:
        """Tell whether something can still come of this release."""
        return self.release.is_open or self.is_running

    @property
    def is_shown_to_some(self) -> bool:
        """Tell whether shoppers see both versions."""
        return self.release.is_open and self.release.weight > 0

    @property
    def leads_with_measured(self) -> bool:
        """Tell whether the first card leads with what was measured, so that no other card says it again."""
        return not self.release.is_open and bool(self.found.headline)

    @property
    def is_told(self) -> bool:
        """Tell whether the first card says the newest sentence already."""
        if self.is_running:
            return bool(self.release.analysis.get("reason") != "well")
        return self.release.is_open or self.found.sentence.rstrip(".") in self.release.closed_because

    @property
    def may_be_rejected(self) -> bool:
        return self.release.is_open and not (self.is_shown_to_some and not self.release.is_waiting_for_merchant)

    @property
    def scope(self) -> str:
        """Say whom a version is for: what its answers are about."""
        splits = any(0 < step.get("weight", 0) < 100 for step in self.release.steps)
        return "everybody" if splits else f"all {self.words.units}"

    @property
    def question(self) -> str:
        """Head the decision."""
        asked = f"Use version {self.version.number} for {self.scope}?"
        first = self.next_name
        if self.asked_on is None and first not in ("", words.STEPS["all"]):
            asked = f"Show version {self.version.number} to the first {first} of shoppers?"
        if self.asked_on and self.asked_on.falls_short:
            return f"Worse so far. {asked}"
        return asked if self.release.is_proven else f"Not proven. {asked}"

    @property
    def yes_label(self) -> str:
        """Label the yes by what follows it."""
        first = self.next_name
        if self.asked_on is None and first not in ("", words.STEPS["all"]):
            return f"Approve from {first} on"
        return f"Approve for {self.scope}"

    @property
    def why_not_approve(self) -> str:
        """Say why this person's yes cannot count now."""
        if self.why_not:
            return self.why_not
        if self.release.held:
            return f"This release is on hold: {self.release.held.rstrip('.')}."
        return "You approved this already. A second person must say yes, too." if self.is_yes_mine else ""

    @property
    def step_now(self) -> int:
        on = next((n for n, stage in enumerate(self.stages, 1) if stage.state == "on"), 0)
        return on or max(1, sum(stage.state == "done" for stage in self.stages))

    @property
    def stage_now(self) -> str:
        return self.stages[self.step_now - 1].name

    @property
    def next_name(self) -> str:
        """Name the step that follows, in the words of the strip; nothing after the last."""
        after = move.next_step(self.release) if self.release.is_open and self.release.steps else None
        return step_name(self.release.steps[after]) if after is not None and after < len(self.release.steps) else ""

    @property
    def needs(self) -> str:
        """Say what the next step still needs."""
        if not self.release.is_looked_at or self.release.phase == Release.Phase.SCHEDULED:
            return ""
        told = self.release.analysis.get("next") or {}
        return told.get("needs") or self.release.analysis.get("sentence") or ""


def release_page(shop: Shop, release: Release, staff: Staff | None) -> ReleasePage:
    """Read everything that a decision on a release needs; every figure comes from the evidence that it binds to."""
    stored = release.evidence.get("page") or {}
    cards = evidence.cards_of(stored)
    deployment = Deployment.of(shop, release.use_case)
    said_yes = {given.sub for given in approvers.approvals_of(release).filter(consumed_at=None)}
    shown = release.evidence.get("analysis") if release.is_waiting_for_merchant else None
    is_live = deployment.active_id is not None and deployment.active_id == release.version_id
    target = rollback.target_of(deployment) if is_live else deployment.active
    return ReleasePage(
        release=release,
        title=USE_CASES[release.use_case].title,
        deployment=deployment,
        cards=cards,
        groups=evidence.groups_of(cards),
        figure=stored.get("figure"),
        stages=stages(release),
        history=history(shop, release),
        found=measured(release, release.analysis),
        asked_on=measured(release, shown) if shown else None,
        yes_given=len(said_yes),
        yes_needed=(release.evidence.get("plan") or {}).get("approvals_needed", 1),
        is_yes_mine=bool(staff and staff.sub in said_yes),
        why_not=approvers.why_not_allowed(shop, staff.sub) if staff else "Open the app again in a minute.",
        target=target,
        word=rollback.word_to_type(deployment) if is_live else "",
        takes=rollback.way_takes(deployment, target) if is_live else "",
        is_newest=not release.version.releases.filter(pk__gt=release.pk).exists(),
        standing=standing_of(release, timezone.now()),
    )


def history(shop: Shop, release: Release) -> list[Happening]:
    """Read what happened to a release out of the ledger."""
    events = LifecycleEvent.objects.for_shop(shop).filter(release_id_seen=release.pk).select_related("note")
    return [happening(release, event) for event in events.order_by("seq") if event.kind not in QUIET]


def happening(release: Release, event: LifecycleEvent) -> Happening:
    """Say one row of the ledger in words; a step is named as on the strip."""
    said = words.event_name(event.kind)
    step = next((step for step in release.steps if step["name"] == event.details.get("step")), None)
    if event.kind == "release.step" and step:
        said = f"Shown to {step_name(step)} of shoppers"
    reason = "" if event.because.rstrip(".").lower() == said.lower() else event.because
    return Happening(said, reason, event)


def stages(release: Release) -> list[Stage]:
    """Return the strip: what is done, where the release stands, what follows."""
    names = ["Checks", *(step_name(step) for step in release.steps)]
    here = release.step + 1
    if release.is_waiting_for_merchant and not release.steps[release.step].get("asks"):
        names.insert(here + 1, words.STEPS["approval"])
        here += 1
    reached = here if release.is_open else here + 1
    return [
        Stage(name, "done" if number < reached else "on" if number == here else "") for number, name in enumerate(names)
    ]
