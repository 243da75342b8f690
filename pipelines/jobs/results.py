"""What is put on paper: what a month brought, told to those who asked for it, and orders to suppliers."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(timeout=300, is_found_again=True)
def carry_on() -> None:
    """Find the months whose report is missing, old or not handed out, and the orders that are not printed."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.buying import printing
    from pipelines.lifecycle.results import hand_out, keep

    now = timezone.now()
    for shop_id, month in turns.whose("results", keep.due(now), now):
        work_out.enqueue(shop_id, month)
    for report_id in turns.whose("reports", hand_out.due(), now):
        print_and_tell.enqueue(report_id)
    for order_id in turns.whose("papers", printing.due(), now):
        print_order.enqueue(order_id)


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


@job(is_found_again=True)
def print_order(order_id: int) -> None:
    """Print an order to a supplier as it stands."""
    from pipelines.lifecycle.buying import printing

    printing.keep(order_id)
