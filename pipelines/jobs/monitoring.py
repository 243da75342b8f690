"""What runs is watched: once a day hours and reports are brought up to date, and what was counted once is forgotten."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=1800)
def keep_up() -> None:
    """Learn the shops' peak hours, restate closed evidence, forget whose answers were counted."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence import blocks, exposures

    now = timezone.now()
    blocks.keep_up(now)
    exposures.forget_served(now)
