"""A report that is final is printed, and handed to those who asked for it: once, however often that is tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction

from pipelines.lifecycle.alerts import outbox
from pipelines.lifecycle.results.months import Month
from pipelines.models import MonthReport, Shop

IS_NEWS = timedelta(days=14)  # since it could be final


def due() -> Iterator[int]:
    """Yield the final reports that were not handed out yet."""
    rows = MonthReport.objects.filter(is_final=True, told_at=None)
    yield from rows.filter(shop__in=Shop.objects.installed()).order_by("pk").values_list("pk", flat=True)


def hand_out(pk: int, now: datetime) -> bool:
    """Print a report and have it mailed; False where somebody did so before, or it is not final.

    What is old is printed and not mailed: nobody is sent months of the past.
    """
    from pipelines.lifecycle.results.pdf import printed  # who only looks for what is due prints nothing

    row = MonthReport.objects.select_related("shop").filter(pk=pk, is_final=True, told_at=None).first()
    if row is None:
        return False
    file = printed(row)
    with transaction.atomic():
        if not MonthReport.objects.filter(pk=pk, told_at=None).update(told_at=now, pdf=file):
            return False
        if now < Month(row.month, row.shop.zone).final_at + IS_NEWS:
            outbox.put_report(row.shop, row.month, now)
    return True
