"""What each month was worth, as it was claimed."""

from __future__ import annotations

from django.db import models

from pipelines.models.base import ShopTable


class MonthReport(ShopTable):
    """One month of a shop: provisional until its last day is known for good, then kept as it was claimed."""

    month = models.DateField()  # its first day
    figures = models.JSONField()
    digest = models.CharField(max_length=64)  # of the figures
    is_final = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField()  # when it was last compared with what is known since
    restated = models.JSONField(default=list)  # claims that later corrections made another: as they were and are
    pdf = models.BinaryField(default=b"")  # once it is final
    told_at = models.DateTimeField(null=True)  # when it was handed to those who want it mailed: once

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "month"], name="month_report_once")]
