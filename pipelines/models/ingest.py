"""What came from Shopify: deliveries, imports, and the facts they told.

Facts are keyed by Shopify's own ids (`…_id` columns, bigint) together with the shop, so that they can be
written by COPY and upsert without a look-up. Money is integer minor units of the named currency.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from pipelines.models.base import ShopTable

SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)  # stands for a moment that is not known yet


class WebhookDelivery(models.Model):
    """One delivery from Shopify, minimised: the outbox from which facts are applied."""

    class State(models.TextChoices):
        RECEIVED = "received"
        APPLIED = "applied"
        SUPERSEDED = "superseded"  # a newer state of the same thing was known already
        FAILED = "failed"  # will be tried again
        DEAD = "dead"  # parked with its reason, replayed by hand
        KEPT = "kept"  # valid, but for a shop that is unknown or has left

    shop_domain = models.CharField(max_length=100)  # text: a delivery may come before or after its shop
    webhook_id = models.CharField(max_length=100)
    topic = models.CharField(max_length=60)
    event_id = models.CharField(max_length=100, blank=True)
    api_version = models.CharField(max_length=20, blank=True)
    triggered_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    body_digest = models.BinaryField(max_length=32)  # sha256 of the raw body
    payload = models.JSONField()  # cut to the allow-list before it was written; empty once its facts are stored
    subject = models.CharField(max_length=80, blank=True)  # what a merchant calls it: an order name, a product title
    state = models.CharField(max_length=12, choices=State, db_default=State.RECEIVED)
    attempts = models.PositiveSmallIntegerField(db_default=0)
    not_before = models.DateTimeField(db_default=Now())  # when it may be tried (again)
    error = models.CharField(max_length=500, db_default="")
    applied_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64, db_default="")  # of the lines of the log: the request that brought it
    applied_by = models.CharField(max_length=40, db_default="")  # and the job that applied it
    duplicates = models.PositiveSmallIntegerField(db_default=0)  # how often Shopify sent it again
    doubled_at = models.DateTimeField(null=True)  # when it last did

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["shop_domain", "webhook_id"], name="delivery_once"),
            models.UniqueConstraint(
                fields=["shop_domain", "topic", "body_digest", "triggered_at"], name="delivery_body_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"], condition=Q(state__in=["received", "failed"]), name="delivery_due"
            ),
            models.Index(fields=["shop_domain", "-received_at"], name="delivery_by_shop"),
            models.Index(
                fields=["shop_domain", "-received_at"],
                condition=Q(state__in=["failed", "dead"]),
                name="delivery_failed",
            ),
            models.Index(
                fields=["state", "received_at"],
                condition=Q(state__in=["applied", "superseded", "dead", "kept"]),
                name="delivery_over",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.webhook_id}"


class SyncRun(ShopTable):
    """One import from Shopify: what is fetched, how far it is, what went wrong."""

    class Kind(models.TextChoices):
        PRODUCTS = "products"
        STOCK = "stock"
        ORDERS = "orders"
        CHECKOUTS = "checkouts"
        ORDER_IDS = "order_ids", "List of orders"  # a list of what there is: finds deletions whose webhook was lost
        RECONCILE = "reconcile"

    class State(models.TextChoices):
        QUEUED = "queued"
        EXPORTING = "exporting"  # Shopify prepares the file
        LOADING = "loading"  # we read it
        DONE = "done"
        FAILED = "failed"

    kind = models.CharField(max_length=12, choices=Kind)
    trigger = models.CharField(max_length=20)  # install, daily, merchant, scopes, operator
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    since = models.DateTimeField(null=True)  # only what changed at or after this
    bulk_gid = models.CharField(max_length=80, blank=True)
    url = models.TextField(blank=True)
    objects_total = models.BigIntegerField(default=0)  # lines of the export as Shopify counts them
    objects_done = models.BigIntegerField(default=0)  # lines read and committed: where a killed import resumes
    rows_written = models.BigIntegerField(default=0)
    lines_refused = models.BigIntegerField(default=0)
    refusals = models.JSONField(default=list)  # the first of them: "line 17: …"
    is_partial = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(auto_now=True)
    due_at = models.DateTimeField(default=timezone.now)  # when to look after it next; a finish webhook makes it now

    class Meta:
        indexes = [
            models.Index(fields=["shop", "kind", "-created_at"], name="sync_by_shop"),
            models.Index(fields=["shop", "kind", "-created_at"], condition=Q(state="failed"), name="sync_failed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "kind"],
                condition=Q(state__in=["queued", "exporting", "loading"]),
                name="sync_one_at_a_time",
            )
        ]

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.objects_done / self.objects_total)) if self.objects_total else 0


class WaitingLine(models.Model):
    """An order line of an export whose order was not in the same chunk; it joins its order at the end."""

    sync = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="+")
    order_id = models.BigIntegerField()  # Shopify's id
    line = models.JSONField()


class BulkTable(ShopTable):
    """A table that is written by the million.

    PostgreSQL does not check the shop of every row: a check costs a third of the import, and locks the shop's row.
    Rows of shops are never deleted, and all of these are written for a shop that was read just before.
    """

    shop = models.ForeignKey(
        "pipelines.Shop", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        abstract = True


class Fact(BulkTable):
    """A row that mirrors a thing in Shopify; newest `updated_at` wins."""

    shopify_id = models.BigIntegerField()
    updated_at = models.DateTimeField()  # Shopify's clock: the order of truth
    source_id = models.CharField(max_length=100, blank=True)  # webhook id, breaks ties of updated_at
    deleted_at = models.DateTimeField(null=True)  # tombstone

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["shop", "shopify_id"], name="%(class)s_once")]


class Location(Fact):
    name = models.CharField(max_length=255, blank=True)
    is_active = models.BooleanField(default=True)


class Product(Fact):
    title = models.CharField(max_length=255)
    product_type = models.CharField(max_length=255, blank=True)
    vendor = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=12, default="active")
    tags = models.JSONField(default=list)
    image_url = models.CharField(max_length=500, blank=True, db_default="")  # on the origin of Shopify's own files
    created_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(
        null=True, db_default=SINCE_EVER
    )  # to the online store, perhaps in days to come; null: not; 1970: it was never asked, and counts as published
    content_hash = models.BigIntegerField(null=True)  # of its delivery: tells a repeat from a contradiction
    fetch_due_at = models.DateTimeField(null=True)  # must be read again from Shopify

    class Meta(Fact.Meta):
        indexes = [
            models.Index(fields=["shop", "fetch_due_at"], condition=Q(fetch_due_at__isnull=False), name="product_due"),
        ]


class Variant(Fact):
    product_id = models.BigIntegerField()
    title = models.CharField(max_length=255, blank=True)
    sku = models.CharField(max_length=255, blank=True)
    barcode = models.CharField(max_length=64, blank=True, db_default="")
    price_minor = models.BigIntegerField(null=True)
    compare_at_minor = models.BigIntegerField(null=True)
    inventory_item_id = models.BigIntegerField(null=True)
    is_tracked = models.BooleanField(db_default=True)
    continues_selling = models.BooleanField(db_default=False)  # when nothing is left (inventoryPolicy: CONTINUE)
    unit_cost_minor = models.BigIntegerField(null=True)
    item_updated_at = models.DateTimeField(null=True)  # the clock of is_tracked and unit_cost_minor
    created_at = models.DateTimeField(null=True)
    requires_components = models.BooleanField(null=True)  # a bundle, sold with its parts; exports tell, webhooks do not

    class Meta(Fact.Meta):
        indexes = [
            models.Index(fields=["shop", "inventory_item_id"], name="variant_by_item"),
            models.Index(fields=["shop", "product_id"], name="variant_by_product"),
        ]


class BundlePart(BulkTable):
    """So many of a variant that another one, a bundle, is made of."""

    bundle_id = models.BigIntegerField()  # variants, by Shopify's ids
    part_id = models.BigIntegerField()
    quantity = models.IntegerField()
    read_at = models.DateTimeField()
    since = models.DateTimeField(null=True)  # when this was first read; null: before we kept it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "bundle_id", "part_id"], name="bundle_part_once")]


class FormerPart(BulkTable):
    """So many of a variant that a bundle was made of until then: what sold before is counted by it."""

    bundle_id = models.BigIntegerField()
    part_id = models.BigIntegerField()
    quantity = models.IntegerField()
    since = models.DateTimeField(null=True)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["shop", "bundle_id"], name="former_part_by_bundle")]


class StockLevel(BulkTable):
    """Units of an inventory item at a location from a moment on; append-only, the newest row is now."""

    inventory_item_id = models.BigIntegerField()
    location_id = models.BigIntegerField()
    available = models.IntegerField()  # sellable
    on_hand = models.IntegerField(null=True)
    committed = models.IntegerField(null=True)
    incoming = models.IntegerField(null=True)
    updated_at = models.DateTimeField()
    is_contested = models.BooleanField(db_default=False)  # two values for one moment: read again from Shopify

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "inventory_item_id", "location_id", "updated_at"], name="stocklevel_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["shop", "inventory_item_id"], condition=Q(is_contested=True), name="stocklevel_contested"
            )
        ]


class Order(Fact):
    name = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    processed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)
    is_test = models.BooleanField(default=False)
    financial_status = models.CharField(max_length=30, blank=True)
    fulfillment_status = models.CharField(max_length=30, blank=True)
    source_name = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    discounts_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    customer_ref = models.BinaryField(max_length=16, null=True)  # pseudonym under the shop's key; null for guests
    unit = models.BinaryField(
        max_length=16, null=True
    )  # digest of our own cart attribute; empty: its buyer was forgotten
    checkout_key = models.BigIntegerField(null=True)  # the checkout that it completed: the key of that row
    content_hash = models.BigIntegerField(null=True)  # of its delivery: tells a repeat from a contradiction
    fetch_due_at = models.DateTimeField(null=True)  # must be read again from Shopify, one by one

    class Meta(Fact.Meta):
        indexes = [
            models.Index(
                fields=["shop", "processed_at"],
                include=["total_minor", "refunded_minor", "cancelled_at", "deleted_at", "is_test"],
                name="order_by_day",  # what a span of days brought is summed up out of it alone
            ),
            models.Index(fields=["shop", "fetch_due_at"], condition=Q(fetch_due_at__isnull=False), name="order_due"),
            models.Index(fields=["shop", "unit"], condition=Q(unit__isnull=False), name="order_by_unit"),
            models.Index(
                fields=["shop", "checkout_key"], condition=Q(checkout_key__isnull=False), name="order_by_checkout"
            ),
        ]


class ForgottenCustomer(ShopTable):
    """A customer who was forgotten, by a digest of the pseudonym or of an order: what is sent later is cut, too."""

    digest = models.BinaryField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "digest"], name="forgotten_once")]


class OrderLine(BulkTable):
    """One line of an order. Demand is `quantity - removed`, on the order's day."""

    line_id = models.BigIntegerField()
    order_id = models.BigIntegerField()  # Shopify's id
    variant_id = models.BigIntegerField(null=True)  # null: a custom line, or the variant is gone
    product_id = models.BigIntegerField(null=True)
    sku = models.CharField(max_length=255, blank=True)
    title = models.CharField(max_length=255, blank=True)
    quantity = models.IntegerField()
    current_quantity = models.IntegerField()  # net of everything refunded or removed
    removed = models.IntegerField(default=0)  # cancelled or removed before fulfilment
    returned = models.IntegerField(default=0)
    price_minor = models.BigIntegerField()  # a unit's list price on the order
    discount_minor = models.BigIntegerField(default=0)  # of the whole line
    is_gift_card = models.BooleanField(default=False)
    needs_shipping = models.BooleanField(default=True)
    processed_at = models.DateTimeField()  # the order's: so that a day's demand needs no join
    group_id = models.BigIntegerField(null=True)  # of lines that were sold as one bundle
    group_variant_id = models.BigIntegerField(null=True)  # the bundle, which has no line of its own then
    group_product_id = models.BigIntegerField(null=True)
    group_quantity = models.IntegerField(null=True)  # how many of the bundle, whole group

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "line_id"], name="orderline_once")]
        indexes = [
            models.Index(fields=["shop", "order_id"], name="line_by_order"),
            models.Index(fields=["shop", "variant_id", "processed_at"], name="line_by_variant"),
        ]


class Refund(BulkTable):
    """That an order was refunded, and when; amounts come with the order itself."""

    shopify_id = models.BigIntegerField()
    order_id = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "shopify_id"], name="refund_once")]


class Checkout(Fact):
    """A checkout that was started: value and lines, nobody's name; known by its token at every door."""

    token_digest = models.BinaryField(max_length=16)
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField(default=0)
    lines = models.JSONField(default=list)  # [{variant_id, quantity, price_minor}]
    first_minor = models.BigIntegerField(null=True)  # its size when Shopify first told of it; null: only an export did
    first_lines = models.PositiveIntegerField(null=True)
    first_units = models.BigIntegerField(null=True)
    # What was known while it went on: [{at, minor, lines, units, has_shipping, has_discount}], by time;
    # null: nobody noted it.
    steps = models.JSONField(null=True)

    class Meta(Fact.Meta):
        indexes = [models.Index(fields=["shop", "created_at"], name="checkout_by_time")]


def newest_stock() -> QuerySet[StockLevel]:
    """Return the newest level of each item and location, as a query to filter further."""
    return StockLevel.objects.order_by("shop", "inventory_item_id", "location_id", F("updated_at").desc()).distinct(
        "shop", "inventory_item_id", "location_id"
    )
