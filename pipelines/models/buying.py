"""What a shop buys: orders to suppliers, their lines, and the goods that came."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, Greatest

from pipelines.models.base import ShopManager, ShopQuerySet, ShopTable
from pipelines.models.ingest import BulkTable
from pipelines.stats.delivery_times import median_of

USUALLY_LATE_DAYS = 7


class Supplier(ShopTable):
    """Whom the shop buys from; where an order goes to is sealed, and never shown in a log."""

    name = models.CharField(max_length=255)
    currency = models.CharField(max_length=3)  # of its prices
    lead_time_days = models.PositiveSmallIntegerField(null=True)  # null: as for its vendors, else as for the shop
    smallest_minor = models.BigIntegerField(default=0)  # value of the smallest order that it takes
    order_weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list)  # Monday: 0; none: any day
    address = models.BinaryField(default=b"")  # encrypted: as it stands on an order
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="supplier_once")]


class Supplied(ShopTable):
    """What a supplier delivers: all of one vendor, or one variant, which comes before its vendor."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="supplied")
    vendor = models.CharField(max_length=255, blank=True)
    variant_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "vendor", "variant_id"], nulls_distinct=False, name="supplied_by_one"
            )
        ]


class PurchaseOrderQuerySet(ShopQuerySet["PurchaseOrder"]):
    def on_the_way(self) -> Self:
        """Keep what was sent and has not come whole."""
        return self.filter(state=PurchaseOrder.State.SENT)

    def summed(self) -> Self:
        """Bring along how many units were ordered and came, and what they cost."""
        return self.annotate(
            units=Sum("lines__units", default=0),
            came=Sum("lines__received", default=0),
            to_come=Sum(Greatest(F("lines__units") - F("lines__received"), 0), default=0),
            cost_minor=Sum(F("lines__units") * F("lines__unit_cost_minor"), default=0),
            without_cost=Count("lines", filter=Q(lines__unit_cost_minor=0)),
        )

    def called(self) -> Self:
        """Bring along how whom an order was sent to is called now: its vendor is the name that it was sent to."""
        return self.annotate(called_now=Coalesce("supplier__name", "vendor"))


FromPurchaseOrderQuerySet = ShopManager.from_queryset(PurchaseOrderQuerySet)


class PurchaseOrderManager(FromPurchaseOrderQuerySet["PurchaseOrder"]):
    """All orders to suppliers, by name for mypy."""


class PurchaseOrder(ShopTable):
    """One order to a supplier."""

    class State(models.TextChoices):
        DRAFT = "draft"
        SENT = "sent"  # its units are on the way until they came
        RECEIVED = "received"  # or what is missing is no longer expected
        CANCELLED = "cancelled"

    number = models.PositiveIntegerField()
    vendor = models.CharField(max_length=255)  # whom it is sent to: the supplier's name then, else that of a vendor
    supplier = models.ForeignKey(Supplier, null=True, on_delete=models.SET_NULL, related_name="orders")
    location_id = models.BigIntegerField(null=True)  # where to; null: wherever the shop keeps it
    currency = models.CharField(max_length=3)
    budget_minor = models.BigIntegerField(null=True)  # that its lines were filled up to
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_on = models.DateField(null=True)
    sent_at = models.DateTimeField(null=True)
    expected_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    known_as = models.CharField(max_length=80, blank=True, db_default="")  # in the app that it was brought along from

    objects: ClassVar[PurchaseOrderManager] = PurchaseOrderManager()

    @property
    def number_elsewhere(self) -> str:
        """Return the number that it had in the app that it was brought along from, if its file told one."""
        return "" if " units (" in self.known_as else self.known_as

    def comes_on(self, today: date) -> date | None:
        """Say on which day it counts as coming: as expected, or, once late, as late from today as usual."""
        if self.expected_on is None or self.expected_on >= today:
            return self.expected_on
        return today + timedelta(days=USUALLY_LATE_DAYS)

    # As `summed` brings them along.
    units: int
    came: int
    to_come: int
    cost_minor: int
    # As `called` brings it along.
    called_now: str

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "number"], name="purchase_order_once"),
            models.UniqueConstraint(fields=["shop", "vendor"], condition=Q(state="draft"), name="purchase_draft_once"),
            models.UniqueConstraint(
                fields=["shop", "known_as"], condition=~Q(known_as=""), name="purchase_brought_once"
            ),
        ]


class PurchaseLineQuerySet(ShopQuerySet["PurchaseLine"]):
    def on_the_way(self) -> Self:
        """Keep lines of which something is still to come."""
        return self.filter(order__state=PurchaseOrder.State.SENT, received__lt=F("units"))


FromPurchaseLineQuerySet = ShopManager.from_queryset(PurchaseLineQuerySet)


class PurchaseLineManager(FromPurchaseLineQuerySet["PurchaseLine"]):
    """All lines of orders to suppliers, by name for mypy."""


class PurchaseLine(BulkTable):
    """One variant of an order, as it was when it was ordered.

    An order may have thousands: its shop is the order's, and the lines of an order are found by what is unique.
    """

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines", db_index=False)
    variant_id = models.BigIntegerField()
    title = models.CharField(max_length=255)
    subtitle = models.CharField(max_length=255, blank=True)
    sku = models.CharField(max_length=255, blank=True)
    units = models.PositiveIntegerField()
    pack_size = models.PositiveIntegerField(default=1)
    unit_cost_minor = models.BigIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)  # may be more than was ordered

    objects: ClassVar[PurchaseLineManager] = PurchaseLineManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "variant_id"], name="purchase_line_once")]

    @property
    def to_come(self) -> int:
        """Count the units that were ordered and have not come."""
        return max(0, self.units - self.received)

    @property
    def too_many(self) -> int:
        """Count the units that came and were not ordered."""
        return max(0, self.received - self.units)

    @property
    def cost_minor(self) -> int:
        return self.units * self.unit_cost_minor


class GoodsReceipt(ShopTable):
    """Units of one line that came on a day."""

    line = models.ForeignKey(PurchaseLine, on_delete=models.CASCADE, related_name="receipts")
    delivery = models.PositiveIntegerField(null=True)  # all of an order with the same were written by one press
    units = models.PositiveIntegerField()
    day = models.DateField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.CharField(max_length=60)


class OrderPaper(ShopTable):
    """An order as it was printed to be sent on; gone as soon as the order says something else."""

    order = models.OneToOneField(PurchaseOrder, on_delete=models.CASCADE, related_name="paper")
    file = models.BinaryField()  # encrypted: the supplier's address stands on it
    undrawn = models.CharField(max_length=40, blank=True, db_default="")  # letters that it cannot show, each once


class ShopifyPurchase(ShopTable):
    """One line of a purchase order that the merchant keeps in Shopify, placed and not put away."""

    line_id = models.BigIntegerField()
    inventory_item_id = models.BigIntegerField()
    location_id = models.BigIntegerField(null=True)  # where to; null: Shopify names none
    units = models.PositiveIntegerField()  # all that were ordered: Shopify does not tell how many of them came
    ordered_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "line_id"], name="shopify_purchase_once")]


class AgreedLeadTime(ShopTable):
    """How long deliveries of a vendor take, as it was measured when the merchant agreed to reckon with it."""

    vendor = models.CharField(max_length=255)  # as orders name it
    days = ArrayField(models.PositiveIntegerField())  # at the levels of delivery_times
    deliveries = models.PositiveIntegerField()
    agreed_at = models.DateTimeField(auto_now=True)

    @property
    def median(self) -> int:
        return median_of(self.days)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "vendor"], name="agreed_lead_time_once")]
