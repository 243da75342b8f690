"""What moved is marked on Shopify's charts, where a merchant allows it: found by the ledger, each shop by itself."""

from __future__ import annotations

from pipelines.jobs.queue import job


@job(is_found_again=True)
def carry_on() -> None:
    """Write down what is to be marked, and have every shop of which something waits worked off."""
    from django.utils import timezone

    from pipelines.lifecycle.releases import chart_marks

    now = timezone.now()
    chart_marks.find(now)
    for shop_id in chart_marks.shops_due(now):
        write.enqueue(shop_id)


@job(is_found_again=True)
def write(shop_id: int) -> None:
    """Mark what is due of one shop."""
    from django.utils import timezone

    from pipelines.lifecycle.releases import chart_marks
    from pipelines.models import Shop

    chart_marks.write_due(Shop.objects.get(pk=shop_id), timezone.now())
