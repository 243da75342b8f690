"""Releases: what is being moved, and the one pointer to what runs."""

from __future__ import annotations

import hashlib
import json
import secrets
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.models.base import ShopTable
from pipelines.models.ledger import LifecycleEvent

if TYPE_CHECKING:
    from pipelines.models.shops import Shop


def evidence_digest(evidence: dict[str, Any]) -> str:
    """Return the digest that an approval binds to: the same before the evidence is stored and after."""
    stored = json.loads(json.dumps(evidence), parse_float=as_stored)
    return hashlib.sha256(json.dumps(stored, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def as_stored(number: str) -> float | int:
    """Read a number as PostgreSQL gives it back: one too large for a point has none, and zero has no sign.

    >>> as_stored("1e+16"), as_stored("-0.0"), as_stored("2.0")
    (10000000000000000, 0.0, 2.0)
    """
    return int(Decimal(number)) if "e+" in number else float(number) + 0.0


def new_seed() -> str:
    """Return a seed under which no two releases bucket alike."""
    return secrets.token_hex(8)


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
    rolled_back_at = models.DateTimeField(
        null=True
    )  # the last time that we rolled back by ourselves: starts the cooldown
    revision = models.PositiveBigIntegerField(default=0)
    served_revision = models.PositiveBigIntegerField(
        default=0, db_default=0
    )  # whose newest answer came, shown or thrown away,
    served_origin = models.DateField(null=True)  # and the last day of history that it was given from
    held_at = models.DateTimeField(null=True)  # when anybody's answer was last written here

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "use_case"], name="deployment_once")]

    @classmethod
    def of(cls, shop: Shop | int, use_case: str) -> Deployment:
        """Return the shop's pointer for a use case; the simple rule runs until it points somewhere."""
        deployment, _ = cls.objects.get_or_create(shop_id=getattr(shop, "pk", shop), use_case=use_case)
        return deployment


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
    is_paused = models.BooleanField(default=False)  # held by a person: only a person lets it go on
    evidence = models.JSONField(default=dict)  # the card that the merchant decides on
    evidence_digest = models.CharField(max_length=64, blank=True)
    is_proven = models.BooleanField(default=False)
    asked_at = models.DateTimeField(null=True)  # when the merchant was first asked; a replaced card hands it on
    expires_at = models.DateTimeField(null=True)
    seed = models.CharField(max_length=32, default=new_seed)  # of the buckets: new for every release
    scheduled_for = models.DateTimeField(null=True)  # end of the freeze that it waits for, or that outlasted its card
    lifted = models.JSONField(default=list, db_default=[])  # names of the freezes that somebody lifted for it
    cause = models.CharField(max_length=60, blank=True, default="", db_default="")  # what its training did not wait for
    exposed_at = models.DateTimeField(null=True)  # since when the shop may see the new version; starts the maximum
    healthy_since = models.DateTimeField(null=True)  # live, and no window since then was a breach
    was_healthy_at = models.DateTimeField(null=True)  # when it had run healthy for 24 hours: it may be returned to
    analysis = models.JSONField(default=dict)  # the newest look at its evidence, as the pages show it
    evaluated_at = models.DateTimeField(null=True)
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
        indexes = [
            models.Index(fields=["shop", "use_case", "-created_at"], name="release_by_shop"),
            # What the sweeps of every minute look for, among rows that are kept for good:
            models.Index(
                fields=["evaluated_at"],
                condition=Q(phase__in=["staged", "shadow", "awaiting_approval", "scheduled", "canary", "live"]),
                name="release_to_look_at",
            ),
            models.Index(
                fields=["scheduled_for"],
                condition=Q(phase="expired", scheduled_for__isnull=False),
                name="release_outlasted",
            ),
        ]

    @classmethod
    def under_way(cls, shop: Shop | int, use_case: str) -> Release | None:
        """Return the one release of a use case that is under way, if any."""
        return cls.objects.for_shop(shop).filter(use_case=use_case, phase__in=cls.OPEN).first()

    def enter(self, phase: str, **changes: object) -> bool:
        """Move on to another phase, if nobody moved the release since it was read."""
        changes = {"entered_at": timezone.now()} | changes | {"phase": phase, "revision": self.revision + 1}
        moved = Release.objects.filter(pk=self.pk, revision=self.revision).update(**changes)
        if moved:
            for name, value in changes.items():
                setattr(self, name, value)
        return bool(moved)

    def show(self, evidence: dict[str, Any]) -> None:
        """Make evidence its card: a yes binds to exactly that."""
        self.evidence, self.evidence_digest = evidence, evidence_digest(evidence)

    @property
    def card_digest(self) -> str:
        """Digest the card as it lies here: another than `evidence_digest` where somebody changed it."""
        return evidence_digest(self.evidence)

    def record(self, kind: str, *, by: str, because: str, **facts: Any) -> LifecycleEvent:
        """Write what happened to it into its shop's ledger; last in the transaction that made it happen."""
        return LifecycleEvent.record(
            self.shop,
            kind,
            by=by,
            because=because[:200],
            use_case=self.use_case,
            version_number=self.version.number,
            release_id_seen=self.pk,
            artifact_digest=self.version.artifact_digest,
            **facts,
        )

    @property
    def is_open(self) -> bool:
        return self.phase in self.OPEN

    @property
    def is_looked_at(self) -> bool:
        """Tell whether the newest look is of the phase that it is in; a release that is over needs none."""
        is_moving = self.is_open or self.phase == self.Phase.LIVE
        return not (is_moving and self.evaluated_at is not None and self.evaluated_at < self.entered_at)

    @property
    def may_come_again(self) -> bool:
        """Tell whether a person who took it back may use it again: only harm bars a version."""
        return self.phase == self.Phase.ROLLED_BACK and self.version.may_be_released

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
    voided_because = models.CharField(max_length=200, blank=True)  # a rollback came first, or the evidence changed

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "sub", "evidence_digest"], condition=Q(voided_because=""), name="approval_once"
            ),
        ]


class FreezeWindow(ShopTable):
    """A time in which nothing moves forward. Rolling back stays possible."""

    class State(models.TextChoices):
        PROPOSED = "proposed"  # from the calendar; it holds until the merchant dismisses it
        SET = "set"
        DISMISSED = "dismissed"

    name = models.CharField(max_length=80)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    source = models.CharField(max_length=12, default="merchant")  # merchant, calendar, sale
    key = models.CharField(max_length=80, blank=True)  # of a proposal: the same proposal comes once
    state = models.CharField(max_length=10, choices=State, default=State.SET)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "key"], condition=~Q(key=""), name="freeze_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="freeze_ends_after_start"),
        ]
        indexes = [models.Index(fields=["shop", "ends_at"], name="freeze_by_end")]

    @property
    def handle(self) -> str:
        """Name it in what was lifted: a proposal by its key, so that one that somebody kept since is another."""
        return self.key if self.is_proposal else f"set:{self.pk}"

    @property
    def is_proposal(self) -> bool:
        """Tell whether it comes from the calendar and nobody kept or dismissed it yet."""
        return self.state == self.State.PROPOSED and bool(self.key)


class Exposure(ShopTable):
    """What a unit was to a release when it was first seen; it stands, so who was between is never compared later."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+", db_index=False)
    unit = models.BinaryField(max_length=16)  # 128-bit digest of the first-party id
    arm = models.CharField(max_length=7)  # canary, control; between: seen, and not compared
    step = models.PositiveSmallIntegerField()
    first_at = models.DateTimeField()
    had_error = models.BooleanField(default=False)
    was_slow = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "unit"], name="exposure_once")]
        indexes = [  # a row stands in one of them: what is compared is read by time, the rest only to be forgotten
            models.Index(fields=["release", "first_at"], condition=~Q(arm="between"), name="exposure_by_time"),
            models.Index(fields=["release"], condition=Q(arm="between"), name="exposure_between"),
        ]


class EvidenceBlock(ShopTable):
    """One hour of one step of a release, closed when its last unit is 24 hours old, and never revised after that."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+", db_index=False)
    step = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    is_peak = models.BooleanField(default=False)
    is_weekend = models.BooleanField(default=False)
    canary_units = models.PositiveIntegerField(default=0)  # first exposed in this hour
    canary_orders = models.PositiveIntegerField(default=0)  # first orders within 24 hours of exposure
    canary_revenue = models.FloatField(default=0)  # their money in minor units, capped as the plan says
    canary_revenue_squared = models.FloatField(default=0)
    canary_errors = models.PositiveIntegerField(default=0)  # units with at least one error
    canary_slow = models.PositiveIntegerField(default=0)
    canary_refunds = models.PositiveIntegerField(default=0)  # of those orders, refunded by then
    control_units = models.PositiveIntegerField(default=0)
    control_orders = models.PositiveIntegerField(default=0)
    control_revenue = models.FloatField(default=0)
    control_revenue_squared = models.FloatField(default=0)
    control_errors = models.PositiveIntegerField(default=0)
    control_slow = models.PositiveIntegerField(default=0)
    control_refunds = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField()
    restated = models.JSONField(null=True)  # what later cancellations made of it: for the report, never for a decision

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "step", "starts_at"], name="block_once")]
