"""What the live versions say to others: what Shopify holds of it, and answers on request."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from pipelines.models.base import ShopTable


class PublishedFields(ShopTable):
    """What Shopify's metafields hold of what is said of a variant, so that only changes are sent."""

    variant_id = models.BigIntegerField()
    values = models.JSONField(default=dict)  # key -> text, as sent
    operation = models.CharField(max_length=80)  # the bulk operation that carries them
    is_confirmed = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "variant_id"], name="published_once")]
        indexes = [models.Index(fields=["operation"], condition=Q(is_confirmed=False), name="published_pending")]


class PredictionLog(ShopTable):
    """One answer on request, as it was given or only tried; appended, never changed, and summed into windows.

    Keys without constraints: a row that nobody waits for must not wait for a lock on its shop.
    """

    class Outcome(models.TextChoices):
        ANSWERED = "answered"  # by a version, within its time
        FALLBACK = "fallback"  # the safe default, by no fault of a version
        ERROR = "error"  # the safe default: the version failed
        LATE = "late"  # the safe default: the version took too long
        ALIVE = "alive"  # nobody asked: a process could have answered

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    use_case = models.CharField(max_length=40)
    version_id = models.BigIntegerField(null=True)
    release_id = models.BigIntegerField(null=True)
    arm = models.CharField(max_length=7)  # canary, control, stable
    unit = models.BinaryField(max_length=16)  # digest of the first-party id; empty for a sign of life
    at = models.DateTimeField()
    milliseconds = models.FloatField(default=0)
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=40, blank=True)
    is_shown = models.BooleanField(default=True)
    score = models.FloatField(null=True)
    features = models.JSONField(null=True)  # the question, of one unit in so many

    class Meta:
        indexes = [
            BrinIndex(fields=["at"], autosummarize=True, name="prediction_by_time"),  # rows come in its order
            models.Index(fields=["shop", "at"], name="prediction_by_shop"),
            models.Index(fields=["unit"], name="prediction_by_unit"),  # who asks to be forgotten
        ]
