"""Marks on Shopify's own charts: each entry of the ledger that is told there, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.models.base import ShopTable


class Annotation(ShopTable):
    """One entry of the ledger as a mark: it is sent until Shopify has it, or refuses it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        WRITTEN = "written"
        REFUSED = "refused"  # by Shopify, or tried often enough

    seq = models.PositiveBigIntegerField()  # in its shop's ledger
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)  # when it may be tried; whoever tries moves it on first
    made_at = models.DateTimeField(default=timezone.now)
    gid = models.CharField(max_length=80, blank=True)  # Shopify's id of the mark
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "seq"], name="annotation_once")]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="waiting"), name="annotation_due")]
