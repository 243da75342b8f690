"""Who is shown nothing is drawn once, and what became of them is counted day by day."""

from __future__ import annotations

from pipelines.jobs.queue import job
from pipelines.jobs.releases import publish


@job(timeout=300)
def keep() -> None:
    """Draw hold-outs that are missing, and find those of which a day can be counted."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.evidence.hold_out import days
    from pipelines.lifecycle.hold_outs import drawn

    for shop_id, use_case in drawn.begin_where_missing():
        publish.enqueue(shop_id, use_case)  # a page that says otherwise is believed of nobody
    now = timezone.now()
    for pk in turns.whose("hold-outs", days.due(now), now):
        count.enqueue(pk)


@job(timeout=600, is_found_again=True)
def count(pk: int) -> None:
    """Count the days of one hold-out that are over, and work out what all of them say."""
    from django.utils import timezone

    from pipelines.lifecycle.evidence.hold_out import days, effect
    from pipelines.models import HoldOut

    days.count(pk, timezone.now())
    effect.keep(HoldOut.objects.get(pk=pk))
