"""What people should know, whom they asked to be told by, and what became of each message."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines.models.base import ShopManager, ShopQuerySet, ShopTable


class Alerts(ShopQuerySet["Alert"]):
    def open(self) -> Alerts:
        """Keep what is not over, whether somebody has seen it or not."""
        return self.filter(closed_at=None)


FromAlerts = ShopManager.from_queryset(Alerts)


class AlertManager(FromAlerts["Alert"]):
    """All alerts, by name for mypy."""


class Alert(ShopTable):
    """Something a person should know; the same thing is told once while it lasts."""

    class Severity(models.TextChoices):
        INFO = "info"
        WARNING = "warning"
        CRITICAL = "critical"

    key = models.CharField(max_length=120)  # release:12:no_data
    use_case = models.CharField(max_length=40, blank=True)
    release = models.ForeignKey("pipelines.Release", null=True, on_delete=models.SET_NULL, related_name="alerts")
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.WARNING)
    title = models.CharField(max_length=120)
    text = models.CharField(max_length=500, blank=True)
    next_step = models.CharField(max_length=300)  # what to do now, or what happens by itself, and when
    minor_per_hour = models.BigIntegerField(null=True)  # money at risk
    seen = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=60, blank=True, db_default="")  # "system", or who said that it is over
    was_false = models.BooleanField(default=False, db_default=False)  # a person said that nothing was behind it
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=60, blank=True, db_default="")
    snoozed_until = models.DateTimeField(null=True)
    snoozed_minor = models.BigIntegerField(null=True)  # what was at risk when it was snoozed
    waits_since = models.DateTimeField(default=timezone.now)  # from when on an answer is missing
    level = models.PositiveSmallIntegerField(default=0, db_default=0)  # how often nobody answered in time

    objects: ClassVar[AlertManager] = AlertManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "key"], condition=Q(closed_at=None), name="alert_open_once"),
            models.CheckConstraint(condition=~Q(next_step=""), name="alert_has_a_next_step"),
        ]
        indexes = [
            models.Index(fields=["shop", "-last_at"], name="alert_by_time"),
            models.Index(
                fields=["waits_since"], condition=Q(closed_at=None, acknowledged_at=None), name="alert_unanswered"
            ),
        ]


class AlertChannels(ShopQuerySet["AlertChannel"]):
    def of_alerts(self) -> AlertChannels:
        """Keep those that a merchant added, to be told of alerts."""
        return self.exclude(kind=AlertChannel.Kind.LOST)


FromAlertChannels = ShopManager.from_queryset(AlertChannels)


class AlertChannelManager(FromAlertChannels["AlertChannel"]):
    """All channels, by name for mypy."""


class AlertChannel(ShopTable):
    """A way by which a merchant wants to be told: where to is sealed, and never shown in a log."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        SLACK = "slack"
        TEAMS = "teams"
        WEBHOOK = "webhook"
        FLOW = "flow"
        LOST = "lost"  # Flow, too: of checkouts that are likely to be lost, and of no alert

    kind = models.CharField(max_length=10, choices=Kind)
    target = models.BinaryField(default=b"")  # encrypted: an address; Flow has none
    secret = models.BinaryField(default=b"")  # encrypted: what a webhook of the merchant's own checks signatures with
    least = models.CharField(max_length=10, choices=Alert.Severity, default=Alert.Severity.WARNING)
    quiet_from = models.TimeField(null=True)  # on the shop's clock; only what is critical passes
    quiet_until = models.TimeField(null=True)
    gets_report = models.BooleanField(default=False, db_default=False)  # of each month, by e-mail
    made_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AlertChannelManager] = AlertChannelManager()

    class Meta:
        indexes = [models.Index(fields=["shop"], name="channel_of_shop")]
        constraints = [models.UniqueConstraint(fields=["shop"], condition=Q(kind="lost"), name="lost_told_by_one")]


class AlertDelivery(ShopTable):
    """One message to one channel: it is sent until it arrives or is given up, and what became of it is kept."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"
        FAILED = "failed"
        DROPPED = "dropped"  # over, or answered, before its turn came

    alert = models.ForeignKey(Alert, null=True, on_delete=models.CASCADE, related_name="deliveries")  # null: a test
    channel = models.ForeignKey(AlertChannel, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    kind = models.CharField(max_length=10, choices=AlertChannel.Kind)  # also once the channel is gone
    occasion = models.CharField(max_length=40)  # what happened, and when: opened:1763…, unanswered 2:1763…
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    is_held = models.BooleanField(default=False, db_default=False)  # by quiet hours: what was held comes as one message
    made_at = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(default=timezone.now)  # when it may be tried; whoever tries moves it on first
    settled_at = models.DateTimeField(null=True)
    code = models.PositiveSmallIntegerField(null=True)  # that the other side answered last; never what it wrote
    problem = models.CharField(max_length=120, blank=True)  # in our words, or Shopify's
    checkout_key = models.BigIntegerField(null=True)  # that it is about: each is told of once
    facts = models.JSONField(null=True)  # what it says of that, and nothing of a person

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["alert", "channel", "occasion"], name="alert_told_once"),
            models.UniqueConstraint(fields=["shop", "checkout_key"], name="checkout_told_once"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="alert_delivery_due"),
            models.Index(fields=["shop", "-made_at"], name="alert_delivery_log"),
        ]
