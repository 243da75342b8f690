"""Every day the ledgers are signed, where the key is."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(queue="training", timeout=1800)
def sign_heads() -> None:
    """Sign the newest entry of each shop's ledger, once a day."""
    from django.utils import timezone

    from pipelines.lifecycle.alerts import heads

    heads.sign_heads(timezone.now())
