"""How what runs is doing: windows of serving, weeks compared in money, measurements, hold-outs, each month's worth."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from pipelines.models.base import ShopTable
from pipelines.models.releases import new_seed


class ServingWindow(ShopTable):
    """How one arm answered in one window: an hour, or a day for use cases that answer in batches."""

    use_case = models.CharField(max_length=40)
    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=7)  # stable, canary (also while it only runs alongside)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    expected = models.FloatField(null=True)  # units, by the same hours of past weeks; null: not asked yet
    units = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)  # units with at least one error
    slow = models.PositiveIntegerField(default=0)  # units with at least one answer over the objective
    broken = models.CharField(max_length=200, blank=True)  # schema breakage, NaN, missing units: in words
    heartbeats = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "use_case", "arm", "version", "starts_at"],
                nulls_distinct=False,
                name="serving_window_once",
            )
        ]
        indexes = [models.Index(fields=["shop", "use_case", "-starts_at"], name="serving_window_by_time")]


class PairedWeek(ShopTable):
    """What the errors of two versions cost in one week of the same units; the loss that decided stays as it was."""

    use_case = models.CharField(max_length=40)
    version = models.ForeignKey("pipelines.ModelVersion", on_delete=models.CASCADE, related_name="+")
    against = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    loss_minor = models.FloatField()
    against_minor = models.FloatField()
    bets = models.JSONField(
        default=dict, db_default={}
    )  # how much worse it did by what needs no scale: name -> -1 to 1
    units = models.PositiveIntegerField(default=0)  # that were compared
    coverage = models.FloatField(default=1)  # share of the units' days that could be judged
    matured_at = models.DateTimeField()
    restated = models.JSONField(null=True)  # both losses after later cancellations: for the report

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "version", "against", "first_day"], nulls_distinct=False, name="paired_week_once"
            )
        ]


class Measurement(ShopTable):
    """One figure of one look: what it was when it decided, and what it became."""

    use_case = models.CharField(max_length=40)
    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    release = models.ForeignKey("pipelines.Release", null=True, on_delete=models.CASCADE, related_name="+")
    metric = models.CharField(max_length=40)
    segment = models.CharField(max_length=40, default="all")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    n = models.PositiveBigIntegerField(default=0)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    verdict = models.CharField(max_length=20, blank=True)  # ok, breach, no_data, quiet, insufficient, …
    restated = models.FloatField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "use_case", "version", "release", "metric", "segment", "starts_at"],
                nulls_distinct=False,
                name="measurement_once",
            )
        ]
        indexes = [BrinIndex(fields=["starts_at"], autosummarize=True, name="measurement_by_time")]


class ChanceDay(ShopTable):
    """What those who were shown chances were told on one day, in fine groups, and how many of each ordered."""

    use_case = models.CharField(max_length=40)
    day = models.DateField()
    groups = models.JSONField(default=list)  # [part, was it a peak hour, group, units, sum of chances, orders]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "use_case", "day"], name="chance_day_once")]


class DriftBins(ShopTable):
    """How the rows of one feature were spread in one window, and usually: what stands behind a figure of drift."""

    use_case = models.CharField(max_length=40)
    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    feature = models.CharField(max_length=40)
    starts_at = models.DateTimeField()
    bins = models.JSONField()  # edges of figures or names, and the counts of rows: usual and now

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "use_case", "version", "feature", "starts_at"],
                nulls_distinct=False,
                name="drift_bins_once",
            )
        ]
        indexes = [BrinIndex(fields=["starts_at"], autosummarize=True, name="drift_bins_by_time")]


class HoldOut(ShopTable):
    """That some units of a shop are shown nothing of one use case: who they are stands in the seed, for ever."""

    use_case = models.CharField(max_length=40)
    seed = models.CharField(max_length=32, default=new_seed)  # of no release, and never another
    made_at = models.DateTimeField()
    counted_until = models.DateTimeField()  # the end of the last of the shop's days that was counted
    figures = models.JSONField(default=dict)  # what all counted days say, for pages

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "use_case"], name="hold_out_once")]


class HoldOutShare(ShopTable):
    """How many units of a hundred are held out from a moment on; only who is first seen under one share is compared."""

    hold_out = models.ForeignKey(HoldOut, on_delete=models.CASCADE, related_name="shares", db_index=False)
    percent = models.PositiveSmallIntegerField()
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold_out", "since"], name="hold_out_share_once")]


class HoldOutSight(ShopTable):
    """That a unit was first seen where it was shown something, or held out; it stands, so a unit counts once."""

    hold_out = models.ForeignKey(HoldOut, on_delete=models.CASCADE, related_name="+", db_index=False)
    share = models.ForeignKey(HoldOutShare, on_delete=models.CASCADE, related_name="+", db_index=False)
    unit = models.BinaryField(max_length=16)  # digest of the first-party id, as in exposures and orders
    is_held_out = models.BooleanField()
    first_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold_out", "unit"], name="hold_out_sight_once")]
        indexes = [
            models.Index(fields=["hold_out", "first_at"], name="hold_out_sight_by_time"),
            BrinIndex(fields=["first_at"], autosummarize=True, name="hold_out_sight_by_age"),
        ]


class HoldOutDay(ShopTable):
    """One of the shop's days under one share, counted when its last unit is a day old, and never revised after that."""

    hold_out = models.ForeignKey(HoldOut, on_delete=models.CASCADE, related_name="days", db_index=False)
    share = models.ForeignKey(HoldOutShare, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    cap_minor = models.BigIntegerField(null=True)  # an order counts as this much at most; null: none was known before
    held_out_units = models.PositiveIntegerField(default=0)  # first seen on this day
    held_out_orders = models.PositiveIntegerField(default=0)  # their first orders within 24 hours
    held_out_revenue = models.FloatField(default=0)  # of those, in minor units
    held_out_revenue_squared = models.FloatField(default=0)
    shown_units = models.PositiveIntegerField(default=0)
    shown_orders = models.PositiveIntegerField(default=0)
    shown_revenue = models.FloatField(default=0)
    shown_revenue_squared = models.FloatField(default=0)
    closed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hold_out", "share", "day"], name="hold_out_day_once")]


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
