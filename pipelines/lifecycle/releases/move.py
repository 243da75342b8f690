"""Move a release: take the steps of its strategy, ask, hold, close.

Every move locks in the same order (shop, deployment, version, release) and is one transaction: a process that dies
between any two statements leaves what was live before, live. Who may say yes, and to what, is in `approval`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from pipelines import strategies
from pipelines.lifecycle import approvers
from pipelines.lifecycle.errors import Refused
from pipelines.models import Deployment, ModelVersion, Release, Shop, ShopSettings
from pipelines.models.releases import evidence_digest
from pipelines.strategies import Step, policy

Phase = Release.Phase
SYSTEM = "system"
Gate = dict[str, Any]  # as cards keep them
TESTED_FIRST = "It runs in your test store first"
CHANGED = "This card changed since you opened it. Nothing was done; look at it again."


def steps_of(release: Release) -> list[Step]:
    """Read the steps that the release was planned with."""
    return [Step.from_dict(step) for step in release.steps]


def phase_of(step: Step) -> Phase:
    """Name the phase that a step is in."""
    if step.asks:
        return Phase.AWAITING_APPROVAL
    if step.splits:
        return Phase.CANARY
    return Phase.LIVE if step.weight else Phase.SHADOW


def next_step(release: Release) -> int:
    """Return the step after the present one; a merchant who was asked half-way says yes to everything."""
    steps = steps_of(release)
    asked_half_way = not steps[release.step].asks and release.phase in (Phase.AWAITING_APPROVAL, Phase.SCHEDULED)
    return len(steps) - 1 if asked_half_way else release.step + 1


def following(release: Release) -> Step | None:
    """Return the step that a yes or good evidence leads to; nothing after the last."""
    steps = steps_of(release)
    number = next_step(release) if steps else 0
    return steps[number] if number < len(steps) else None


def take_the_first(release: Release, now: datetime, *, waits: bool, gate: Gate | None, is_in_vain: bool) -> bool:
    """Take the first step, unless the test store has it, refused it, or a question would outlive no freeze."""
    if waits:
        hold(release, TESTED_FIRST)
        return False
    if gate and not passes(release, gate):
        return close(release, Phase.REJECTED, by=SYSTEM, because="It failed in your test store")
    if is_in_vain and phase_of(steps_of(release)[0]) == Phase.AWAITING_APPROVAL:
        hold(release, policy.IN_VAIN)
        return False
    return enter_step(release, 0, now, by=SYSTEM, because="Ready")


def passes(release: Release, gate: Gate) -> bool:
    """Put what the test store said on the card; False where it says no."""
    release.show(release.evidence | {"gates": [*release.evidence["gates"], gate]})
    Release.objects.filter(pk=release.pk, revision=release.revision).update(
        evidence=release.evidence, evidence_digest=release.evidence_digest
    )
    return bool(gate["verdict"] != "failed")


def enter_step(release: Release, number: int, now: datetime, *, by: str, because: str) -> bool:
    """Take one step: pointer, release and ledger move together or not at all; False when another worker was first."""
    try:
        with transaction.atomic():
            Shop.objects.lock(release.shop_id)
            if phase_of(steps_of(release)[number]) == Phase.AWAITING_APPROVAL:
                return ask_merchant(release, now, step=number)
            revision = take_step(release, number, now)
            tell_step(release, by=by, because=because, deployment_revision=revision)
    except Refused:
        return False
    return True


def take_step(release: Release, number: int, now: datetime) -> int | None:
    """Move pointer and release; return the pointer's new revision. Raises where something moved meanwhile."""
    step = steps_of(release)[number]
    split = strategies.strategy(release.strategy).split(step)
    revision = point(release, split, now) if split.canary else None
    changes = exposed(release, split, now)
    if not release.enter(phase_of(step), step=number, weight=split.canary, held="", entered_at=now, **changes):
        raise Refused(CHANGED)
    return revision


def point(release: Release, split: strategies.Split, now: datetime) -> int:
    """Move the pointer for a step that shows the new version; raise where it moved meanwhile or may not."""
    seen = Deployment.of(release.shop_id, release.use_case)
    if split.stable:
        changes: dict[str, Any] = {"canary": release.version}
    else:
        changes = {"active": release.version, "standby": seen.active, "canary": None, "active_since": now}
    moved = Deployment.objects.filter(pk=seen.pk, revision=seen.revision)
    if not moved.update(**changes, revision=seen.revision + 1):
        raise Refused(CHANGED)
    version = ModelVersion.objects.select_for_update(no_key=True).get(pk=release.version_id)
    if not version.may_be_released or not approvers.is_approved(release, now):
        raise Refused(CHANGED)
    if not split.stable:
        approvers.use_up(release, now)
    return seen.revision + 1


def exposed(release: Release, split: strategies.Split, now: datetime) -> dict[str, Any]:
    """Note since when the shop may see the version, and since when it is healthy and live."""
    changes: dict[str, Any] = {}
    if split.canary and not release.exposed_at:
        changes["exposed_at"] = now
    if not split.stable:
        changes["healthy_since"] = now
    return changes


def tell_step(release: Release, *, by: str, because: str, deployment_revision: int | None) -> None:
    """Write a step down, after what led to it; what was live until now is closed with it."""
    if release.phase == Phase.LIVE:
        supersede_live(release)
    facts = {"step": release.steps[release.step]["name"], "deployment_revision": deployment_revision}
    kind = "release.step" if release.phase == Phase.CANARY else f"release.{release.phase}"
    release.record(kind, by=by, because=because, **facts)


def supersede_live(release: Release) -> None:
    """Close the release whose version was live until this one."""
    others = Release.objects.for_shop(release.shop_id).filter(use_case=release.use_case, phase=Phase.LIVE)
    for other in others.exclude(pk=release.pk):
        close(other, Phase.SUPERSEDED, by=SYSTEM, because=f"Version {release.version.number} took over")


def ask_merchant(
    release: Release, now: datetime, *, step: int | None = None, evidence: dict[str, Any] | None = None
) -> bool:
    """Put the card before the merchant, until it expires; new evidence makes a new card of it."""
    expires_at = now + ShopSettings.of(release.shop_id).approval_lifetime
    changes: dict[str, Any] = {"held": "", "asked_at": release.asked_at or now, "expires_at": expires_at}
    if step is not None:
        changes["step"] = step
    if evidence is not None:
        changes |= {"evidence": evidence, "evidence_digest": evidence_digest(evidence)}
        changes |= {"is_proven": evidence["is_proven"], "asked_at": now}
    with transaction.atomic():
        Shop.objects.lock(release.shop_id)
        moved = release.enter(Phase.AWAITING_APPROVAL, entered_at=now, **changes)
        if moved:
            release.record("release.asked", by=SYSTEM, because="The merchant decides", until=expires_at.isoformat())
    return moved


def hold(release: Release, reason: str) -> bool:
    """Note why a release does not go on; it goes on by itself when the reason is gone."""
    reason = reason[:200]
    with transaction.atomic():
        Shop.objects.lock(release.shop_id)
        mine = Release.objects.filter(pk=release.pk, revision=release.revision).exclude(held=reason)
        if not mine.update(held=reason):
            return False
        release.held = reason
        release.record("release.held", by=SYSTEM, because=reason)
    return True


def let_go(release: Release) -> bool:
    """Note that nothing holds a release any more."""
    with transaction.atomic():
        Shop.objects.lock(release.shop_id)
        mine = Release.objects.filter(pk=release.pk, revision=release.revision, is_paused=False).exclude(held="")
        if not mine.update(held=""):
            return False
        release.held = ""
        release.record("release.resumed", by=SYSTEM, because="What held it is over")
    return True


def pause(release: Release, *, by: str, revision: int, pauses: bool = True) -> Release:
    """Stop a release where it stands, or let it go on, because a person said so."""
    if release.revision != revision or not release.is_open or release.is_paused is pauses:
        raise Refused(CHANGED)
    with transaction.atomic():
        Shop.objects.lock(release.shop_id)
        if not release.enter(
            release.phase, is_paused=pauses, held="Paused by you" if pauses else "", entered_at=release.entered_at
        ):
            raise Refused(CHANGED)
        kind, because = ("release.paused", "Paused") if pauses else ("release.resumed", "Goes on")
        release.record(kind, by=by, because=because)
    return release


def close(release: Release, phase: Release.Phase, *, by: str, because: str, note: str = "") -> bool:
    """End a release, if nobody moved it since it was read; a version that shoppers see leaves by `rollback`."""
    with transaction.atomic():
        Shop.objects.lock(release.shop_id)
        moved = release.enter(phase, closed_because=because[:200], weight=0, held="", is_paused=False)
        if moved:
            release.record(f"release.{phase.value}", by=by, because=because[:200], note=note)
    return moved
