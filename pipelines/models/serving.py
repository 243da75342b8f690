"""What leaves for the storefront and comes back from it: fields at Shopify, answers on request, what shoppers did."""

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


class UnloggedAnswers(ShopTable):
    """How many answers on request of a quarter of an hour are in no log: no room was left, or nothing was known yet.

    Keys without constraints: a row that nobody waits for must not wait for a lock on its shop.
    """

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    use_case = models.CharField(max_length=40)
    version_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=8, choices=PredictionLog.Outcome)
    is_shown = models.BooleanField(default=True)
    starts_at = models.DateTimeField()
    answers = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "starts_at", "use_case", "version_id", "outcome", "is_shown"],
                nulls_distinct=False,
                name="unlogged_answers_once",
            )
        ]


class StorefrontEvent(ShopTable):
    """One thing a visitor did; appended, never changed, and told by nobody whom we can trust: it decides nothing alone.

    Keys without constraints: a row that nobody waits for must not wait for a lock on its shop.
    """

    class Kind(models.TextChoices):
        PAGE_VIEWED = "page_viewed"
        PRODUCT_VIEWED = "product_viewed"
        ADDED_TO_CART = "product_added_to_cart"
        CHECKOUT_STARTED = "checkout_started"
        CHECKOUT_COMPLETED = "checkout_completed"
        BLOCK_CLICKED = "block_clicked"  # a product that we showed

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    event = models.UUIDField()  # digest of the id that the browser gave it
    kind = models.CharField(max_length=24, choices=Kind)
    at = models.DateTimeField()  # by our clock
    unit = models.BinaryField(max_length=16)  # digest of the first-party id, as in exposures and orders
    product_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    use_case = models.CharField(max_length=40, blank=True)  # of a click: whose block it was
    place = models.PositiveSmallIntegerField(null=True)  # of a click: which in the list, from 1

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "event"], name="storefront_event_once")]
        indexes = [
            BrinIndex(fields=["at"], autosummarize=True, name="storefront_event_by_time"),
            models.Index(fields=["shop", "at"], name="storefront_event_by_shop"),
            models.Index(fields=["unit"], name="storefront_event_by_unit"),  # who asks to be forgotten
            models.Index(
                fields=["shop", "use_case", "at"],
                include=["unit"],
                condition=Q(kind="block_clicked"),
                name="storefront_clicks",  # few among many: pages count them
            ),
        ]


class IgnoredEvents(ShopTable):
    """How many events of a shop were not taken on a day (UTC), and why."""

    class Reason(models.TextChoices):
        REPLAY = "replay"  # it was there already
        BOT = "bot"  # the sender says that it is no browser
        NO_CONSENT = "no_consent"
        FORGED = "forged"  # with no key of ours for this shop
        TOO_MANY = "too_many"  # at once, from an address or a shop
        FUTURE = "future"  # later than it was sent
        OLD = "old"
        CLOCK = "clock"  # sent by a clock that is more than a day off
        UNKNOWN = "unknown"  # a kind of event that we do not take
        UNREADABLE = "unreadable"

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    day = models.DateField()
    reason = models.CharField(max_length=12, choices=Reason)
    events = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day", "reason"], name="ignored_events_once")]


class StorefrontPixel(ShopTable):
    """The web pixel that Shopify runs for us in a shop, and the settings it has."""

    gid = models.CharField(max_length=80)
    settings = models.JSONField(default=dict)  # as sent: where it reports to, and with which key
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="storefront_pixel_once")]
