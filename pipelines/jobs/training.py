"""New data has arrived, a week is over, or somebody asked: train, then validate, then propose a release."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(queue="training", timeout=1800)
def train_version(shop_id: int, use_case: str, trigger: str) -> None:
    """Train one version; what stops it is written on the run, and only a full disk is worth an early retry."""
    from pipelines.lifecycle import due
    from pipelines.lifecycle.errors import ArtifactNotStored
    from pipelines.lifecycle.versions import runs, train
    from pipelines.models import Shop

    if not due.is_wanted(Shop.objects.get(pk=shop_id), use_case, trigger):
        return
    try:
        version = train.train_version(shop_id=shop_id, use_case=use_case, trigger=trigger)
    except ArtifactNotStored:
        raise
    except runs.EXPECTED:
        return
    validate_version.enqueue(version.pk)


@job(queue="training")
def validate_version(version_id: int) -> None:
    """Judge a version, and propose it where nothing refused it."""
    from pipelines.jobs.releases import propose_release
    from pipelines.lifecycle.versions import validate
    from pipelines.models import ModelVersion

    version = validate.validate_version(ModelVersion.objects.get(pk=version_id))
    if version.may_be_released:
        propose_release.enqueue(version.pk)


@job(queue="training", timeout=1800)
def refresh(shop_id: int, use_case: str) -> None:
    """Write what runs now says today, publish it where the merchant lets us, and look at what moves at once."""
    from pipelines.lifecycle.serving import refresh
    from pipelines.models import Shop
    from pipelines.usecases import USE_CASES

    if USE_CASES[use_case].serves != "batch":  # it answers each visitor by itself
        look(shop_id, use_case)
        return
    refresh.refresh(Shop.objects.get(pk=shop_id), use_case)
    publish.enqueue(shop_id)
    look(shop_id, use_case)
    compare_weeks.enqueue(shop_id, use_case)


@job(queue="training", timeout=1800)
def alongside(shop_id: int, use_case: str) -> None:
    """Let only the candidate answer: a release that starts to run alongside has its first window within minutes."""
    from pipelines.lifecycle.serving import refresh
    from pipelines.models import Shop

    refresh.mirror(Shop.objects.get(pk=shop_id), use_case)
    look(shop_id, use_case)


@job(queue="training", timeout=1800)
def compare_weeks(shop_id: int, use_case: str) -> None:
    """Price the weeks that have matured, and look at the releases that they speak of."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence import paired
    from pipelines.models import Shop

    if paired.compare_weeks(Shop.objects.get(pk=shop_id), use_case, timezone.now()):
        look(shop_id, use_case)


def look(shop_id: int, use_case: str) -> None:
    """Have the releases that are open or live looked at, now that something is known."""
    from pipelines.jobs.releases import evaluate
    from pipelines.models import Release

    moving = Release.objects.for_shop(shop_id).filter(phase__in=[*Release.OPEN, Release.Phase.LIVE])
    for release_id in moving.filter(use_case=use_case).values_list("pk", flat=True):
        evaluate.enqueue(release_id)


@job(queue="training", timeout=1800)
def catch_up(shop_id: int, use_case: str) -> None:
    """Refresh a shop that the clock found behind, unless that was done since."""
    from pipelines.lifecycle import due

    if (shop_id, use_case) in due.refreshes():
        refresh(shop_id, use_case)


@job(timeout=900)
def publish(shop_id: int) -> None:
    """Send the shop's own metafields what changed."""
    from pipelines.lifecycle.serving import publish as stage
    from pipelines.models import Shop

    stage.publish(Shop.objects.get(pk=shop_id))


@job(timeout=120)
def carry_on() -> None:
    """Find what is due or was left lying, by the database alone, and enqueue it."""
    from pipelines.jobs.releases import propose_release
    from pipelines.lifecycle import due

    for run in due.dead_runs():
        train_version.enqueue(*run)
    for run in due.trainings():
        train_version.enqueue(*run)
    for run in due.renewals():
        train_version.enqueue(*run)
    for version_id in due.judgements():
        validate_version.enqueue(version_id)
    for version_id in due.proposals():
        propose_release.enqueue(version_id)
    for shop_id, use_case in due.refreshes():
        catch_up.enqueue(shop_id, use_case)
    for shop_id, use_case in due.unheard():
        alongside.enqueue(shop_id, use_case)
    for shop_id in due.publications():
        publish.enqueue(shop_id)
