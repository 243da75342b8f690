"""Go back: take a new version away, or return to the last healthy one, else to the safe default.

Never blocked by age, freeze, hold or approval. A rollback beats an approval in a race: whatever was on its way to be
approved must be looked at again, since what it would replace has changed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.evidence.pace import WINDOW
from pipelines.lifecycle.releases import move, traffic
from pipelines.lifecycle.releases.move import SYSTEM, Phase
from pipelines.lifecycle.versions import registry
from pipelines.models import Approval, Deployment, ModelVersion, Publication, Release, Shop
from pipelines.models.releases import evidence_digest
from pipelines.usecases import USE_CASES

MOVED_ON = "Another version went live since you opened this page. Nothing was done; look at it again."
VOID = "A rollback came first"
WORD = "roll back"
MUCH = 0.05  # of the shop's sales: what a version is worth in a week, from which on a way back takes a typed word


def abort(
    row: Release,
    *,
    by: str,
    because: str,
    quarantines: bool = False,
    phase: Phase | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Release:
    """Take a version away that is not live yet, whoever sees it; what is live goes on. Only harm bars it."""
    now = now or timezone.now()
    with transaction.atomic():
        Shop.objects.lock(row.shop_id)
        lock(Deployment.of(row.shop_id, row.use_case))
        shown = Deployment.objects.for_shop(row.shop_id).filter(use_case=row.use_case, canary=row.version_id)
        cools_down = {} if phase == Phase.EXPIRED else cooldown(by, now)  # an answer that did not come is no rollback
        is_shown = shown.update(canary=None, revision=F("revision") + 1, **cools_down)
        void_approvals(row)
        phase = phase or (Phase.ROLLED_BACK if is_shown else Phase.REJECTED)
        if not move.close(row, phase, by=by, because=because, note=note):
            raise Refused(move.CHANGED)
        if quarantines:
            registry.quarantine(row.version, by=by, because=because[:200])
    return row


def roll_back(
    deployment: Deployment,
    *,
    by: str,
    because: str,
    revision: int,
    quarantines: bool = False,
    now: datetime | None = None,
) -> ModelVersion | None:
    """Take the live version away, for good where it did harm; return what runs now, nothing for the safe default."""
    now = now or timezone.now()
    taken = deployment.active
    if deployment.revision != revision:
        raise Refused(MOVED_ON)
    if taken is None:
        raise Refused("The simple rule runs already; there is nothing to roll back.")
    with transaction.atomic():
        Shop.objects.lock(deployment.shop_id)
        lock(deployment)
        target = target_of(deployment)
        moved = Deployment.objects.filter(pk=deployment.pk, revision=revision).update(
            active=target, standby=None, canary=None, active_since=now, revision=revision + 1, **cooldown(by, now)
        )
        if not moved:
            raise Refused(MOVED_ON)
        void_open_cards(deployment, target)
        close_live(deployment, taken, target, by=by, because=because, now=now)
        if quarantines:
            registry.quarantine(taken, by=by, because=because[:200])
    deployment.refresh_from_db()
    return target


def word_to_type(deployment: Deployment) -> str:
    """Return the word that a person must type to go back, where much money depends on what is live; else nothing."""
    weekly_sales = traffic.sold_lately(deployment.shop_id) / (WINDOW.days / 7)
    return WORD if weekly_sales and worth_a_week(deployment.active) >= MUCH * weekly_sales else ""


def worth_a_week(version: ModelVersion | None) -> float:
    """Return what a version brings in a week against the simple rule, as replayed; nothing where nobody measured it."""
    replay = version.replay if version else {}
    against = (replay.get("versus") or {}).get("naive") or [{}]
    return (against[0].get("profit") or 0) / (replay.get("weeks") or 1)


def require_word(deployment: Deployment, typed: str) -> None:
    """Refuse a person's way back that was not typed where it must be."""
    word = word_to_type(deployment)
    if word and typed.strip().lower() != word:
        raise Refused(f"Much money depends on this version. Type “{word}” to go back.")


def lock(deployment: Deployment) -> None:
    """Take every row that a rollback may touch, in the order in which all moves take them.

    No lock takes a row's key: who writes a row that points here holds the ledger, and would wait for us for ever.
    """
    mine = {"shop": deployment.shop_id, "use_case": deployment.use_case}
    current = Deployment.objects.select_for_update(no_key=True).get(pk=deployment.pk)
    list(
        ModelVersion.objects.select_for_update(no_key=True)
        .filter(pk__in=[current.active_id, current.canary_id])
        .only("pk")
    )
    moving = Release.objects.select_for_update(no_key=True).filter(**mine, phase__in=[*Release.OPEN, Phase.LIVE])
    list(moving.only("pk").order_by("pk"))


def cooldown(by: str, now: datetime) -> dict[str, datetime]:
    """Start the cooldown where nobody but us decided."""
    return {"rolled_back_at": now} if by == SYSTEM else {}


def target_of(deployment: Deployment) -> ModelVersion | None:
    """Return the last live version that ran healthy for a day and may still run, else nothing: the safe default."""
    return next((row.version for row in healthy_releases(deployment)), None)


def way_takes(deployment: Deployment, target: ModelVersion | None) -> str:
    """Say what a way back waits for where the lists of what it leads to lie in no slot any more; else nothing."""
    case = USE_CASES[deployment.use_case]
    row = Publication.objects.for_shop(deployment.shop_id).filter(use_case=case.slug).first() if case.slotted else None
    if row is None or not row.pointer.get("live") or row.lies_ready(target.pk if target else None):
        return ""
    return (
        f"Its {case.words.answers} do not lie on your products any more, so they are written again first, in one bulk"
        " operation: some minutes, more where products are very many. Until then shoppers see what they see now."
    )


def healthy_releases(deployment: Deployment) -> QuerySet[Release]:
    """List the releases that may be returned to, the last one first."""
    mine = Release.objects.for_shop(deployment.shop_id).filter(
        use_case=deployment.use_case,
        phase=Phase.SUPERSEDED,
        was_healthy_at__isnull=False,
        version__state__in=(ModelVersion.State.VALIDATED, ModelVersion.State.UNDECIDED),
    )
    return mine.exclude(version=deployment.active_id).select_related("version", "shop").order_by("-was_healthy_at")[:1]


def close_live(
    deployment: Deployment, taken: ModelVersion, target: ModelVersion | None, *, by: str, because: str, now: datetime
) -> None:
    """End the live release and write down where the shop went; the release that it went back to is live again."""
    live = Release.objects.for_shop(deployment.shop_id).filter(use_case=deployment.use_case, phase=Phase.LIVE)
    for row in live.filter(version=taken).select_related("version", "shop"):
        move.close(row, Phase.ROLLED_BACK, by=by, because=because)
    earlier = Release.objects.for_shop(deployment.shop_id).filter(version=target, phase=Phase.SUPERSEDED)
    for row in earlier.select_related("version", "shop") if target else []:
        row.enter(Phase.LIVE, weight=100, closed_because="", entered_at=now, healthy_since=now)
        row.record("release.restored", by=by, because=f"Version {taken.number} was rolled back")


def void_open_cards(deployment: Deployment, target: ModelVersion | None) -> None:
    """Make a decision that is on its way fail: what it would replace has just changed (rollback beats approval)."""
    waiting = Release.under_way(deployment.shop_id, deployment.use_case)
    if waiting is None:
        return
    void_approvals(waiting)
    if waiting.weight or waiting.phase == Phase.SCHEDULED:
        move.close(waiting, Phase.SUPERSEDED, by=SYSTEM, because="What it was compared with was rolled back")
    else:
        shown = waiting.evidence | {"compared_with": target.number if target else None}
        digest = evidence_digest(shown)
        waiting.enter(waiting.phase, entered_at=waiting.entered_at, evidence=shown, evidence_digest=digest)


def void_approvals(row: Release) -> None:
    """Note that a yes did not come to anything."""
    given = Approval.objects.for_shop(row.shop_id).filter(release=row, voided_because="", consumed_at=None)
    given.update(voided_because=VOID)
