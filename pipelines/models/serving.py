"""What leaves for the storefront and comes back from it: fields at Shopify, answers on request, what shoppers did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from pipelines.models.base import ShopTable

if TYPE_CHECKING:
    from pipelines.models.shops import Shop


class PublishedFields(ShopTable):
    """What Shopify's metafields hold of what an output says of a product or variant, so that only changes are sent."""

    use_case = models.CharField(max_length=40)
    output = models.CharField(max_length=40)
    owner = models.CharField(max_length=20)  # Product, ProductVariant
    owner_id = models.BigIntegerField()
    values = models.JSONField(default=dict)  # key -> text as sent, or its digest where it is long
    operation = models.CharField(max_length=80, blank=True)  # the bulk operation that carries what changed of them
    line = models.PositiveIntegerField(default=0, db_default=0)  # of that operation's file, from 0
    carried = models.PositiveSmallIntegerField(default=0, db_default=0)  # how many of them it carries
    is_confirmed = models.BooleanField(default=False)
    refused = models.CharField(max_length=200, blank=True, default="", db_default="")  # why Shopify did not take them
    refused_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "use_case", "output", "owner_id"], name="published_once")
        ]
        indexes = [
            models.Index(fields=["operation"], condition=Q(is_confirmed=False), name="published_pending"),
            models.Index(fields=["shop", "use_case"], condition=~Q(refused=""), name="published_refused"),
        ]


class Publication(ShopTable):
    """How far the fields at Shopify are with what a use case says; where versions take turns, which slot is whose."""

    use_case = models.CharField(max_length=40)
    leased_until = models.DateTimeField(null=True)  # one sends at a time
    is_whole = models.BooleanField(default=False)  # nothing is left to be sent, awaited or turned today
    asked = models.PositiveBigIntegerField(default=0, db_default=0)  # how often somebody said that something is
    stopped_because = models.CharField(max_length=200, blank=True)  # until the merchant lets us again
    published_at = models.DateTimeField(null=True)  # when all was last there
    fills_standard = models.BooleanField(default=False)  # the merchant wants Shopify's own field filled, too
    slots = models.JSONField(default=dict)  # slot -> {"version": its id, 0 for the simple rule, "is_full": bool}
    pointer = models.JSONField(default=dict)  # what the storefront was told last: which slot is live, who sees another

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "use_case"], name="publication_once")]

    @classmethod
    def of(cls, shop: Shop | int, use_case: str) -> Publication:
        """Return how far a use case's fields are; nothing was sent until something was."""
        return cls.objects.get_or_create(shop_id=getattr(shop, "pk", shop), use_case=use_case)[0]

    @classmethod
    def ask(cls, shop: Shop | int, *use_cases: str) -> None:
        """Note that something is to be sent: who is at it now does it once more, else whoever comes next."""
        rows = cls.objects.for_shop(shop).filter(use_case__in=use_cases)
        rows.update(is_whole=False, asked=F("asked") + 1)

    def version_in(self, slot: str) -> int | None:
        """Return the id of the version whose lists a slot holds or is being given; 0 is the simple rule."""
        return self.slots[slot]["version"] if slot in self.slots else None

    def is_full(self, slot: str) -> bool:
        """Tell whether all lists of that version have been in the slot."""
        return slot in self.slots and bool(self.slots[slot]["is_full"])

    def lies_ready(self, version: int | None) -> bool:
        """Tell whether a slot holds all lists of a version, none for the simple rule: visitors can see them at once."""
        return any(self.version_in(slot) == (version or 0) and self.is_full(slot) for slot in self.slots)


class StandardField(ShopTable):
    """A product's field of Shopify's own that we wrote, and what stood there before: that comes back in the end."""

    class State(models.TextChoices):
        OURS = "ours"
        THEIRS = "theirs"  # somebody filled it by hand: it is left alone, and so is what stood there before us
        REFUSED = "refused"  # Shopify did not take what we said

    use_case = models.CharField(max_length=40)
    owner_id = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.OURS)
    before = models.TextField(blank=True)  # as it was; empty: nothing stood there
    ours = models.CharField(max_length=40, blank=True)  # digest of what we wrote last
    coming = models.CharField(max_length=40, blank=True)  # digest of what was sent and never answered
    checked_at = models.DateTimeField()
    refused = models.CharField(max_length=200, blank=True, default="", db_default="")  # why it was not given back then

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "use_case", "owner_id"], name="standard_field_once")]


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
        COLLECTION_VIEWED = "collection_viewed"
        SEARCHED = "search_submitted"
        PRODUCT_VIEWED = "product_viewed"
        ADDED_TO_CART = "product_added_to_cart"
        REMOVED_FROM_CART = "product_removed_from_cart"
        CART_VIEWED = "cart_viewed"
        CHECKOUT_STARTED = "checkout_started"
        CONTACT_GIVEN = "checkout_contact_info_submitted"
        ADDRESS_GIVEN = "checkout_address_info_submitted"
        DELIVERY_CHOSEN = "checkout_shipping_info_submitted"
        PAYMENT_GIVEN = "payment_info_submitted"
        CHECKOUT_COMPLETED = "checkout_completed"
        BLOCK_CLICKED = "block_clicked"  # a product that we showed

    # Of a step nothing is kept but whose checkout it is, and when.
    STEPS = (Kind.CONTACT_GIVEN, Kind.ADDRESS_GIVEN, Kind.DELIVERY_CHOSEN, Kind.PAYMENT_GIVEN)

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    event = models.UUIDField()  # digest of the id that the browser gave it
    kind = models.CharField(max_length=32, choices=Kind)
    at = models.DateTimeField()  # by our clock
    unit = models.BinaryField(max_length=16)  # digest of the first-party id, as in exposures and orders
    product_id = models.BigIntegerField(null=True)
    variant_id = models.BigIntegerField(null=True)
    use_case = models.CharField(max_length=40, blank=True)  # of a click: whose block it was
    place = models.PositiveSmallIntegerField(null=True)  # of a click: which in the list, from 1
    device = models.CharField(max_length=8, blank=True, db_default="")  # phone, tablet, desktop
    source = models.CharField(max_length=8, blank=True, db_default="")  # by which kind of road; none within the shop
    value_minor = models.BigIntegerField(null=True)  # of the cart, where it is in the shop's own currency
    lines = models.PositiveSmallIntegerField(null=True)
    units = models.PositiveIntegerField(null=True)
    has_discount = models.BooleanField(null=True)  # of a checkout
    checkout_key = models.BigIntegerField(null=True)  # of a checkout: the key of its row

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


class VisitHour(ShopTable):
    """How far the visits went that began in one hour of the store, and which checkouts that hour saw: counted once.

    Keys without constraints: a row that nobody waits for must not wait for a lock on its shop.
    """

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    starts_at = models.DateTimeField()
    day = models.DateField()  # of the shop
    hour = models.PositiveSmallIntegerField()  # on its clock
    visits = models.PositiveIntegerField()
    searched = models.PositiveIntegerField()  # visits with a search
    carts = models.PositiveIntegerField()  # visits that put something into the cart, and each of these is one above it
    checkouts = models.PositiveIntegerField()
    orders = models.PositiveIntegerField()
    sales_minor = models.BigIntegerField()  # of those orders
    started = models.PositiveIntegerField()  # checkouts, also of which nobody saw the visit
    finished = models.PositiveIntegerField()  # of them, within a day
    finished_minor = models.BigIntegerField()  # what their orders brought

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "starts_at"], name="visit_hour_once")]


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


class OptOut(ShopTable):
    """That a shopper wants no decisions made about them by a machine; said last, it stands for 400 days.

    Keys without constraints: a row that nobody waits for must not wait for a lock on its shop.
    """

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    unit = models.BinaryField(max_length=16)  # digest of the first-party id, as in exposures and orders
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "unit"], name="opted_out_once")]
