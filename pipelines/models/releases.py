"""Releases: what is being moved, and the one pointer to what runs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.models.base import ShopTable


class Deployment(ShopTable):
    """The only pointer to what runs for a shop and use case.

    *Champion*, *previous* and *stable* are names for its columns. Every move is one conditional
    update on `revision`, in one transaction with the release row and the ledger row.
    """

    use_case = models.CharField(max_length=40)
    active = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.PROTECT, related_name="+")
    standby = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.PROTECT, related_name="+")
    canary = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.PROTECT, related_name="+")
    active_since = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "use_case"], name="deployment_once")]


class Release(ShopTable):
    """One version on its way to the shop."""

    class Phase(models.TextChoices):
        STAGED = "staged"
        SHADOW = "shadow"
        AWAITING_APPROVAL = "awaiting_approval"
        SCHEDULED = "scheduled"
        CANARY = "canary"
        LIVE = "live"
        SUPERSEDED = "superseded"
        ROLLED_BACK = "rolled_back"
        REJECTED = "rejected"
        EXPIRED = "expired"

    OPEN = (Phase.STAGED, Phase.SHADOW, Phase.AWAITING_APPROVAL, Phase.SCHEDULED, Phase.CANARY)

    use_case = models.CharField(max_length=40)
    version = models.ForeignKey("pipelines.ModelVersion", on_delete=models.PROTECT, related_name="releases")
    strategy = models.CharField(max_length=20)
    steps = models.JSONField(default=list)
    step = models.PositiveSmallIntegerField(default=0)
    weight = models.PositiveSmallIntegerField(default=0)  # percent
    phase = models.CharField(max_length=20, choices=Phase, default=Phase.STAGED)
    held = models.CharField(max_length=200, blank=True)  # the reason while it is held
    evidence = models.JSONField(default=dict)  # the card that the merchant decides on
    evidence_digest = models.CharField(max_length=64, blank=True)
    is_proven = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True)  # when the merchant was first asked; a replaced card hands it on
    expires_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    entered_at = models.DateTimeField(default=timezone.now)
    closed_because = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "use_case"],
                condition=Q(phase__in=["staged", "shadow", "awaiting_approval", "scheduled", "canary"]),
                name="release_one_at_a_time",
            )
        ]
        indexes = [models.Index(fields=["shop", "use_case", "-created_at"], name="release_by_shop")]

    def enter(self, phase: str, **changes: object) -> bool:
        """Move on to another phase, if nobody moved the release since it was read."""
        changes |= {"phase": phase, "entered_at": timezone.now(), "revision": self.revision + 1}
        moved = Release.objects.filter(pk=self.pk, revision=self.revision).update(**changes)
        if moved:
            for name, value in changes.items():
                setattr(self, name, value)
        return bool(moved)

    @property
    def is_open(self) -> bool:
        return self.phase in self.OPEN

    @property
    def is_waiting_for_merchant(self) -> bool:
        return self.phase == self.Phase.AWAITING_APPROVAL


class Approval(ShopTable):
    """That an allowed person said yes to exactly this artifact on exactly this evidence."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="approvals")
    sub = models.CharField(max_length=40)  # Shopify's user id, or "operator:<name>"
    artifact_digest = models.CharField(max_length=64)
    evidence_digest = models.CharField(max_length=64)
    given_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True)  # set when the first unit is exposed
