"""New data has arrived, a week is over, or somebody asked: train, then validate, then propose a release."""

from __future__ import annotations

from django.conf import settings

from pipelines.jobs.queue import job
from pipelines.jobs.releases import alongside, propose_release, publish, refresh


def begin(shop_id: int, use_case: str, trigger: str) -> None:
    """Have a version trained: by a trainer, or by a Job of the cluster where that is set."""
    way = hand_over if settings.TRAINING_CRONJOB else train_version
    way.enqueue(shop_id, use_case, trigger)


@job(timeout=120, is_found_again=True)
def hand_over(shop_id: int, use_case: str, trigger: str) -> None:
    """Give a training to the cluster; what it does not take is found again, and so is a run whose Job died."""
    from pipelines import cluster
    from pipelines.lifecycle import due
    from pipelines.models import Shop

    shop = Shop.objects.get(pk=shop_id)
    if due.is_wanted(shop, use_case, trigger):
        told = ["train", "--shop", shop.domain, "--use-case", use_case, "--trigger", trigger]
        cluster.begin(f"train-{shop_id}-{use_case.replace('_', '-')}", told)


@job(queue="training", timeout=1800, is_found_again=True)
def train_version(shop_id: int, use_case: str, trigger: str) -> None:
    """Train one version; what stops it is written on the run."""
    from pipelines.lifecycle import due
    from pipelines.lifecycle.versions import runs, train
    from pipelines.models import Shop

    if not due.is_wanted(Shop.objects.get(pk=shop_id), use_case, trigger):
        return
    try:
        version = train.train_version(shop_id=shop_id, use_case=use_case, trigger=trigger)
    except runs.EXPECTED:
        return
    validate_version.enqueue(shop_id, version.pk)


@job(queue="training", is_found_again=True)
def validate_version(shop_id: int, version_id: int) -> None:
    """Judge a version, and propose it where nothing refused it."""
    from pipelines.lifecycle.versions import validate
    from pipelines.models import ModelVersion

    version = validate.validate_version(ModelVersion.objects.for_shop(shop_id).get(pk=version_id))
    if version.may_be_released:
        propose_release.enqueue(shop_id, version.pk)


@job(queue="training", timeout=1800, is_found_again=True)
def catch_up(shop_id: int, use_case: str) -> None:
    """Refresh a shop that the clock found behind, unless that was done since; tell people where it goes on failing."""
    from pipelines.lifecycle import due
    from pipelines.lifecycle.serving import late

    if not due.is_behind(shop_id, use_case):
        return
    with late.told(shop_id, use_case):
        refresh(shop_id, use_case)


@job(timeout=120, is_found_again=True)
def carry_on() -> None:
    """Find what is due or was left lying, by the database alone, and enqueue what has its turn."""
    from django.utils import timezone

    from pipelines.lifecycle import due, turns
    from pipelines.lifecycle.serving import late

    now = timezone.now()
    for run in turns.whose("take over", due.dead_runs(), now):
        begin(*run)
    for run in turns.whose("train", due.trainings(now), now):
        begin(*run)
    for run in turns.whose("train again", due.renewals(now), now):
        begin(*run)
    for shop_id, version_id in turns.whose("judge", due.judgements(now), now):
        validate_version.enqueue(shop_id, version_id)
    for shop_id, version_id in turns.whose("propose", due.proposals(now), now):
        propose_release.enqueue(shop_id, version_id)
    for shop_id, use_case in turns.whose(late.WORK, due.refreshes(now), now):
        catch_up.enqueue(shop_id, use_case)
    for shop_id, use_case in turns.whose("hear", due.unheard(now), now):
        alongside.enqueue(shop_id, use_case)
    for shop_id, use_case in {*turns.whose("publish", due.publications(), now)} - due.being_published(now):
        publish.enqueue(shop_id, use_case)
