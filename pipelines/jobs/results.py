"""A month is over, or runs: what it brought is worked out, and told to those who asked for it."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=300, is_found_again=True)
def carry_on() -> None:
    """Find the months whose report is missing, old, or may have changed, and those that nobody was handed yet."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.results import hand_out, keep

    now = timezone.now()
    for shop_id, month in turns.whose("results", keep.due(now), now):
        work_out.enqueue(shop_id, month)
    for report_id in turns.whose("reports", hand_out.due(), now):
        print_and_tell.enqueue(report_id)


@job(is_found_again=True)
def work_out(shop_id: int, month: str) -> None:
    """Work out one month of one shop."""
    from datetime import date

    from django.utils import timezone

    from pipelines.lifecycle.results import keep
    from pipelines.lifecycle.results.months import Month
    from pipelines.models import Shop

    shop = Shop.objects.get(pk=shop_id)
    row = keep.make(shop, Month(date.fromisoformat(month), shop.zone), timezone.now())
    if row.is_final and row.told_at is None:
        print_and_tell.enqueue(row.pk)


@job(is_found_again=True)
def print_and_tell(report_id: int) -> None:
    """Print a final report, and have it mailed to those who asked for it."""
    from django.utils import timezone

    from pipelines.lifecycle.results import hand_out

    hand_out.hand_out(report_id, timezone.now())
