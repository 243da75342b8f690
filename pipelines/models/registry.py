"""Model versions: what could run."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from pipelines.models.base import ShopTable


class ModelVersion(ShopTable):
    """A recipe with its learned parameters: immutable but for its state, tags and notes."""

    class State(models.TextChoices):
        TRAINED = "trained"
        VALIDATED = "validated"
        UNDECIDED = "undecided"  # nothing refused it, profit not proven or not measured
        REFUSED = "refused"
        QUARANTINED = "quarantined"

    use_case = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, choices=State, default=State.TRAINED)
    dataset = models.ForeignKey("pipelines.DatasetSnapshot", on_delete=models.PROTECT, related_name="+")
    recipe = models.JSONField(default=dict)  # settings that fit was called with
    metrics = models.JSONField(default=dict)  # evaluation beside baselines and champion
    replay = models.JSONField(default=dict)  # the store's past in money
    gates = models.JSONField(default=list)  # [{name, verdict, text, value, threshold, compared}]
    page = models.JSONField(default=dict)  # presented cards and figures, made by the worker
    artifact_path = models.CharField(max_length=300)
    artifact_digest = models.CharField(max_length=64)  # sha256 of manifest.json
    content_digest = models.CharField(max_length=64, blank=True)  # of names and bytes: the same under another number
    signature = models.CharField(max_length=120)
    lineage = models.JSONField(default=dict)  # code revision, library versions, image digest, seed
    tags = models.JSONField(default=list)
    note = models.CharField(max_length=1000, blank=True)  # free text of people; erasable, so the ledger has its digest
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "use_case", "number"], name="version_once"),
        ]
        indexes = [
            models.Index(fields=["shop", "use_case", "-number"], name="version_by_shop"),
            models.Index(fields=["artifact_digest"], condition=Q(state="quarantined"), name="version_quarantined"),
            models.Index(
                fields=["shop", "content_digest"], condition=Q(state="quarantined"), name="version_content_quarantined"
            ),
            models.Index(fields=["created_at"], condition=Q(state="trained"), name="version_to_judge"),
            models.Index(
                fields=["created_at"], condition=Q(state__in=["validated", "undecided"]), name="version_ready"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.use_case} version {self.number}"

    @property
    def may_be_released(self) -> bool:
        return self.state in (self.State.VALIDATED, self.State.UNDECIDED)


class Correction(ShopTable):
    """How what a version says is moved by what came since it was learned: a row a day, made from the one before.

    The version itself stays as it was signed. Each row carries the digest of the one before, the first that of the
    version's artifact.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="corrections", db_index=False)
    through = models.DateField()  # the last day of the shop's that was learned from
    state = models.JSONField()
    before = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "through"], name="correction_once")]
