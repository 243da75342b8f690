"""The tables of offers; money is in minor units of the shop's currency."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, Q, When

from pipelines.models.base import Coded, Ending, Followed, ShopManager, ShopQuerySet, ShopTable
from pipelines.models.usecases.offers import past
from pipelines.usecases.offers.eligible import whom

A_YEAR = timedelta(days=400)  # as long as anything learns from what was decided

LONGEST_NAME, LONGEST_CODE, LONGEST_MESSAGE = 80, 120, 240


class OfferQuerySet(ShopQuerySet["Offer"]):
    def as_of(self, moment: datetime, last_day: date) -> Self:
        """Add what the frame `offers` has besides, the oldest offer first; one that ended runs no more."""
        told = past.of_offers(moment)
        is_live = Case(When(ends_at__lte=moment, then=0), default=told["is_live"])
        return self.annotate(**told | {"is_live": is_live}).order_by("pk")


FromOfferQuerySet = ShopManager.from_queryset(OfferQuerySet)


class OfferManager(FromOfferQuerySet["Offer"]):
    """All offers, by name for mypy."""


class Offer(Coded, Followed):
    """One offer of a merchant's."""

    class Kind(models.TextChoices):
        CODE = "code"  # a discount code that exists at Shopify
        FREE_SHIPPING = "free_shipping"  # from a cart value on
        PRODUCT = "product"  # one more product
        MESSAGE = "message"

    class State(models.TextChoices):
        DRAFT = "draft"
        LIVE = "live"
        STOPPED = "stopped"

    name = models.CharField(max_length=LONGEST_NAME)
    kind = models.CharField(max_length=16, choices=Kind)
    threshold_minor = models.BigIntegerField(null=True)
    product_id = models.BigIntegerField(null=True)
    message = models.CharField(max_length=LONGEST_MESSAGE, blank=True)
    for_whom = models.JSONField(default=dict)  # whom.Whom
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    margin_floor_minor = models.BigIntegerField(default=0)
    cost_minor = models.BigIntegerField(default=0)  # each time it is accepted
    cost_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0)  # and of the cart's value
    budget_minor = models.BigIntegerField(null=True)
    weekly_cap = models.PositiveIntegerField(null=True)  # times that it is given in a week of the shop's
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    sub = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    terms_at = models.DateTimeField(null=True)  # its terms changed after it was started: it is judged anew since

    objects: ClassVar[OfferManager] = OfferManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], condition=~Q(state="stopped"), name="offer_once"),
            models.CheckConstraint(condition=Q(cost_minor__gte=0, cost_percent__gte=0), name="offer_costs"),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="offer_ends_later"
            ),
        ]
        indexes = [models.Index(fields=["shop"], name="offers_by_shop")]

    @classmethod
    def checked(cls) -> models.QuerySet[Offer]:
        """Keep the codes of offers that run, or may soon."""
        return cls.objects.filter(kind=cls.Kind.CODE).exclude(state=cls.State.STOPPED)

    @property
    def whom(self) -> whom.Whom:
        return whom.read(self.for_whom)

    @property
    def is_code_lost(self) -> bool:
        return self.kind == self.Kind.CODE and self.code_state in self.GIVES_NOTHING


class OfferSpend(Followed):
    """What of an offer is spent and reserved: one row each, so that one update decides."""

    offer = models.OneToOneField(Offer, on_delete=models.CASCADE, related_name="spend")
    reserved_minor = models.BigIntegerField(default=0)
    spent_minor = models.BigIntegerField(default=0)
    week = models.DateField(null=True)  # the Monday of the week that is counted
    week_reserved = models.PositiveIntegerField(default=0)
    week_spent = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["shop"], name="spends_by_shop")]


class OfferBlock(ShopTable):
    """What a web process reserved at once, less what it has handed out of it since (`blocks`)."""

    id = models.UUIDField(primary_key=True)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="+", db_index=False)
    week = models.DateField()
    left_minor = models.PositiveBigIntegerField()
    left_times = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["shop"], name="blocks_by_shop"),
            models.Index(fields=["offer"], name="blocks_by_offer"),
            models.Index(fields=["expires_at"], name="blocks_that_end"),
        ]


class OfferReservation(Ending):
    """What one decision may cost, from when it was shown; it names nobody."""

    class State(models.TextChoices):
        HELD = "held"  # shown
        ACCEPTED = "accepted"
        SPENT = "spent"  # the order came
        RELEASED = "released"  # it never came

    LIFE = A_YEAR

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="+", db_index=False)
    decision = models.UUIDField()
    version_id = models.BigIntegerField(null=True)
    checkout_key = models.BigIntegerField(null=True)
    cost_minor = models.BigIntegerField()  # that is reserved
    paid_minor = models.BigIntegerField(null=True)  # that it came to, by the order as it was paid
    week = models.DateField()
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    order_id = models.BigIntegerField(null=True)  # by which it is spent: Shopify's number

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "offer"], name="offer_reserved_once"),
            models.UniqueConstraint(fields=["offer", "order_id"], name="paid_once"),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state__in=["held", "accepted"]), name="reservations_that_end"
            ),
            models.Index(fields=["accepted_at"], condition=~Q(state="spent"), name="reservations_to_settle"),
            models.Index(fields=["shop", "at"], name="reservations_by_shop"),
            models.Index(fields=["offer", "checkout_key"], condition=Q(state="accepted"), name="reservations_accepted"),
            models.Index(fields=["settled_at"], condition=Q(state="spent"), name="reservations_spent"),
        ]


class OfferTally(Followed):
    """How often an offer was shown and accepted while a version chose."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="+", db_index=False)
    version_id = models.BigIntegerField(null=True)
    shown = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "version_id"], nulls_distinct=False, name="offer_tally_once")
        ]
        indexes = [models.Index(fields=["shop"], name="tallies_by_shop")]


class DecisionQuerySet(ShopQuerySet["OfferDecision"]):
    def as_of(self, moment: datetime, last_day: date) -> Self:
        """Keep what was decided up to a day and is what was shown, with what came of it, oldest first.

        What was picked and could not be shown teaches nothing: nobody chose by chance to show nothing.
        """
        told = self.annotate(**past.outcomes(last_day)).filter(why_not="", ds__lte=last_day)
        shown = OfferReservation.objects.filter(decision=models.OuterRef("decision"))
        changed = models.Exists(shown.exclude(offer_id=models.OuterRef("offer_id")))
        return told.exclude(changed).exclude(eligible=[]).order_by("at", "pk")


FromDecisionQuerySet = ShopManager.from_queryset(DecisionQuerySet)


class DecisionManager(FromDecisionQuerySet["OfferDecision"]):
    """All decisions, by name for mypy."""


class OfferDecision(Ending):
    """One decision, whatever came of it: what was known, what could be offered, what was, and how likely that was."""

    LIFE = A_YEAR

    decision = models.UUIDField()
    unit = models.BinaryField(max_length=16)
    checkout_key = models.BigIntegerField(null=True)
    version_id = models.BigIntegerField(null=True)
    arm = models.CharField(max_length=8)  # canary, control, stable, held_out
    picked_id = models.BigIntegerField(default=0)  # what the version chose; 0: nothing
    offer_id = models.BigIntegerField(default=0)  # what was shown; 0: nothing
    why_not = models.CharField(max_length=40, blank=True)  # was what it chose not shown
    propensity = models.FloatField(null=True)  # of what was picked
    score = models.FloatField(null=True)
    eligible = ArrayField(models.BigIntegerField())
    margins = ArrayField(models.BigIntegerField())  # of those, if accepted
    left_out = models.JSONField(default=dict)  # offer -> why
    chance = models.FloatField(null=True)  # that the checkout ends in an order, as it was said
    context = models.JSONField(default=dict)

    objects: ClassVar[DecisionManager] = DecisionManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision"], name="decided_once")]
        indexes = [
            models.Index(fields=["shop", "at"], name="decisions_by_shop"),
            models.Index(fields=["unit"], name="decisions_by_unit"),  # who asks to be forgotten
            models.Index(
                fields=["shop", "checkout_key"], condition=Q(checkout_key__isnull=False), name="decisions_by_checkout"
            ),
        ]
