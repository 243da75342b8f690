"""Move a version towards the shop: propose, take the steps of its strategy, hold, close.

Every move locks in the same order (deployment, version, release, ledger) and is one transaction: a process that dies
between any two statements leaves what was live before, live. Who may say yes, and to what, is in `approval`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines import strategies, words
from pipelines.lifecycle import approvers
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import card, freezes, sameness, traffic
from pipelines.lifecycle.releases.traffic import Known
from pipelines.lifecycle.sandbox import staging
from pipelines.models import Approval, Deployment, LifecycleEvent, ModelVersion, Release, ShopSettings
from pipelines.strategies import Step, Traffic, policy
from pipelines.strategies.freezing import Effect

Phase = Release.Phase
SYSTEM = "system"
ROUTINE_ASKS_EVERY = timedelta(days=7)
REPLACEABLE = (Phase.STAGED, Phase.SHADOW, Phase.AWAITING_APPROVAL, Phase.SCHEDULED)
TESTED_FIRST = "It runs in your test store first"
ONCE_A_WEEK = "Routine questions come once a week"
CHANGED = "This card changed since you opened it. Nothing was done; look at it again."


# Proposing


def propose(
    version: ModelVersion,
    *,
    routine: bool = False,
    again: bool = False,
    strategy: str = "",
    by: str = SYSTEM,
    now: datetime | None = None,
) -> Release | None:
    """Open a release of a version and take its first step; a proposal that is refused is written down.

    A version is released once by itself; `again` is for a person who took it back by hand.
    """
    try:
        return open_one(version, routine=routine, again=again, strategy=strategy, now=now or timezone.now())
    except Refused as refusal:
        if by == SYSTEM or not LifecycleEvent.has_enough(version.shop_id, by):
            facts = {"use_case": version.use_case, "version_number": version.number, "strategy": strategy}
            LifecycleEvent.record(version.shop, "release.refused", by=by, because=refusal.sentence[:200], **facts)
        raise


def open_one(version: ModelVersion, *, routine: bool, again: bool, strategy: str, now: datetime) -> Release | None:
    """Open a release; nothing while another release is being rolled out."""
    if not version.may_be_released:
        raise Refused(f"Version {version.number} was {version.state} and cannot be released.")
    known = traffic.known_of(Deployment.of(version.shop_id, version.use_case))
    with transaction.atomic():
        deployment = Deployment.objects.select_for_update(no_key=True).get(
            shop=version.shop_id, use_case=version.use_case
        )
        earlier = version.releases.order_by("-pk").first()
        if earlier and not (again and earlier.may_come_again):
            return earlier
        waiting = Release.under_way(version.shop_id, version.use_case)
        if same := what_is_the_same(version, deployment, waiting):
            return set_aside(version, deployment, known, because=same, strategy=strategy)
        if waiting and not gives_way(waiting, version, now):
            return None
        if waiting:
            close(waiting, Phase.SUPERSEDED, by=SYSTEM, because=f"Version {version.number} replaced it")
        release = stage(version, deployment, known, strategy=strategy, replaced=waiting)
        if routine:
            wait_for_the_week(release, now)
        begin(release, now)
    return release


def what_is_the_same(version: ModelVersion, deployment: Deployment, waiting: Release | None) -> str:
    """Say why nobody needs to be asked about a version: what runs, or what waits, is the same; else nothing."""
    known = sameness.why_nothing_differs(version, deployment.active)
    return known or sameness.why_nothing_differs(version, waiting.version if waiting else None)


def set_aside(version: ModelVersion, deployment: Deployment, known: Known, *, because: str, strategy: str) -> Release:
    """Write down that a version was replaced before anybody was asked, by what is the same."""
    release = planned(version, deployment, known, strategy=strategy)
    release.phase, release.closed_because = Phase.SUPERSEDED, because
    release.save()
    record(release, "release.superseded", by=SYSTEM, because=because)
    return release


def gives_way(waiting: Release, version: ModelVersion, now: datetime) -> bool:
    """Say whether a release may be replaced: of an older version, seen by no shopper, and no yes would be lost."""
    is_granted = waiting.phase == Phase.SCHEDULED and freezes.of(waiting, now).effect is not Effect.OUTLASTS
    is_older = waiting.version.number < version.number
    return waiting.phase in REPLACEABLE and not waiting.weight and is_older and not is_granted


def stage(
    version: ModelVersion, deployment: Deployment, known: Known, *, strategy: str, replaced: Release | None
) -> Release:
    """Write the release down."""
    release = planned(version, deployment, known, strategy=strategy)
    release.asked_at = replaced.asked_at if replaced else None
    release.save()
    record(release, "release.staged", by=SYSTEM, because="A new version is ready")
    return release


def planned(version: ModelVersion, deployment: Deployment, known: Known, *, strategy: str) -> Release:
    """Plan a release, with its strategy and steps as data, and the card that it would be decided on."""
    settings = ShopSettings.of(version.shop_id)
    plan = plan_for(known.beside(deployment), settings, strategy)
    release = Release(
        shop_id=version.shop_id,
        use_case=version.use_case,
        version=version,
        strategy=plan.strategy,
        steps=[step.as_dict() for step in plan.steps],
        is_proven=version.state == ModelVersion.State.VALIDATED,
    )
    release.evidence = card.evidence_of(release, deployment, settings, known)
    release.evidence["plan"]["reason"] = plan.reason
    release.evidence_digest = card.digest_of(release.evidence)
    return release


def plan_for(known: Traffic, settings: ShopSettings, strategy: str) -> strategies.Plan:
    """Choose strategy and steps by traffic; what somebody asked for by name must fit, a standing wish gives way.

    The merchant's shares of shoppers are for strategies that take them; others go by their own.
    """
    wanted, refusal = strategy or settings.strategy, ""
    for weights in dict.fromkeys((tuple(settings.canary_weights), ())):
        try:
            return strategies.plan(known, wanted=wanted, weights=weights, alongside_days=settings.alongside_days)
        except ValueError as error:
            refusal = str(error)
    if strategy:
        raise Refused(refusal)
    return strategies.plan(known, alongside_days=settings.alongside_days)


def wait_for_the_week(release: Release, now: datetime) -> None:
    """Note until when a routine question waits."""
    due = next_routine_ask(release)
    if due and due > now:
        zone = release.shop.zone
        next_ask = words.day(due.astimezone(zone).date(), now.astimezone(zone).date())
        release.held = f"{ONCE_A_WEEK}: next on {next_ask}"
        Release.objects.filter(pk=release.pk).update(held=release.held)


def next_routine_ask(release: Release) -> datetime | None:
    """Return when a routine question may be asked; a card that replaces an open one asks no new question."""
    if release.asked_at:
        return None
    asked = Release.objects.for_shop(release.shop_id).filter(use_case=release.use_case, asked_at__isnull=False)
    newest = asked.order_by("-asked_at").first()
    return newest.asked_at + ROUTINE_ASKS_EVERY if newest else None


def waits_for_the_week(release: Release, now: datetime) -> bool:
    """Say whether the week holds a release; one that was held for its test store waits for nothing else."""
    return release.held.startswith(ONCE_A_WEEK) and (next_routine_ask(release) or now) > now


def begin(release: Release, now: datetime) -> bool:
    """Take the first step of a staged release, unless its week or its test store is still to come."""
    if release.is_paused or release.phase != Phase.STAGED or waits_for_the_week(release, now):
        return False
    if staging.wanted(release):
        hold(release, TESTED_FIRST)
        return False
    if not passes_test_store(release):
        return close(release, Phase.REJECTED, by=SYSTEM, because="It failed in your test store")
    if phase_of(steps_of(release)[0]) == Phase.AWAITING_APPROVAL and freezes.of(release, now).effect is Effect.OUTLASTS:
        hold(release, policy.IN_VAIN)
        return False
    return enter_step(release, 0, now, by=SYSTEM, because="Ready")


def passes_test_store(release: Release) -> bool:
    """Put what the test store said on the card; False where it says no."""
    gate = staging.gate_of(release.version)
    if gate is None:
        return True
    evidence = release.evidence | {"gates": [*release.evidence["gates"], gate]}
    release.evidence, release.evidence_digest = evidence, card.digest_of(evidence)
    Release.objects.filter(pk=release.pk, revision=release.revision).update(
        evidence=release.evidence, evidence_digest=release.evidence_digest
    )
    return bool(gate["verdict"] != "failed")


# Moving


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


def enter_step(release: Release, number: int, now: datetime, *, by: str, because: str) -> bool:
    """Take one step: pointer, release and ledger move together or not at all; False when another worker was first."""
    try:
        with transaction.atomic():
            if phase_of(steps_of(release)[number]) == Phase.AWAITING_APPROVAL:
                return ask(release, now, step=number)
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
    if not version.may_be_released or not is_approved(release, now):
        raise Refused(CHANGED)
    return seen.revision + 1


def exposed(release: Release, split: strategies.Split, now: datetime) -> dict[str, Any]:
    """Note since when the shop may see the version, and since when it is healthy and live."""
    changes: dict[str, Any] = {}
    if split.canary and not release.exposed_at:
        changes["exposed_at"] = now
    if not split.stable:
        changes["healthy_since"] = now
        approvals_of(release).filter(consumed_at=None).update(consumed_at=now)
    return changes


def tell_step(release: Release, *, by: str, because: str, deployment_revision: int | None) -> None:
    """Write a step down, after what led to it; what was live until now is closed with it."""
    if release.phase == Phase.LIVE:
        supersede_live(release)
    facts = {"step": release.steps[release.step]["name"], "deployment_revision": deployment_revision}
    kind = "release.step" if release.phase == Phase.CANARY else f"release.{release.phase}"
    record(release, kind, by=by, because=because, **facts)


def supersede_live(release: Release) -> None:
    """Close the release whose version was live until this one."""
    others = Release.objects.for_shop(release.shop_id).filter(use_case=release.use_case, phase=Phase.LIVE)
    for other in others.exclude(pk=release.pk):
        close(other, Phase.SUPERSEDED, by=SYSTEM, because=f"Version {release.version.number} took over")


# Asking


def ask(release: Release, now: datetime, *, step: int | None = None, evidence: dict[str, Any] | None = None) -> bool:
    """Put the card before the merchant, until it expires; new evidence makes a new card of it."""
    expires_at = now + ShopSettings.of(release.shop_id).approval_lifetime
    changes: dict[str, Any] = {"held": "", "asked_at": release.asked_at or now, "expires_at": expires_at}
    if step is not None:
        changes["step"] = step
    if evidence is not None:
        changes |= {"evidence": evidence, "evidence_digest": card.digest_of(evidence)}
        changes |= {"is_proven": evidence["is_proven"], "asked_at": now}
    with transaction.atomic():
        moved = release.enter(Phase.AWAITING_APPROVAL, entered_at=now, **changes)
        if moved:
            record(release, "release.asked", by=SYSTEM, because="The merchant decides", until=expires_at.isoformat())
    return moved


def approvals_of(release: Release):
    """Keep the approvals of exactly what the release is now."""
    given = Approval.objects.for_shop(release.shop_id).filter(release=release, voided_because="")
    return given.filter(artifact_digest=release.version.artifact_digest, evidence_digest=release.evidence_digest)


def is_approved(release: Release, now: datetime) -> bool:
    """Say whether enough people said yes to exactly this, in time or with units exposed since."""
    needed = release.evidence.get("plan", {}).get("approvals_needed", 1)
    return len({given.sub for given in approvals_of(release) if stands(given, now)}) >= needed


def stands(given: Approval, now: datetime) -> bool:
    """Say whether a yes still counts: used up already, or in time and of somebody who may still give it."""

    return bool(given.consumed_at) or (given.expires_at > now and not approvers.why_not(given.shop_id, given.sub))


# Holding and closing


def hold(release: Release, reason: str) -> bool:
    """Note why a release does not go on; it goes on by itself when the reason is gone."""
    reason = reason[:200]
    with transaction.atomic():
        mine = Release.objects.filter(pk=release.pk, revision=release.revision).exclude(held=reason)
        if not mine.update(held=reason):
            return False
        release.held = reason
        record(release, "release.held", by=SYSTEM, because=reason)
    return True


def let_go(release: Release) -> bool:
    """Note that nothing holds a release any more."""
    with transaction.atomic():
        mine = Release.objects.filter(pk=release.pk, revision=release.revision, is_paused=False).exclude(held="")
        if not mine.update(held=""):
            return False
        release.held = ""
        record(release, "release.resumed", by=SYSTEM, because="What held it is over")
    return True


def pause(release: Release, *, by: str, revision: int, pauses: bool = True) -> Release:
    """Stop a release where it stands, or let it go on, because a person said so."""
    if release.revision != revision or not release.is_open or release.is_paused is pauses:
        raise Refused(CHANGED)
    with transaction.atomic():
        if not release.enter(
            release.phase, is_paused=pauses, held="Paused by you" if pauses else "", entered_at=release.entered_at
        ):
            raise Refused(CHANGED)
        kind, because = ("release.paused", "Paused") if pauses else ("release.resumed", "Goes on")
        record(release, kind, by=by, because=because)
    return release


def close(release: Release, phase: Release.Phase, *, by: str, because: str, note: str = "") -> bool:
    """End a release, if nobody moved it since it was read; a version that shoppers see leaves by `rollback`."""
    with transaction.atomic():
        moved = release.enter(phase, closed_because=because[:200], weight=0, held="", is_paused=False)
        if moved:
            record(release, f"release.{phase.value}", by=by, because=because[:200], note=note)
    return moved


def record(release: Release, kind: str, *, by: str, because: str, **facts: Any) -> LifecycleEvent:
    """Write what happened to a release into its shop's ledger."""
    return LifecycleEvent.record(
        release.shop,
        kind,
        by=by,
        because=because[:200],
        use_case=release.use_case,
        version_number=release.version.number,
        release_id_seen=release.pk,
        artifact_digest=release.version.artifact_digest,
        **facts,
    )
