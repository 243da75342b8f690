"""Move a version towards the shop: propose, ask, approve or reject, go live.

Every move locks in the same order (deployment, version, release, ledger) and is one transaction: a process that dies
between any two statements leaves what was live before, live.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines import strategies
from pipelines.lifecycle import freshness, registry
from pipelines.lifecycle.errors import Refused
from pipelines.models import Approval, Deployment, LifecycleEvent, ModelVersion, Release, Shop, ShopSettings, Staff
from pipelines.stats import words
from pipelines.strategies import Step, Traffic

Phase = Release.Phase
ROUTINE_ASKS_EVERY = timedelta(days=7)
REPLACEABLE = (Phase.STAGED, Phase.AWAITING_APPROVAL, Phase.SCHEDULED)
OPERATOR = "operator:"
CHANGED = "This card changed since you opened it. Nothing was done; look at it again."


def deployment_of(shop: Shop | int, use_case: str) -> Deployment:
    """Return the shop's pointer for a use case; the simple rule runs until it points somewhere."""
    deployment, _ = Deployment.objects.get_or_create(shop_id=getattr(shop, "pk", shop), use_case=use_case)
    return deployment


# Proposing


def propose(version: ModelVersion, *, routine: bool = False, now: datetime | None = None) -> Release | None:
    """Open a release of a version and ask the merchant; nothing while another release is being rolled out."""
    now = now or timezone.now()
    if not version.may_be_released:
        raise Refused(f"Version {version.number} was {version.state} and cannot be released.")
    deployment_of(version.shop_id, version.use_case)
    with transaction.atomic():
        deployment = Deployment.objects.select_for_update().get(shop=version.shop_id, use_case=version.use_case)
        known = version.releases.order_by("-pk").first()
        if known:
            return known
        waiting = open_release(version.shop_id, version.use_case)
        if waiting and not gives_way(waiting, version):
            return None
        if waiting:
            close(waiting, Phase.SUPERSEDED, by="system", because=f"Version {version.number} replaced it")
        return stage(version, deployment, replaced=waiting, routine=routine, now=now)


def open_release(shop: Shop | int, use_case: str) -> Release | None:
    """Return the one release that is under way, if any."""
    return Release.objects.for_shop(shop).filter(use_case=use_case, phase__in=Release.OPEN).first()


def gives_way(waiting: Release, version: ModelVersion) -> bool:
    """Say whether a release may be replaced: it only waits, and for an older version."""
    return waiting.phase in REPLACEABLE and waiting.version.number < version.number


def stage(
    version: ModelVersion, deployment: Deployment, *, replaced: Release | None, routine: bool, now: datetime
) -> Release:
    """Create the release and ask at once, or note until when a routine question waits."""
    plan = strategies.plan(Traffic("paired", has_champion=False))
    release = Release(
        shop_id=version.shop_id,
        use_case=version.use_case,
        version=version,
        strategy=plan.strategy,
        steps=[step.as_dict() for step in plan.steps],
        is_proven=version.state == ModelVersion.State.VALIDATED,
        asked_at=replaced.asked_at if replaced else None,
    )
    release.evidence = evidence_of(release, deployment)
    release.evidence_digest = digest_of(release.evidence)
    release.save()
    record(release, "release.staged", by="system", because="A candidate is ready")
    due = next_routine_ask(release) if routine else None
    if due and due > now:
        zone = release.shop.zone
        next_ask = words.day(due.astimezone(zone).date(), now.astimezone(zone).date())
        Release.objects.filter(pk=release.pk).update(held=f"Routine questions come once a week: next on {next_ask}")
        release.refresh_from_db()
    else:
        ask(release, now)
    return release


def next_routine_ask(release: Release) -> datetime | None:
    """Return when a routine question may be asked; a card that replaces an open one asks no new question."""
    if release.asked_at:
        return None
    asked = Release.objects.for_shop(release.shop_id).filter(use_case=release.use_case, asked_at__isnull=False)
    newest = asked.order_by("-asked_at").first()
    return newest.asked_at + ROUTINE_ASKS_EVERY if newest else None


def ask(release: Release, now: datetime) -> bool:
    """Put the card before the merchant, until it expires."""
    settings, _ = ShopSettings.objects.get_or_create(shop_id=release.shop_id)
    expires_at = now + settings.approval_lifetime
    with transaction.atomic():
        moved = release.enter(Phase.AWAITING_APPROVAL, held="", asked_at=release.asked_at or now, expires_at=expires_at)
        if moved:
            record(release, "release.asked", by="system", because="The merchant decides", until=expires_at.isoformat())
    return moved


def ask_held(now: datetime) -> int:
    """Ask the routine questions whose week is over."""
    held = [
        release
        for release in Release.objects.filter(phase=Phase.STAGED).exclude(held="").select_related("version")
        if (next_routine_ask(release) or now) <= now
    ]
    return sum(ask(release, now) for release in held)


def evidence_of(release: Release, deployment: Deployment) -> dict[str, Any]:
    """Collect what the merchant decides on; approving binds to exactly this."""
    version, dataset = release.version, release.version.dataset
    return {
        "version": version.number,
        "artifact_digest": version.artifact_digest,
        "is_proven": release.is_proven,
        "compared_with": deployment.active.number if deployment.active else None,
        "page": version.page,
        "gates": version.gates,
        "replay": version.replay,
        "data": {"digest": dataset.digest, "last_day": dataset.last_day.isoformat() if dataset.last_day else None},
        "strategy": release.strategy,
        "steps": release.steps,
        "maximum_days": strategies.strategy(release.strategy).maximum.days,
    }


def digest_of(evidence: dict[str, Any]) -> str:
    """Return the digest that an approval binds to."""
    return hashlib.sha256(json.dumps(evidence, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


# Deciding


def why_not_allowed(shop: Shop | int, sub: str) -> str:
    """Return why this person may not approve, or nothing when they may."""
    staff = Staff.objects.for_shop(shop).filter(sub=sub).first()
    if staff is None or staff.is_owner is None:
        return "Shopify has not told us yet whether you own this account. Open the app again in a minute."
    settings, _ = ShopSettings.objects.get_or_create(shop_id=getattr(shop, "pk", shop))
    if staff.is_owner or sub in settings.approvers:
        return ""
    return "Only the account owner, and people named under Settings, approve versions."


def approve(
    release: Release,
    *,
    sub: str,
    artifact_digest: str,
    evidence_digest: str,
    revision: int,
    now: datetime | None = None,
) -> Release:
    """Record the yes of an allowed person to exactly this artifact and evidence, and take the next step."""
    now = now or timezone.now()
    require_allowed(release, sub)
    require_same(release, artifact_digest, evidence_digest, revision)
    require_in_time(release, now)
    freshness.require_fresh(release.shop, now)
    registry.load_files(release.version)
    with transaction.atomic():
        live_at = advance(release, now)
        Approval.objects.create(
            shop_id=release.shop_id,
            release=release,
            sub=sub,
            artifact_digest=artifact_digest,
            evidence_digest=evidence_digest,
            expires_at=release.expires_at or now,
            consumed_at=now if release.weight else None,
        )
        record(release, "approval.given", by=sub, because="Approved", evidence_digest=evidence_digest)
        tell_live(release, by=sub, because="Approved", deployment_revision=live_at)
    return release


def require_allowed(release: Release, sub: str) -> None:
    """Refuse people who may not decide; an operator may release what is proven, never what is not."""
    if sub.startswith(OPERATOR):
        if not release.is_proven:
            raise Refused("This version is not proven: only the merchant can promote it.")
        return
    reason = why_not_allowed(release.shop_id, sub)
    if reason:
        raise Refused(reason)


def require_same(release: Release, artifact_digest: str, evidence_digest: str, revision: int) -> None:
    """Refuse a yes that was given to something else than what would go live."""
    if release.revision != revision or not release.is_waiting_for_merchant:
        raise Refused(CHANGED)
    known = (release.version.artifact_digest, release.evidence_digest, digest_of(release.evidence))
    if known != (artifact_digest, evidence_digest, evidence_digest):
        record(release, "approval.blocked", by="system", because="The version or its evidence is not what was shown")
        raise Refused("The version or its evidence is not what this card showed. Nothing was done.")


def require_in_time(release: Release, now: datetime) -> None:
    """Refuse a decision on a card that is held or too old."""
    if release.held:
        raise Refused(f"This release is on hold: {release.held}.")
    if release.expires_at is None or now >= release.expires_at:
        raise Refused("This card has expired. The next version comes with a new one.")


def reject(release: Release, *, by: str, reason: str, revision: int) -> Release:
    """Close a release because a person said no; what is live goes on."""
    if release.revision != revision or not release.is_open:
        raise Refused(CHANGED)
    with transaction.atomic():
        if not close(release, Phase.REJECTED, by=by, because="Rejected", note=reason):
            raise Refused(CHANGED)
    return release


def expire(now: datetime) -> int:
    """Close the cards that nobody decided on in time."""
    late = Release.objects.filter(phase__in=(Phase.AWAITING_APPROVAL, Phase.SCHEDULED), expires_at__lte=now)
    return sum(close(release, Phase.EXPIRED, by="system", because="Nobody decided in time") for release in late)


# Moving


def advance(release: Release, now: datetime) -> int:
    """Enter the release's next step, as its strategy splits it; return the pointer's new revision."""
    step = Step.from_dict(release.steps[release.step + 1])
    split = strategies.strategy(release.strategy).split(step)
    if split.stable:
        raise Refused(f"The strategy {release.strategy} shows two versions at once, which this app does not do yet.")
    return go_live(release, release.step + 1, now)


def go_live(release: Release, step: int, now: datetime) -> int:
    """Point the deployment at the release's version and keep the one that ran until now."""
    deployment = deployment_of(release.shop_id, release.use_case)
    with transaction.atomic():
        moved = Deployment.objects.filter(pk=deployment.pk, revision=deployment.revision).update(
            active=release.version,
            standby=deployment.active,
            canary=None,
            active_since=now,
            revision=deployment.revision + 1,
        )
        if not moved:
            raise Refused(CHANGED)
        version = ModelVersion.objects.select_for_update().get(pk=release.version_id)
        if not version.may_be_released or not release.enter(Phase.LIVE, step=step, weight=100):
            raise Refused(CHANGED)
    return deployment.revision + 1


def tell_live(release: Release, *, by: str, because: str, deployment_revision: int) -> None:
    """Close what was live and write the change down; in the transaction that made it, after what led to it."""
    supersede_live(release)
    record(release, "release.live", by=by, because=because, deployment_revision=deployment_revision)


def supersede_live(release: Release) -> None:
    """Close the release whose version was live until this one."""
    others = Release.objects.for_shop(release.shop_id).filter(use_case=release.use_case, phase=Phase.LIVE)
    for other in others.exclude(pk=release.pk):
        close(other, Phase.SUPERSEDED, by="system", because=f"Version {release.version.number} took over")


def close(release: Release, phase: Release.Phase, *, by: str, because: str, note: str = "") -> bool:
    """End a release, if nobody moved it since it was read."""
    with transaction.atomic():
        moved = release.enter(phase, closed_because=because[:200], weight=0)
        if moved:
            record(release, f"release.{phase.value}", by=by, because=because[:200], note=note)
    return moved


def record(release: Release, kind: str, *, by: str, because: str, **facts: Any) -> LifecycleEvent:
    """Write what happened to a release into its shop's ledger."""
    return LifecycleEvent.record(
        release.shop,
        kind,
        by=by,
        because=because,
        use_case=release.use_case,
        version_number=release.version.number,
        release_id_seen=release.pk,
        artifact_digest=release.version.artifact_digest,
        **facts,
    )
