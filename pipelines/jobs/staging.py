"""A candidate is ready and a test store is linked: test it there. Two stores have parted: take its fields back."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(queue="training", timeout=1800, is_found_again=True)
def stage(shop_id: int, version_id: int) -> None:
    """Test a version in the test store, unless that is done or being done, and look at its release after that."""
    from django.utils import timezone

    from pipelines.jobs.releases import evaluate
    from pipelines.lifecycle.errors import AlreadyRunning
    from pipelines.lifecycle.sandbox import staging
    from pipelines.models import ModelVersion, Release

    version = ModelVersion.objects.for_shop(shop_id).select_related("shop").get(pk=version_id)
    try:
        run = staging.stage_version(version, timezone.now())
    except AlreadyRunning:
        return
    if run and run.is_over:
        for release_id in version.releases.filter(phase__in=Release.OPEN).values_list("pk", flat=True):
            evaluate.enqueue(shop_id, release_id)


@job(timeout=600, is_found_again=True)
def take_back(shop_id: int) -> None:
    """Delete the fields that a link which ended has left in a store."""
    from django.utils import timezone

    from pipelines.lifecycle.sandbox import fields
    from pipelines.models import Shop

    fields.take_back(Shop.objects.get(pk=shop_id), timezone.now())


@job(timeout=120, is_found_again=True)
def carry_on() -> None:
    """Find what is due or was left lying, by the database alone, and enqueue it."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.sandbox import fields, links, staging

    now = timezone.now()
    links.end_links_of_gone_shops(now)
    for shop_id, version_id in turns.whose("stage", staging.due(), now):
        stage.enqueue(shop_id, version_id)
    for shop_id in turns.whose("take back", fields.left_behind(now), now):
        take_back.enqueue(shop_id)
