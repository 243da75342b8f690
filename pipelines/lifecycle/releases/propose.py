"""Propose a version: open its release, plan it, and take the first step, or say why nobody is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from pipelines import words
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import card, freezes, move, sameness, traffic
from pipelines.lifecycle.releases.move import SYSTEM, Phase
from pipelines.lifecycle.sandbox import staging
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Release, Shop
from pipelines.strategies.freezing import Effect

ROUTINE_ASKS_EVERY = timedelta(days=7)
REPLACEABLE = (Phase.STAGED, Phase.SHADOW, Phase.AWAITING_APPROVAL, Phase.SCHEDULED)
OUTLASTS = Effect.OUTLASTS
ONCE_A_WEEK = "Routine questions come once a week"


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
            facts: dict[str, Any] = {
                "use_case": version.use_case,
                "version_number": version.number,
                "strategy": strategy,
            }
            LifecycleEvent.record(version.shop, "release.refused", by=by, because=refusal.sentence[:200], **facts)
        raise


def open_one(version: ModelVersion, *, routine: bool, again: bool, strategy: str, now: datetime) -> Release | None:
    """Open a release; nothing while another release is being rolled out."""
    if not version.may_be_released:
        raise Refused(f"Version {version.number} was {version.state} and cannot be released.")
    known = traffic.known_of(Deployment.of(version.shop_id, version.use_case))
    with transaction.atomic():
        Shop.objects.lock(version.shop_id)
        deployment = Deployment.objects.select_for_update(no_key=True).get(
            shop=version.shop_id, use_case=version.use_case
        )
        earlier = version.releases.order_by("-pk").first()
        if earlier and not (again and earlier.may_come_again):
            return earlier
        waiting = Release.under_way(version.shop_id, version.use_case)
        same = what_is_the_same(version, deployment, waiting)
        if waiting and not same and not gives_way(waiting, version, now):
            return None
        release = card.planned(version, deployment, known, strategy=strategy)
        if same:
            return set_aside(release, because=same)
        if waiting:
            move.close(waiting, Phase.SUPERSEDED, by=SYSTEM, because=f"Version {version.number} replaced it")
        stage(release, replaced=waiting)
        if routine:
            wait_for_the_week(release, now)
        begin(release, now)
    return release


def what_is_the_same(version: ModelVersion, deployment: Deployment, waiting: Release | None) -> str:
    """Say why nobody needs to be asked about a version: what runs, or what waits, is the same; else nothing."""
    known = sameness.why_nothing_differs(version, deployment.active)
    return known or sameness.why_nothing_differs(version, waiting.version if waiting else None)


def set_aside(release: Release, *, because: str) -> Release:
    """Write down that a version was replaced before anybody was asked, by what is the same."""
    release.phase, release.closed_because = Phase.SUPERSEDED, because
    release.save()
    release.record("release.superseded", by=SYSTEM, because=because)
    return release


def gives_way(waiting: Release, version: ModelVersion, now: datetime) -> bool:
    """Say whether a release may be replaced: of an older version, seen by no shopper, and no yes would be lost."""
    is_granted = waiting.phase == Phase.SCHEDULED and freezes.of(waiting, now).effect is not OUTLASTS
    is_older = waiting.version.number < version.number
    return waiting.phase in REPLACEABLE and not waiting.weight and is_older and not is_granted


def stage(release: Release, *, replaced: Release | None) -> None:
    """Write the release down; the question that it replaces was asked already."""
    release.asked_at = replaced.asked_at if replaced else None
    release.save()
    release.record("release.staged", by=SYSTEM, because="A new version is ready")


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
    return newest.asked_at + ROUTINE_ASKS_EVERY if newest and newest.asked_at else None


def waits_for_the_week(release: Release, now: datetime) -> bool:
    """Say whether the week holds a release; one that was held for its test store waits for nothing else."""
    return release.held.startswith(ONCE_A_WEEK) and (next_routine_ask(release) or now) > now


def begin(release: Release, now: datetime) -> bool:
    """Take the first step of a staged release, unless its week or its test store is still to come."""
    if release.is_paused or release.phase != Phase.STAGED or waits_for_the_week(release, now):
        return False
    trial, freeze = staging.trial_of(release), freezes.of(release, now)
    return move.take_the_first(release, now, waits=trial.waits, gate=trial.gate, is_in_vain=freeze.effect is OUTLASTS)
