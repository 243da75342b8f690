"""A version is ready, it has answered, or time has passed: let it speak, look at its release, and move that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.jobs import monitoring
from pipelines.jobs.queue import job

if TYPE_CHECKING:
    from pipelines.models import Release


@job(is_found_again=True)
def propose_release(shop_id: int, version_id: int) -> None:
    """Open the release of a version, at most one question a week for routine."""
    from pipelines.lifecycle.releases import propose
    from pipelines.models import ModelVersion

    version = ModelVersion.objects.for_shop(shop_id).select_related("shop").get(pk=version_id)
    if version.may_be_released:
        opened = propose.propose(version, routine=version.runs.filter(trigger="weekly").exists())
        if opened:
            follow(opened.pk, None)


@job(is_found_again=True)
def evaluate(shop_id: int, release_id: int) -> None:
    """Look at a release and do what the policy says; what is served follows at once."""
    from django.utils import timezone

    from pipelines.lifecycle import look as stage
    from pipelines.lifecycle import turns
    from pipelines.models import Deployment, Release
    from pipelines.strategies.reasons import Reason

    row = Release.objects.for_shop(shop_id).get(pk=release_id)
    before = (row.phase, Deployment.of(row.shop_id, row.use_case).revision)
    decision = stage.evaluate(release_id, timezone.now())
    if decision and decision.reason == Reason.RESUMED:  # what held it is over: it goes on now, not at the next look
        stage.evaluate(release_id, timezone.now())
    turns.over("look", (shop_id, release_id))
    follow(release_id, before)


def look_at_open(shop_id: int) -> None:
    """Have every release under way looked at, because what may move in the shop has changed."""
    from pipelines.models import Release

    for release_id in Release.objects.for_shop(shop_id).filter(phase__in=Release.OPEN).values_list("pk", flat=True):
        evaluate.enqueue(shop_id, release_id)


def answer_anew(shop_id: int) -> None:
    """Have everything that runs in a shop answer again, because the merchant changed what it reads."""
    from pipelines.models import Deployment

    for use_case in Deployment.objects.for_shop(shop_id).values_list("use_case", flat=True):
        refresh.enqueue(shop_id, use_case)
        monitoring.compare_circumstances.enqueue(shop_id, use_case)


def follow(release_id: int, before: tuple[str, int] | None) -> None:
    """Have the shop served by what runs now, or let a candidate answer alongside or for its card for the first time."""
    from pipelines.models import Deployment, Release
    from pipelines.usecases import USE_CASES

    row = Release.objects.get(pk=release_id)
    if USE_CASES[row.use_case].serves != "batch":
        return
    now = (row.phase, Deployment.of(row.shop_id, row.use_case).revision)
    if before and now[1] != before[1]:
        serve(row.shop_id, row.use_case)
    elif now != before and (row.phase == Release.Phase.SHADOW or is_first_heard_on_its_card(row)):
        alongside.enqueue(row.shop_id, row.use_case)


def is_first_heard_on_its_card(row: Release) -> bool:
    """Tell whether a release waits for the merchant and never ran alongside: its card shows what it would say."""
    return row.is_waiting_for_merchant and not any(step.get("mirrors") for step in row.steps)


def serve(shop_id: int, use_case: str) -> None:
    """Have a shop served by what runs now: its storefront turns to that at once, and everything is answered anew."""
    publish.enqueue(shop_id, use_case)
    refresh.enqueue(shop_id, use_case)


@job(queue="training", timeout=1800, is_found_again=True)
def refresh(shop_id: int, use_case: str) -> None:
    """Write what runs now says today, publish it where the merchant lets us, and look at what moves at once."""
    from django.utils import timezone

    from pipelines.lifecycle.monitor import accuracy
    from pipelines.lifecycle.releases.speak import speak
    from pipelines.lifecycle.serving import late
    from pipelines.models import Shop
    from pipelines.usecases import USE_CASES

    if USE_CASES[use_case].serves != "batch":  # it answers each visitor by itself
        look(shop_id, use_case)
        return
    shop = Shop.objects.get(pk=shop_id)
    accuracy.judge_held(shop, use_case, timezone.now())
    speak(shop, use_case)
    late.over(shop_id, use_case)
    publish.enqueue(shop_id, use_case)
    look(shop_id, use_case)
    measure.enqueue(shop_id, use_case)


@job(queue="training", timeout=1800, is_found_again=True)
def alongside(shop_id: int, use_case: str) -> None:
    """Let only the candidate answer: a release that starts to run alongside has its first window within minutes."""
    from pipelines.lifecycle.serving import refresh
    from pipelines.models import Shop

    refresh.mirror(Shop.objects.get(pk=shop_id), use_case)
    publish.enqueue(shop_id, use_case)  # visitors may see it only where its lists lie ready
    look(shop_id, use_case)


@job()
def measure_asked() -> None:
    """Have measured what answers on request; of all else it is done after each night's answers."""
    from pipelines.lifecycle import due
    from pipelines.usecases import USE_CASES

    for shop_id, use_case in due.watched():
        if USE_CASES[use_case].serves == "request":
            measure.enqueue(shop_id, use_case)


@job(queue="training", timeout=1800)
def measure(shop_id: int, use_case: str) -> None:
    """Measure what has matured, and look at the releases that it speaks of."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence import kinds
    from pipelines.models import Shop

    if kinds.of(use_case).measure(Shop.objects.get(pk=shop_id), use_case, timezone.now()):
        look(shop_id, use_case)


def look(shop_id: int, use_case: str) -> None:
    """Have the releases that are open or live looked at, now that something is known."""
    from pipelines.models import Release

    moving = Release.objects.for_shop(shop_id).filter(phase__in=[*Release.OPEN, Release.Phase.LIVE])
    for release_id in moving.filter(use_case=use_case).values_list("pk", flat=True):
        evaluate.enqueue(shop_id, release_id)


@job(timeout=900, is_found_again=True)
def publish(shop_id: int, use_case: str) -> None:
    """Send the shop's own metafields what changed of a use case's answers, and tell the storefront what runs."""
    from pipelines.lifecycle import turns
    from pipelines.lifecycle.serving import publish as stage
    from pipelines.models import Shop

    if stage.publish(Shop.objects.get(pk=shop_id), use_case):
        turns.over("publish", (shop_id, use_case))  # it goes on: how it ended is looked at soon


@job(is_found_again=True)
def keep_time() -> None:
    """Close the cards that expired and the alerts that are over, and look at every release that is due."""
    from django.utils import timezone

    from pipelines.lifecycle import look as stage
    from pipelines.lifecycle import turns
    from pipelines.lifecycle.alerts import board, pulses
    from pipelines.lifecycle.releases import approval

    now = timezone.now()
    # First: one late card keeps no other from that.
    for shop_id, release_id in turns.whose("look", stage.due(now), now):
        evaluate.enqueue(shop_id, release_id)
    approval.expire(now)
    board.close_over(now)
    pulses.beat("releases", now)


@job(is_found_again=True)
def look_back() -> None:
    """Say of every late rollback whether it helped, and what it avoided."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence import rollbacks

    for row in rollbacks.due(timezone.now()):
        look_back_at.enqueue(row.shop_id, row.pk)


@job(is_found_again=True)
def look_back_at(shop_id: int, release_id: int) -> None:
    """Say of one rollback whether it helped; what goes wrong with it is not the others' affair."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence import rollbacks
    from pipelines.models import Release

    row = Release.objects.for_shop(shop_id).select_related("shop", "version").get(pk=release_id)
    rollbacks.look_back(row, timezone.now())
