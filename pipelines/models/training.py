"""Datasets and training runs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pipelines.models.base import ShopTable


class DatasetSnapshot(ShopTable):
    """What a training saw: window, rows, digest, and what was left out."""

    use_case = models.CharField(max_length=40)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)  # the last complete day in the shop's zone
    series = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64)  # sha256 of the frames
    quality = models.JSONField(default=list)  # [{name, verdict, text, value, threshold}]: ok, warn or stop
    shares = models.JSONField(default=dict)  # stock-out days known, unknown, suspected; lines left out and why
    newest_order_at = models.DateTimeField(null=True)
    newest_pull_at = models.DateTimeField(null=True)
    newest_delivery = models.BigIntegerField(null=True)  # the last of Shopify's deliveries that was in it
    created_at = models.DateTimeField(auto_now_add=True)


class TrainingRun(ShopTable):
    """One attempt to make a version: its steps, cost and, when it stops, a sentence that a merchant can read."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"  # expected: too little or stale data
        FAILED = "failed"

    use_case = models.CharField(max_length=40)
    trigger = models.CharField(max_length=60)  # first, weekly, renewal, merchant, operator, decay, drift of …
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    steps = models.JSONField(default=list)  # [{name, started, seconds, cpu_seconds}]
    percent = models.PositiveSmallIntegerField(default=0)
    dataset = models.ForeignKey(DatasetSnapshot, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.SET_NULL, related_name="runs")
    cpu_seconds = models.FloatField(default=0)
    memory_mb = models.FloatField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "use_case", "-created_at"], name="run_by_shop")]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "use_case"], condition=Q(state__in=["queued", "running"]), name="run_one_at_a_time"
            )
        ]


class ComputedDay(ShopTable):
    """What one day of a use case took to compute, beside its trainings: processor time, most memory, how often."""

    class What(models.TextChoices):
        REFRESH = "refresh"  # what runs answered for everything
        WATCH = "watch"  # accuracy and drift were worked out
        ANSWER = "answer"  # visitors' questions

    use_case = models.CharField(max_length=40)
    what = models.CharField(max_length=8, choices=What)
    day = models.DateField()  # of the shop
    seconds = models.FloatField(default=0)
    memory_mb = models.FloatField(default=0)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "use_case", "what", "day"], name="computed_day_once")]
