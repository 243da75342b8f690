"""What is no longer needed is forgotten."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=600)
def forget() -> None:
    """Delete old deliveries, and files that were left of erased shops."""
    from pipelines.lifecycle.ingest import privacy

    privacy.purge_deliveries()
    privacy.finish_erasing()
