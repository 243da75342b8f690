"""The test store: a second shop of the merchant, and what candidates did there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from pipelines.models.base import ShopManager, ShopQuerySet, ShopTable


class StoreLinks(ShopQuerySet["StoreLink"]):
    def confirmed(self) -> StoreLinks:
        """Keep the links that both sides agreed to."""
        return self.filter(confirmed_at__isnull=False)


FromStoreLinks = ShopManager.from_queryset(StoreLinks)


class StoreLinkManager(FromStoreLinks["StoreLink"]):
    """All links, by name for mypy."""


class StoreLink(ShopTable):
    """That a second shop is this shop's test store: code shown here, entered there, confirmed here."""

    test_shop = models.ForeignKey("pipelines.Shop", null=True, on_delete=models.CASCADE, related_name="+")
    code_digest = models.CharField(max_length=64, blank=True)  # of the one-time code; empty once it was used
    code_expires_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    by = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[StoreLinkManager] = StoreLinkManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop"], name="test_store_once"),
            models.UniqueConstraint(
                fields=["test_shop"], condition=Q(confirmed_at__isnull=False), name="test_store_of_one_shop"
            ),
        ]


class StagingRun(ShopTable):
    """A candidate in the test store: published there, the last days replayed through it and the champion."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        PASSED = "passed"
        FAILED = "failed"
        STOPPED = "stopped"  # could not be done: unlinked, no data, not reachable

    use_case = models.CharField(max_length=40)
    version = models.ForeignKey("pipelines.ModelVersion", on_delete=models.CASCADE, related_name="staging_runs")
    against = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    test_shop = models.ForeignKey("pipelines.Shop", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    days = models.PositiveSmallIntegerField(default=14)
    aa = models.JSONField(default=dict)  # the champion against itself: must be the same to the last digit
    result = models.JSONField(default=dict)  # what happened day by day, in words and figures, for the page
    published = models.JSONField(default=dict)  # how many products matched, and by what
    sentence = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)  # every write of a worker names the attempt it belongs to
    heartbeat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version"], name="staging_once")]

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.PASSED, self.State.FAILED, self.State.STOPPED)


class StagedField(ShopTable):
    """One metafield in the test store, written down before it is sent, so that unlinking takes back all of them.

    A row belongs to the real shop. Unlinking hands it to the test store, where it waits until the field is deleted.
    """

    run = models.ForeignKey(StagingRun, null=True, on_delete=models.CASCADE, related_name="fields")  # the last to write
    owner_id = models.CharField(max_length=80)  # gid in the test store
    key = models.CharField(max_length=40)
    value = models.CharField(max_length=100, default="")
    is_sent = models.BooleanField(default=False)
    unlinked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "owner_id", "key"], condition=Q(unlinked_at=None), name="staged_field_once"
            )
        ]
