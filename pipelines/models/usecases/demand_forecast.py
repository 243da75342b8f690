"""What the demand forecast says and is told: forecasts, stock advice and its sums, the merchant's own numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BigIntegerField, Count, Max, Min, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Least
from django.utils import timezone

from pipelines.models.base import ShopManager, ShopQuerySet, ShopSums, ShopTable
from pipelines.models.buying import Supplied
from pipelines.models.ledger import Noted
from pipelines.models.shops import Shop

URGENT = ("out_of_stock", "order_today")
LEAST_LOST = 0.5  # a unit, once rounded: who misses less is not called short
TO_ORDER = Q(status__in=URGENT, order_quantity__gt=0)
SHORT = Q(lost_units__gte=LEAST_LOST)
LATE = SHORT & Q(order_quantity=0)  # enough was ordered, and comes too late


class Forecast(ShopTable):
    """One version's forecast of one variant from one origin, with arrays over the horizon; the simple rule has none."""

    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    variant_id = models.BigIntegerField()
    origin = models.DateField()  # the last day of history; the first forecast day is the next
    mean = ArrayField(models.FloatField())
    dispersion = models.FloatField(db_default=1.0)  # variance of a sum of days with mean m:
    model_error = models.FloatField(db_default=0.3)  # dispersion * m + (model_error * m) ** 2
    lead_quantiles = models.JSONField(default=dict)  # level -> units over lead time + review period
    month_quantiles = models.JSONField(default=dict)  # level -> units over 28 days
    parts = models.JSONField(default=list)  # plain explanation: [[words, units], …], sums to the 28-day total
    odd_days = models.JSONField(
        default=list, db_default=[]
    )  # [[day, units sold, units that count], …], the newest first

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "version", "variant_id", "origin"], name="forecast_once")
        ]
        indexes = [models.Index(fields=["shop", "variant_id", "-origin"], name="forecast_by_variant")]


class ForecastOverrideQuerySet(ShopQuerySet["ForecastOverride"]):
    def as_of(self, moment: datetime, last_day: date) -> Self:
        """Keep what stood at a moment and still reaches into the future, oldest first."""
        stood = self.filter(Q(ended_at=None) | Q(ended_at__gt=moment), created_at__lte=moment)
        return stood.filter(last_day__gte=last_day).order_by("pk")


FromForecastOverrideQuerySet = ShopManager.from_queryset(ForecastOverrideQuerySet)


class ForecastOverrideManager(FromForecastOverrideQuerySet["ForecastOverride"]):
    """All of merchants' own numbers, by name for mypy."""


class ForecastOverride(ShopTable):
    """A merchant's own number for a variant and a period; we keep measuring both."""

    variant_id = models.BigIntegerField()
    units = models.PositiveIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    note = models.CharField(max_length=300)
    sub = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[ForecastOverrideManager] = ForecastOverrideManager()

    class Meta:
        indexes = [models.Index(fields=["shop", "variant_id"], name="override_by_variant")]


class OddOrder(ShopTable):
    """What a merchant says of one variant's unusual day: that it counts in full, or is left out of learning."""

    variant_id = models.BigIntegerField()
    day = models.DateField()
    counts = models.BooleanField()
    sub = models.CharField(max_length=40)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "variant_id", "day"], name="odd_order_once")]


class StockAdviceQuerySet(ShopQuerySet["StockAdvice"]):
    def to_order(self) -> Self:
        """Keep what should be ordered today, or should have been."""
        return self.filter(TO_ORDER)


FromStockAdviceQuerySet = ShopManager.from_queryset(StockAdviceQuerySet)


class StockAdviceManager(FromStockAdviceQuerySet["StockAdvice"]):
    """All advice, by name for mypy."""


class StockAdvice(ShopTable):
    """One variant's row on the Forecasts page, written by the nightly refresh; location 0 is the total."""

    variant_id = models.BigIntegerField()
    location_id = models.BigIntegerField(default=0)
    version = models.ForeignKey("pipelines.ModelVersion", null=True, on_delete=models.CASCADE, related_name="+")
    origin = models.DateField()
    title = models.CharField(max_length=255)
    subtitle = models.CharField(max_length=255, blank=True)
    sku = models.CharField(max_length=255, blank=True)
    vendor = models.CharField(max_length=255, blank=True)
    search = models.TextField(blank=True)  # lower-cased title, options, SKU, cut to what an index can hold
    status = models.CharField(max_length=20)  # stock.STATUSES
    spark = models.TextField(blank=True)  # ready SVG
    sold_28 = models.FloatField(default=0)
    forecast_28 = models.FloatField(default=0)
    low_28 = models.FloatField(default=0)  # 80 % range
    high_28 = models.FloatField(default=0)
    is_overridden = models.BooleanField(default=False)
    is_new = models.BooleanField(default=False)
    stock = models.IntegerField(null=True)  # null: not tracked
    incoming = models.IntegerField(default=0)
    committed = models.IntegerField(default=0)
    runs_out = models.DateField(null=True)
    days_of_cover = models.FloatField(null=True)
    order_up_to = models.FloatField(default=0)
    order_quantity = models.IntegerField(default=0)
    order_by = models.DateField(null=True)
    order_cost_minor = models.BigIntegerField(default=0)
    kept = models.JSONField(default=list, db_default=[])  # [[units so far, margin that they keep in minor units], …]
    from_elsewhere = models.IntegerField(
        default=0, db_default=0
    )  # of what a place misses, what lies or arrives at other places
    demand_share = models.FloatField(default=1, db_default=1)  # of this place
    moved = models.IntegerField(
        default=0, db_default=0
    )  # units that left this place lately: what its share is worked out from
    lost_units = models.FloatField(default=0)
    at_risk_minor = models.BigIntegerField(default=0)
    overstock_minor = models.BigIntegerField(default=0)
    abc = models.CharField(max_length=1, blank=True)
    is_dead = models.BooleanField(default=False)
    price_minor = models.BigIntegerField(null=True)
    unit_cost_minor = models.BigIntegerField(null=True)
    cost_is_estimated = models.BooleanField(default=False)
    rule = models.JSONField(default=dict)  # the lead time, pack size … that the advice used
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[StockAdviceManager] = StockAdviceManager()

    @property
    def owed(self) -> int:
        """Count the units that were sold before they were there."""
        return max(0, -(self.stock or 0))

    @property
    def sells_on(self) -> bool:
        """Tell whether it goes on selling when nothing is left."""
        return bool(self.rule.get("continues"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "location_id", "variant_id"], name="advice_once"),
        ]
        indexes = [
            models.Index(
                fields=["shop", "location_id", "-at_risk_minor", "variant_id"],
                include=["search", "status", "forecast_28", "runs_out"],  # a search reads nothing else
                name="advice_by_risk",
            ),
            models.Index(fields=["shop", "location_id", "-forecast_28", "variant_id"], name="advice_by_forecast"),
            models.Index(fields=["shop", "location_id", "runs_out", "variant_id"], name="advice_by_run_out"),
            models.Index(fields=["shop", "location_id", "status"], name="advice_by_status"),
            models.Index(
                fields=["shop", "location_id", "vendor", "title"],
                condition=Q(status__in=["out_of_stock", "order_today"], order_quantity__gt=0),
                name="advice_to_order",
            ),
        ]


class StockTotals(ShopSums):
    """The advice on one place in sums, written with its rows, so that no page counts them; money in minor units."""

    location_id = models.BigIntegerField(default=0)  # 0: all together
    variants = models.JSONField(default=dict)  # status -> how many
    to_order = models.IntegerField(default=0)
    to_order_out = models.IntegerField(default=0)  # of them out of stock
    to_order_minor = models.BigIntegerField(default=0)  # what they cost
    short = models.IntegerField(default=0)  # these miss sales before a delivery ordered today could arrive
    short_minor = models.BigIntegerField(default=0)  # the sales that they are expected to miss
    late = models.IntegerField(default=0)  # of them, what is already on its way and comes too late
    late_minor = models.BigIntegerField(default=0)
    newest_at = models.DateTimeField()  # of the rows that are in them

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "location_id"], name="totals_once")]

    @property
    def needs_somebody(self) -> bool:
        return bool(self.to_order or self.short)

    @classmethod
    def sum_up(cls, shop: Model | int) -> None:
        """Put the sums of a shop's advice in the place of those before; in the transaction that writes the rows."""
        cls.objects.for_shop(shop).delete()
        StockTotals.objects.bulk_create(cls.of_rows(shop))
        ToOrder.sum_up(shop)

    @classmethod
    def of_rows(cls, shop: Model | int) -> list[Self]:
        """Add up the advice place by place; a place without a row has no sums."""
        shop_id = getattr(shop, "pk", shop)
        advice = StockAdvice.objects.for_shop(shop_id)
        variants: dict[int, dict[str, int]] = defaultdict(dict)
        for location_id, status, count in advice.values_list("location_id", "status").annotate(n=Count("*")):
            variants[location_id][status] = count
        sums = advice.values("location_id").annotate(**SUMS)
        return [cls(shop_id=shop_id, variants=variants[row["location_id"]], **row) for row in sums]


class ToOrder(ShopSums):
    """What should be ordered today of one vendor, in all places, in sums: written with the advice.

    Its variants with a supplier of their own are summed up apart, by that supplier.
    """

    vendor = models.CharField(max_length=255, blank=True)
    own_supplier = models.BigIntegerField(null=True)
    variants = models.IntegerField()
    units = models.BigIntegerField()
    cost_minor = models.BigIntegerField()
    runs_out = models.DateField(null=True)  # the first of them
    oldest_at = models.DateTimeField()  # of the rows that are in them
    newest_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "vendor", "own_supplier"], nulls_distinct=False, name="to_order_of_one"
            )
        ]

    @classmethod
    def sum_up(cls, shop: Model | int) -> None:
        """Put the sums of what should be ordered in the place of those before."""
        shop_id = shop.pk if isinstance(shop, Model) else shop
        cls.objects.for_shop(shop_id).delete()
        advice = StockAdvice.objects.for_shop(shop_id).filter(location_id=0).to_order()
        own = Supplied.objects.for_shop(shop_id).filter(vendor="", variant_id=OuterRef("variant_id")).values("supplier")
        rows = advice.annotate(own_supplier=Subquery(own)).values("vendor", "own_supplier")
        sums = rows.annotate(**TO_ORDER_SUMS, oldest_at=Min("updated_at"), newest_at=Max("updated_at"))
        ToOrder.objects.bulk_create(ToOrder(shop_id=shop_id, **row) for row in sums)


def money(column: str, of: Q) -> Least:
    """Add up amounts of some rows; what no column can hold becomes the most that it can."""
    return Least(Sum(column, filter=of, default=0), BigIntegerField.MAX_BIGINT)


SUMS = {
    "to_order": Count("pk", filter=TO_ORDER),
    "to_order_out": Count("pk", filter=TO_ORDER & Q(status="out_of_stock")),
    "to_order_minor": money("order_cost_minor", TO_ORDER),
    "short": Count("pk", filter=SHORT),
    "short_minor": money("at_risk_minor", SHORT),
    "late": Count("pk", filter=LATE),
    "late_minor": money("at_risk_minor", LATE),
    "newest_at": Max("updated_at"),
}
TO_ORDER_SUMS = {
    "variants": Count("pk"),
    "units": Sum("order_quantity"),
    "cost_minor": money("order_cost_minor", Q()),
    "runs_out": Min("runs_out"),
}


# What the merchant tells us


@dataclass(frozen=True)
class OwnNumber:
    """What the merchant expects of a variant in a period, and why; it takes the place of an earlier one."""

    variant_id: int
    units: int
    first_day: date
    last_day: date
    note: str

    def keep(self, shop: Shop, *, by: str) -> Noted:
        """Use the number from now on."""
        standing(shop, self.variant_id).update(ended_at=timezone.now())
        ForecastOverride.objects.create(shop=shop, sub=by, **asdict(self))
        told = {name: str(value) for name, value in asdict(self).items() if name != "note"}
        because = "The merchant uses a number of their own"
        return Noted("forecast.overridden", because, {"note": self.note, **told})


@dataclass(frozen=True)
class NoOwnNumber:
    """That the merchant returns to the forecast of a variant."""

    variant_id: int

    def keep(self, shop: Shop, *, by: str) -> Noted | None:
        """End the number that stands, if one does."""
        if not standing(shop, self.variant_id).update(ended_at=timezone.now()):
            return None
        return Noted("forecast.restored", "The merchant returned to the forecast", {"variant_id": self.variant_id})


@dataclass(frozen=True)
class OddDay:
    """How a variant's unusual day counts: in full, not at all, or, with neither, as we would weigh it."""

    variant_id: int
    day: date
    counts: bool | None

    def keep(self, shop: Shop, *, by: str) -> Noted:
        """Put it in the place of what was said before."""
        OddOrder.objects.for_shop(shop).filter(variant_id=self.variant_id, day=self.day).delete()
        if self.counts is not None:
            OddOrder.objects.create(shop=shop, sub=by, **asdict(self))
        because = {True: "An order counts in full", False: "An order is left out", None: "An order is weighed again"}
        told = {"variant_id": self.variant_id, "day": self.day.isoformat()}
        return Noted("odd_order.said", because[self.counts], told)


def standing(shop: Shop, variant_id: int) -> QuerySet[ForecastOverride]:
    """Keep the numbers of the merchant's own that still count for a variant."""
    return ForecastOverride.objects.for_shop(shop).filter(variant_id=variant_id, ended_at=None)
