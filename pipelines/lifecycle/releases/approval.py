"""Who may say yes, to what exactly, and until when. A refused yes is written down and changes nothing."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines import words
from pipelines.lifecycle import approvers
from pipelines.lifecycle.approvers import OPERATOR, why_not
from pipelines.lifecycle.errors import Refused, StageError
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.releases import freezes, move, rollback
from pipelines.lifecycle.releases.move import CHANGED, Phase
from pipelines.lifecycle.versions import registry
from pipelines.models import Approval, Deployment, LifecycleEvent, Release, Shop

log = logging.getLogger(__name__)

EXPIRES = (Phase.AWAITING_APPROVAL, Phase.SCHEDULED, Phase.CANARY)
NOT_THE_SAME = "The version or its evidence is not what this card showed. Nothing was done."
CLOCK_WENT_BACK = "Our clock is behind the time of this card. Nothing was done; try again when the clock is right."
CLOCKS_DIFFER = timedelta(minutes=5)  # as much as two machines may
NOT_YOURS = "This shop has no such release. Nothing was done."

REFUSALS = {CHANGED: "approval.superseded", NOT_THE_SAME: "approval.blocked"}


def approve(
    card_shown: Release,
    *,
    sub: str,
    artifact_digest: str,
    evidence_digest: str,
    revision: int,
    now: datetime | None = None,
) -> Release:
    """Record the yes of an allowed person to exactly this artifact and evidence, and take the next step."""
    asked_at = now or timezone.now()
    try:
        require_allowed(card_shown, sub)
        require_same(card_shown, artifact_digest, evidence_digest, revision)
        require_in_time(card_shown, asked_at)
        require_somebody_new(card_shown, sub)
        freshness.require_fresh(card_shown.shop, asked_at)
        registry.load_files(card_shown.version)
        require_never_barred(card_shown)
        return give(card_shown, sub, now or timezone.now())  # reading the files took its time: it is live from here
    except StageError as refusal:
        refused(card_shown, sub, refusal)
        raise


def give(waiting: Release, sub: str, now: datetime) -> Release:
    """Write the yes down and go on where it was the last one needed: at once, or at the end of a freeze."""
    with transaction.atomic():
        Shop.objects.lock(waiting.shop_id)
        require_unmoved(waiting)
        freeze = freezes.of(waiting, now)
        Approval.objects.create(
            shop_id=waiting.shop_id,
            release=waiting,
            sub=sub,
            artifact_digest=waiting.version.artifact_digest,
            evidence_digest=waiting.evidence_digest,
            expires_at=waiting.expires_at or now,
        )
        if not approvers.is_approved(waiting, now):
            wait_for_another(waiting, sub)
        elif freeze.holds and freeze.until:
            schedule(waiting, freeze.until, sub, now)
        else:
            revision = move.take_step(waiting, move.next_step(waiting), now)
            tell_given(waiting, sub)
            move.tell_step(waiting, by=sub, because="Approved", deployment_revision=revision)
    return waiting


def require_unmoved(waiting: Release) -> None:
    """Let one decision at a time through, and none on a card that moved since it was read."""
    Deployment.objects.select_for_update(no_key=True).get(shop=waiting.shop_id, use_case=waiting.use_case)
    if not Release.objects.filter(pk=waiting.pk, revision=waiting.revision).exists():
        raise Refused(CHANGED)


def wait_for_another(waiting: Release, sub: str) -> None:
    """Keep the card open for a second person; whoever has the page open sees that it changed."""
    if not waiting.enter(waiting.phase, entered_at=waiting.entered_at):
        raise Refused(CHANGED)
    tell_given(waiting, sub)


def schedule(waiting: Release, until: datetime, sub: str, now: datetime) -> None:
    """Keep an approved release for the end of a freeze."""
    if not waiting.enter(Phase.SCHEDULED, scheduled_for=until, held="", entered_at=now):
        raise Refused(CHANGED)
    tell_given(waiting, sub)
    waiting.record("release.scheduled", by="system", because="Nothing goes live until then", until=until.isoformat())


def tell_given(waiting: Release, sub: str) -> None:
    """Write a yes into the ledger."""
    waiting.record("approval.given", by=sub, because="Approved", evidence_digest=waiting.evidence_digest)


def refused(waiting: Release, sub: str, refusal: StageError) -> None:
    """Write a yes that did not count into the ledger, with the reason."""
    if LifecycleEvent.has_enough(waiting.shop_id, sub):
        log.warning("a yes of %s in shop %d was refused again", sub, waiting.shop_id)
        return
    fresh = Release.objects.select_related("version", "shop").get(pk=waiting.pk)
    fresh.record(REFUSALS.get(refusal.sentence, "approval.refused"), by=sub, because=refusal.sentence)


def refuse_unknown(shop: Shop, *, sub: str, asked_for: int) -> None:
    """Write a yes to a release that this shop does not have into its ledger; whose it is stays unsaid."""
    if not LifecycleEvent.has_enough(shop, sub):
        LifecycleEvent.record(shop, "approval.refused", by=sub, because=NOT_YOURS, asked_for=asked_for)


# What a yes must be


def require_allowed(waiting: Release, sub: str) -> None:
    """Refuse people who may not decide; an operator may release what is proven, never what is not."""
    if sub.startswith(OPERATOR) and not waiting.is_proven:
        raise Refused("This version is not proven: only the merchant can approve it.")
    reason = why_not(waiting.shop_id, sub)
    if reason:
        raise Refused(reason)


def require_same(waiting: Release, artifact_digest: str, evidence_digest: str, revision: int) -> None:
    """Refuse a yes that was given to something else than what would go live."""
    unmoved = Release.objects.filter(pk=waiting.pk, revision=revision)
    if waiting.revision != revision or not waiting.is_waiting_for_merchant or not unmoved.exists():
        raise Refused(CHANGED)
    known = (waiting.version.artifact_digest, waiting.evidence_digest, waiting.card_digest)
    if known != (artifact_digest, evidence_digest, evidence_digest) or not follows_its_card(waiting):
        raise Refused(NOT_THE_SAME)


def follows_its_card(waiting: Release) -> bool:
    """Say whether a release would go the way that its card tells."""
    goes: dict[str, Any] = {"strategy": waiting.strategy, "steps": waiting.steps}
    return all(waiting.evidence.get(name, way) == way for name, way in goes.items())


def require_in_time(waiting: Release, now: datetime) -> None:
    """Refuse a decision on a card that is held or too old, and one on a clock that went back behind the card."""
    if now < waiting.entered_at - CLOCKS_DIFFER:
        raise Refused(CLOCK_WENT_BACK)
    if waiting.held:
        raise Refused(f"This release is on hold: {waiting.held.rstrip('.')}.")
    if waiting.expires_at is None or now >= waiting.expires_at:
        raise Refused("This card has expired. The next version comes with a new one.")


def require_somebody_new(waiting: Release, sub: str) -> None:
    """Refuse a second yes of the same person to the same card."""
    if approvers.approvals_of(waiting).filter(sub=sub).exists():
        raise Refused("You approved this already. A second person must say yes, too.")


def require_never_barred(waiting: Release) -> None:
    """Refuse a version that learned the very same as one that was barred since its checks."""
    twin = registry.barred_twin(waiting.version)
    if twin:
        raise Refused(f"This version is the same as version {twin.number}, which was barred. It never goes live.")


# No, and too late


def reject(waiting: Release, *, by: str, reason: str, revision: int) -> Release:
    """Close a release because a person said no; what is live goes on."""
    if waiting.revision != revision or not waiting.is_open:
        raise Refused(CHANGED)
    if waiting.weight:
        return rollback.abort(waiting, by=by, because="Rejected", note=reason, quarantines=False)
    with transaction.atomic():
        Shop.objects.lock(waiting.shop_id)
        if not move.close(waiting, Phase.REJECTED, by=by, because="Rejected", note=reason):
            raise Refused(CHANGED)
    return waiting


def expire(now: datetime) -> int:
    """Close what nobody decided on in time, and what was approved and shown to nobody in time."""
    late = Release.objects.filter(phase__in=EXPIRES, expires_at__lte=now).select_related("version", "shop")
    return sum(ends(row, now) for row in late)


def ends(row: Release, now: datetime) -> bool:
    """Close one late release; one that somebody moves at this moment holds up no other."""
    try:
        return end(row, now)
    except Refused:
        return False


def end(row: Release, now: datetime) -> bool:
    """Close a release whose time to be decided on, or to be shown to anybody, is over; False while it is not."""
    if row.phase not in EXPIRES or row.expires_at is None or now < row.expires_at:
        return False
    if row.phase == Phase.CANARY and approvers.is_approved(row, now):
        return False  # somebody saw it: the approval is used up, and cannot expire
    why, freeze = why_expired(row, now), freezes.of(row, now)
    if row.weight:
        rollback.abort(row, by=move.SYSTEM, because=why, phase=Phase.EXPIRED, quarantines=False, now=now)
        return True
    with transaction.atomic():
        Shop.objects.lock(row.shop_id)
        if freeze.holds:  # the question comes again at its end
            Release.objects.filter(pk=row.pk, revision=row.revision).update(scheduled_for=freeze.until)
        return move.close(row, Phase.EXPIRED, by=move.SYSTEM, because=why)


def why_expired(waiting: Release, now: datetime) -> str:
    """Say why a card ended."""
    if waiting.phase == Phase.AWAITING_APPROVAL:
        return "Nobody decided in time"
    if waiting.phase == Phase.CANARY:
        return "The approval ended before any shopper saw the version"
    assert waiting.expires_at
    zone = waiting.shop.zone
    until = words.day(waiting.expires_at.astimezone(zone).date(), now.astimezone(zone).date())
    return f"The approval was good until {until}, and nothing went live before that"
