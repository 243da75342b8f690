"""Look at a release, decide, act once: gather facts, ask the policy, move by one conditional update.

The policy decides; nothing here knows which use case or which strategy it is. Looking twice does no harm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.db import transaction
from django.db.models import Q

from pipelines import strategies
from pipelines.lifecycle import approvers
from pipelines.lifecycle.alerts import board, lives
from pipelines.lifecycle.errors import ArtifactRefused, ArtifactUnavailable, Refused
from pipelines.lifecycle.evidence import kinds, windows
from pipelines.lifecycle.ingest import freshness
from pipelines.lifecycle.monitor.watch import inputs
from pipelines.lifecycle.releases import approval, card, freezes, move, propose, rollback, traffic
from pipelines.lifecycle.releases.move import SYSTEM, Phase
from pipelines.lifecycle.versions import registry
from pipelines.models import Deployment, LifecycleEvent, Measurement, ModelVersion, Release, Shop, ShopSettings
from pipelines.strategies import Action, Decision, Health, Situation, Window, claims, policy
from pipelines.strategies.reasons import Reason
from pipelines.usecases import USE_CASES

LOOKED_AT_EVERY = timedelta(minutes=15)
CLOCKS_DIFFER = timedelta(minutes=1)  # between workers, without a clock having gone back
HEALTHY_AFTER = timedelta(hours=24)
PROMOTIONS_WINDOW = timedelta(days=7)
WINDOWS_DRAWN = 120
GONE = "It was taken away at once and is used no more. There is nothing left to do."
FIGURES = ("ratio", "harm", "harm_at_peak", "non_inferior", "next_loss")


@dataclass(frozen=True)
class Look:
    """One look at a release: the facts, what the pages show of them, and what is to be done."""

    now: datetime
    situation: Situation
    analysis: dict[str, Any]
    decision: Decision


def due(now: datetime) -> Iterator[tuple[int, int]]:
    """Yield the releases that somebody should look at: under way or live, and not looked at for a while."""
    open_or_live = Release.objects.filter(
        phase__in=[*Release.OPEN, Phase.LIVE], shop__uninstalled_at=None, use_case__in=[*USE_CASES]
    )
    never = Q(evaluated_at=None) | Q(evaluated_at__gt=now + CLOCKS_DIFFER)  # or by a clock that went wrong
    late = open_or_live.filter(never | Q(evaluated_at__lte=now - LOOKED_AT_EVERY))
    yield from late.order_by("evaluated_at").values_list("shop_id", "pk")


def evaluate(release_id: int, now: datetime) -> Decision | None:
    """Look at one release and do what the policy says; nothing where it is over."""
    row = Release.objects.select_related("version", "shop").get(pk=release_id)
    if row.phase == Phase.STAGED:
        propose.begin(row, now)
        return None
    if not (row.is_open or row.phase == Phase.LIVE) or approval.end(row, now):
        return None
    situation, analysis = gather(row, now)
    decision = with_its_files(row, policy.decide(strategies.strategy(row.strategy), situation))
    look = Look(now, situation, analysis, decision)
    remember(row, look)
    if row.phase == Phase.LIVE:
        note_health(row, look)
    act(row, look)
    return decision


def with_its_files(row: Release, decision: Decision) -> Decision:
    """Hold what would move forward where nobody can read its files: they are checked before each step."""
    moves = decision.action in (Action.ADVANCE, Action.ASK) and row.phase != Phase.AWAITING_APPROVAL
    if not moves and decision.reason is not Reason.RESUMED:
        return decision
    try:
        registry.load_files(row.version)
    except (ArtifactRefused, ArtifactUnavailable) as absence:
        return Decision(Action.HOLD, Reason.FILES, absence.sentence)
    return decision


# Gathering


def gather(row: Release, now: datetime) -> tuple[Situation, dict[str, Any]]:
    """Collect everything that the decision may depend on."""
    measured, analysis = kinds.of(row.use_case).weigh(row, now)
    plan = row.evidence.get("plan", {})
    pointer = Deployment.of(row.shop_id, row.use_case)
    newest, settings = freshness.newest_pull_at(row.shop), ShopSettings.of(row.shop_id)
    situation = Situation(
        now=now,
        phase=row.phase,
        steps=tuple(move.steps_of(row)),
        step=row.step,
        stepped_at=row.entered_at,
        exposed_at=row.exposed_at,
        maximum=timedelta(days=row.evidence.get("maximum_days", 7)),
        windows=windows.windows_of(row, now),
        evidence=measured,
        is_proven=row.is_proven,
        is_approved=approvers.is_approved(row, now),
        is_paused=row.is_paused,
        held=row.held,
        frozen_until=freezes.held_until(row, now),
        protection=freezes.protection_of(row.use_case, pointer),
        yes_lasts=settings.approval_lifetime,
        data_age=now - newest if newest else None,
        artifact_is_safe=row.version.state != ModelVersion.State.QUARANTINED,
        evidence_is_same=row.card_digest == row.evidence_digest,
        risk_budget=plan.get("risk_budget_minor"),
        asks_before_all=bool(plan.get("asks_before_all")),
        automatic_promotions=automatic_promotions(row, now),
        rolled_back_at=pointer.rolled_back_at,
        inputs=inputs.of(row, now),
        drift_limit=settings.drift_limit(row.use_case),
        clock_went_back=bool(row.evaluated_at and row.evaluated_at > now + CLOCKS_DIFFER),
    )
    return situation, analysis


def automatic_promotions(row: Release, now: datetime) -> int:
    """Count how often we made a version live by ourselves within the last days."""
    if row.phase != Phase.CANARY:
        return 0
    mine = LifecycleEvent.objects.for_shop(row.shop_id).filter(use_case=row.use_case, kind="release.live", by=SYSTEM)
    return mine.filter(at__gte=now - PROMOTIONS_WINDOW).count()


# Remembering


def remember(row: Release, look: Look) -> None:
    """Keep the newest look for the pages; a look from the past changes nothing."""
    if look.situation.clock_went_back:
        return
    told = {"action": look.decision.action.value, "reason": look.decision.reason, "sentence": sentence_of(look)}
    figures: dict[str, Any] = {"at": look.now.isoformat(), "windows": drawn(look.situation.windows)}
    figures |= {"verdict": policy.judge(look.situation).value, "speaks": claims.speaks(look.situation.evidence)}
    row.analysis = storable(look.analysis | told | figures)
    row.evaluated_at = look.now
    Release.objects.filter(pk=row.pk).update(analysis=row.analysis, evaluated_at=look.now)


def sentence_of(look: Look) -> str:
    """Say why what is done is done; where nothing is done, what the comparison says instead."""
    compared = look.analysis.get("sentence") if look.decision.reason in (Reason.WELL, Reason.SHORT) else None
    return compared or look.decision.sentence


def storable(value: Any) -> Any:
    """Leave out what is not a number: the database takes none, and the look would be lost with what it decided."""
    if isinstance(value, dict):
        return {name: storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def drawn(seen: tuple[Window, ...]) -> list[dict[str, str]]:
    """Turn windows into what the pages draw."""
    return [{"at": window.starts_at.isoformat(), "health": window.health.value} for window in seen[-WINDOWS_DRAWN:]]


def log(row: Release, look: Look) -> None:
    """Write down which figures decided; later corrections never change them."""
    measured = look.situation.evidence
    known = {name: getattr(measured, name) for name in FIGURES} | measured.guardrails
    rows = [
        Measurement(
            shop_id=row.shop_id,
            use_case=row.use_case,
            version=row.version,
            release=row,
            metric=name,
            starts_at=look.now,
            ends_at=look.now,
            n=measured.units or measured.weeks,
            value=value,
            verdict=look.decision.action.value,
        )
        for name, value in known.items()
        if value is not None
    ]
    Measurement.objects.bulk_create(rows, ignore_conflicts=True)


def note_health(row: Release, look: Look) -> None:
    """Note since when a live version is healthy, and that it was for a day: then the shop may return to it."""
    seen = look.situation.windows
    ill = [window.ends_at for window in seen if window.health is Health.BREACH]
    since = max([row.healthy_since or row.entered_at, *ill])
    answered = any(window.health is Health.OK and window.ends_at >= since for window in seen)
    changes: dict[str, Any] = {"healthy_since": since}
    if answered and look.now - since >= HEALTHY_AFTER:
        changes["was_healthy_at"] = look.now
    Release.objects.filter(pk=row.pk, phase=Phase.LIVE).update(**changes)


# Acting


def act(row: Release, look: Look) -> None:
    """Do what was decided, unless somebody moved the release meanwhile."""
    try:
        ACTIONS[look.decision.action](row, look)
    except Refused:
        if look.decision.action is Action.ABORT:  # who was first may not win time for a version that does harm
            Release.objects.filter(pk=row.pk).update(evaluated_at=None)
        return  # another worker or a person was first; the next look sees what is now
    alert_on(row, look)


def advance(row: Release, look: Look) -> None:
    """Take the next step."""
    with transaction.atomic():
        Shop.objects.lock(row.shop_id)
        step = row.step + 1 if look.decision.step is None else look.decision.step
        if not move.enter_step(row, step, look.now, by=SYSTEM, because=look.decision.sentence):
            raise Refused(move.CHANGED)
        log(row, look)


def ask_again(row: Release, look: Look) -> None:
    """Let the merchant decide: on the card that waits already, or half-way on one that shows what was measured."""
    if row.phase == Phase.AWAITING_APPROVAL:
        move.let_go(row)
        return
    if row.phase == Phase.SHADOW:
        advance(row, look)
        return
    is_proven = row.is_proven and look.decision.reason == Reason.ASKED_FOR
    with transaction.atomic():
        Shop.objects.lock(row.shop_id)
        evidence_now = card.add_measurements(row.evidence, row.analysis, is_proven=is_proven)
        if not move.ask_merchant(row, look.now, evidence=evidence_now):
            raise Refused(move.CHANGED)
        log(row, look)


def pause(row: Release, look: Look) -> None:
    """Stay on the step; what held it is over."""
    move.let_go(row)


def hold(row: Release, look: Look) -> None:
    """Stay and say why."""
    waits_anyway = row.phase == Phase.SCHEDULED and look.decision.until
    if waits_anyway and row.scheduled_for != look.decision.until:  # the freeze was changed since
        Release.objects.filter(pk=row.pk, revision=row.revision).update(scheduled_for=look.decision.until)
    if row.phase != Phase.LIVE and not waits_anyway and move.hold(row, look.decision.sentence):
        log(row, look)


def abort(row: Release, look: Look) -> None:
    """Take the version away."""
    why, harmful = look.decision.sentence, look.decision.quarantines
    with transaction.atomic():
        Shop.objects.lock(row.shop_id)
        if row.phase == Phase.LIVE:
            pointer = Deployment.of(row.shop_id, row.use_case)
            if pointer.active_id != row.version_id:
                raise Refused(move.CHANGED)
            rollback.roll_back(
                pointer, by=SYSTEM, because=why, revision=pointer.revision, quarantines=harmful, now=look.now
            )
        else:
            rollback.abort(row, by=SYSTEM, because=why, quarantines=harmful, now=look.now)
        log(row, look)


ACTIONS: dict[Action, Callable[[Release, Look], None]] = {
    Action.ADVANCE: advance,
    Action.ASK: ask_again,
    Action.PAUSE: pause,
    Action.HOLD: hold,
    Action.ABORT: abort,
}


SEE = "Open the release: it shows what was measured, and you can pause it or go back there."
NEXT_STEPS = {
    Action.ABORT: "Nothing to do now: what ran before answers again. The release shows what was measured.",
    Action.ASK: "Open the release and decide. Nothing changes until you do.",
    Action.PAUSE: "Open the release and say whether it goes on. Until then nothing goes forward.",
    Action.HOLD: "Nothing goes forward meanwhile, and we look again by ourselves. You can go back on the release.",
}


def alert_on(row: Release, look: Look) -> None:
    """Alert where somebody should know, with the money at risk in this hour; close what has been calm since."""
    is_gone = look.decision.action is Action.ABORT
    if look.decision.alert:
        board.tell(
            row.shop,
            f"release:{row.pk}:{look.decision.reason}",
            title=look.decision.sentence,
            next_step=NEXT_STEPS.get(look.decision.action, SEE),
            severity=look.decision.alert,
            use_case=row.use_case,
            release=row,
            text=GONE if is_gone else "",
            minor_per_hour=None if is_gone else traffic.sales_an_hour(row.shop, look.now),
            now=look.now,
        )
    for alert in row.alerts.open():
        if lives.has_calmed(alert.last_at, look.now, windows.length_of(row)):
            board.close(row.shop, alert.key, look.now)
