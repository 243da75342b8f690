"""Shops, their tokens, settings and people."""

from __future__ import annotations

from datetime import time, timedelta
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from pipelines.models.base import ShopTable


class ShopStates(models.QuerySet["Shop"]):
    def installed(self) -> ShopStates:
        """Keep the shops that have the app and have not been erased."""
        return self.filter(installed_at__isnull=False, uninstalled_at__isnull=True, redacted_at__isnull=True)

    def reachable(self) -> ShopStates:
        """Keep the installed shops whose Admin API we may call."""
        return self.installed().filter(access_ended_at__isnull=True)

    def without(self, switch: str) -> ShopStates:
        """Leave out the shops in which a switch is off."""
        return self.exclude(switched_off__contains=[switch])

    def lock(self, shop: Shop | int) -> Shop:
        """Let one transaction that changes something of a shop follow another; the first lock that each of them takes.

        Its key is left: who only writes a row that points to the shop does not wait.
        """
        return self.select_for_update(no_key=True).get(pk=getattr(shop, "pk", shop))

    def lock_all(self, *pks: int) -> None:
        """Let one transaction that changes something of several shops follow another: they are locked in one order."""
        list(self.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk").values_list("pk"))


FromShopStates = models.Manager.from_queryset(ShopStates)


class ShopStatesManager(FromShopStates["Shop"]):
    """All shops, by name for mypy."""


class Shop(models.Model):
    """One store that installed the app."""

    domain = models.CharField(max_length=100, unique=True)  # something.myshopify.com
    gid = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=255, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    country = models.CharField(max_length=2, blank=True)
    plan = models.CharField(max_length=60, blank=True)
    scopes = models.JSONField(default=list)
    scopes_at = models.DateTimeField(null=True)  # by Shopify's clock: since when they are so
    installed_at = models.DateTimeField(null=True)
    uninstalled_at = models.DateTimeField(null=True)
    redacted_at = models.DateTimeField(null=True)
    files_erased_at = models.DateTimeField(null=True)  # after it was redacted
    access_ended_at = models.DateTimeField(null=True)  # Shopify refused our token: the merchant must open the app
    access_ended_reason = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField(null=True)  # by Shopify's clock: newest shop/update applied
    switched_off = models.JSONField(default=list, db_default=[])  # see lifecycle/operating/switches
    customer_key = models.BinaryField(default=b"")  # encrypted; destroyed at shop/redact

    objects: ClassVar[ShopStatesManager] = ShopStatesManager()

    def __str__(self) -> str:
        return self.domain

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_installed(self) -> bool:
        return bool(self.installed_at) and not self.uninstalled_at and not self.redacted_at

    @property
    def is_reachable(self) -> bool:
        return self.is_installed and not self.access_ended_at

    def has_scope(self, scope: str) -> bool:
        return scope in self.scopes

    @property
    def sees_all_orders(self) -> bool:
        return self.has_scope("read_all_orders")


class ShopToken(models.Model):
    """The encrypted, expiring pair of offline tokens of a shop."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="token")
    access_token = models.BinaryField()
    access_expires_at = models.DateTimeField()
    refresh_token = models.BinaryField(default=b"")
    refresh_expires_at = models.DateTimeField(null=True)
    key_id = models.CharField(max_length=20)
    refresh_lease_until = models.DateTimeField(null=True)  # who holds it may refresh; see shopify/tokens.py
    obtained_at = models.DateTimeField(default=timezone.now)


class ShopSettings(models.Model):
    """What a merchant may change, with our defaults."""

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="settings")
    pull_at = models.TimeField(null=True)  # shop's local time of the daily pull; null: spread over the day
    train_weekday = models.PositiveSmallIntegerField(default=0)  # Monday
    train_at = models.TimeField(default=time(3, 0))
    lead_time_days = models.PositiveSmallIntegerField(default=14)
    review_days = models.PositiveSmallIntegerField(default=7)
    service_level = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.95"))
    weighs_costs = models.BooleanField(default=False, db_default=False)  # margin against holding, not a service level
    cost_share = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.5"))  # of price, where unknown
    holding_rate = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.25"))  # of unit cost a year
    markdown_rate = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.2"))
    approvers = models.JSONField(default=list)  # Shopify user ids besides the account owner
    approval_days = models.PositiveSmallIntegerField(default=7)
    approvals_needed = models.PositiveSmallIntegerField(default=1)  # 2: two people must say yes
    asks_before_all = models.BooleanField(default=False)  # ask again after the last step, before everybody sees it
    alongside_days = models.PositiveSmallIntegerField(default=0)  # least days beside the live version before asking
    strategy = models.CharField(max_length=20, blank=True)  # the merchant's choice where it fits; empty: by traffic
    canary_weights = models.JSONField(default=list)  # percent, rising, at most 50; empty: by traffic
    margin = models.DecimalField(max_digits=4, decimal_places=3, default=Decimal("0.1"))  # worst loss still accepted
    risk_budget_minor = models.BigIntegerField(null=True)  # most that a step may cost; null: a day's sales x margin
    peak_hours = models.JSONField(default=dict)  # {"weekday": [hours], …}: see evidence/peaks
    drift_rollbacks = models.JSONField(default=dict, db_default={})  # use case -> the drift from which it goes back
    lost_below = models.PositiveSmallIntegerField(null=True)  # percent; of less likely checkouts Flow is told
    guide_hidden = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)  # a form carries the revision that it showed

    @classmethod
    def of(cls, shop: Shop | int) -> ShopSettings:
        """Return what a shop's merchant set, with our defaults for the rest."""
        return cls.objects.get_or_create(shop_id=getattr(shop, "pk", shop))[0]

    def drift_limit(self, use_case: str) -> float | None:
        """Return from which drift on what is live goes back by itself; nothing where nobody chose that."""
        limit = self.drift_rollbacks.get(use_case)
        return float(limit) if limit else None

    def risk_budget(self, sold_a_day: float) -> int:
        """Return what a step may lose at most: what the merchant said, else a day's sales times the margin."""
        if self.risk_budget_minor is not None:
            return self.risk_budget_minor
        return round(sold_a_day * float(self.margin))

    @property
    def approval_lifetime(self) -> timedelta:
        return timedelta(days=self.approval_days)


class Staff(ShopTable):
    """A person of the shop, known by Shopify's user id alone."""

    sub = models.CharField(max_length=40)
    is_owner = models.BooleanField(null=True)  # unknown until Shopify said so: nobody unknown approves
    is_collaborator = models.BooleanField(null=True)
    checked_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField(null=True, default=timezone.now)  # null: before this was noted

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "sub"], name="staff_once")]


class ShopKey(ShopTable):
    """A key by which tools of the merchant's own read what we export: shown once, and kept as a digest."""

    name = models.CharField(max_length=16, unique=True)  # the part by which it is found; no secret
    digest = models.BinaryField(max_length=32)  # of the part that is one
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)  # to the hour


class StockRule(ShopTable):
    """What the merchant knows of a vendor or a variant: lead time, pack size and so on; null means inherited."""

    vendor = models.CharField(max_length=255, blank=True)  # set for a vendor's rule
    variant_id = models.BigIntegerField(null=True)  # set for a variant's rule: Shopify's id
    lead_time_days = models.PositiveSmallIntegerField(null=True)
    review_days = models.PositiveSmallIntegerField(null=True)
    cover_days = models.PositiveSmallIntegerField(null=True)
    pack_size = models.PositiveIntegerField(null=True)
    minimum_order = models.PositiveIntegerField(null=True)
    service_level = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    unit_cost_minor = models.BigIntegerField(null=True)

    FIELDS = (
        "lead_time_days",
        "review_days",
        "cover_days",
        "pack_size",
        "minimum_order",
        "service_level",
        "unit_cost_minor",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "vendor", "variant_id"], nulls_distinct=False, name="rule_once"),
        ]


class OwnEvent(ShopTable):
    """Days of the merchant's own that are no usual days: a drop, a sale, a closure."""

    name = models.CharField(max_length=80)
    first_day = models.DateField()
    last_day = models.DateField()
    percent_off = models.PositiveSmallIntegerField(null=True)  # a sale
    product_type = models.CharField(max_length=255, default="", db_default="")  # that the sale is of; empty: all
    vendor = models.CharField(max_length=255, default="", db_default="")  # likewise
    product_ids = ArrayField(models.BigIntegerField(), null=True)  # or these products alone
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "name", "first_day"], name="own_event_once"),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="own_event_ends_after_start"
            ),
        ]


class PlannedDiscount(ShopTable):
    """A discount of Shopify's that applies by itself, with its days; what it is called is not kept."""

    FIELDS: ClassVar = ["shopify_id", "share_off", "starts_at", "ends_at", "made_at", "product_ids"]

    shopify_id = models.BigIntegerField()
    share_off = models.FloatField()  # 0.2: a fifth
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    product_ids = ArrayField(models.BigIntegerField(), null=True)  # null: all products

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "shopify_id"], name="planned_discount_once")]


class CronSlot(models.Model):
    """One tick of one scheduled job: whoever inserts the row runs it, so two schedulers do no harm."""

    job = models.CharField(max_length=60)
    slot = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "slot"], name="slot_once")]
