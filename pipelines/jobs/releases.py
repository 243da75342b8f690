"""A version is ready: ask the merchant, and close what nobody decided on."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job()
def propose_release(version_id: int) -> None:
    """Open the release of a version and ask the merchant, at most once a week for routine."""
    from pipelines.lifecycle import release
    from pipelines.models import ModelVersion

    version = ModelVersion.objects.select_related("shop").get(pk=version_id)
    if version.may_be_released:
        release.propose(version, routine=version.runs.filter(trigger="weekly").exists())


@job()
def keep_time() -> None:
    """Close the cards that expired and ask the questions whose week is over."""
    from django.utils import timezone

    from pipelines.lifecycle import release

    release.expire(timezone.now())
    release.ask_held(timezone.now())
