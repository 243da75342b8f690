"""What is no longer needed is forgotten."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=3600)
def end_lives() -> None:
    """Delete what was kept long enough."""
    from django.utils import timezone

    from pipelines.lifecycle import retention

    retention.forget(timezone.now())


@job(timeout=600)
def forget() -> None:
    """Delete old deliveries, and files that were left of erased shops."""
    from pipelines.lifecycle.ingest import privacy

    privacy.purge_deliveries()
    privacy.finish_erasing()
