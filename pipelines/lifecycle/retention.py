"""How long each table that grows keeps its rows; what has no life here is kept as long as its shop, and says why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from pipelines.lifecycle.data.dataset import LONGEST_WINDOW
from pipelines.lifecycle.ingest.sql import partitions
from pipelines.models import (
    Alert,
    AlertDelivery,
    Annotation,
    ChanceDay,
    Checkout,
    ComputedDay,
    DatasetSnapshot,
    DriftBins,
    Exposure,
    HoldOutSight,
    IgnoredEvents,
    Measurement,
    ModelVersion,
    OptOut,
    PageSpeed,
    PredictionLog,
    Release,
    ServingWindow,
    Shop,
    StagingRun,
    StorefrontEvent,
    SyncRun,
    TrainingRun,
    UnloggedAnswers,
    VisitHour,
    WaitingLine,
    own,
)
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Remembered

CHUNK = 10_000
A_MONTH, A_SEASON, OVER_A_YEAR = timedelta(days=35), timedelta(days=90), timedelta(days=400)
# Hours are on a clock that is changed, so one may be half of one; looks at a release have no length, and decided.
OF_AN_HOUR = Q(release=None, ends_at__lte=F("starts_at") + timedelta(hours=1))
WATCHED = [*Release.OPEN, Release.Phase.LIVE]


@dataclass(frozen=True)
class Life:
    """Rows of a table that are over, and how long they are kept after the moment in `since`."""

    rows: QuerySet[Any]
    since: str
    keep: timedelta

    def end(self, now: datetime) -> int:
        """Delete what has had its time, piece by piece; return how many rows that was."""
        over = self.rows.filter(**{f"{self.since}__lt": now - self.keep}).order_by()
        ended = 0
        while ids := list(over.values_list("pk", flat=True)[:CHUNK]):
            self.rows.model._base_manager.filter(pk__in=ids).delete()
            ended += len(ids)
        return ended


class Pieces(Life):
    """Rows of a table that is cut into weeks, which end whole."""

    def end(self, now: datetime) -> int:
        """Make weeks ahead, and drop those that have had their time."""
        table = self.rows.model._meta.db_table
        partitions.make_ahead(table, now)
        return partitions.end(table, now - self.keep)


def lives() -> list[Life]:
    """List what ends by itself."""
    newer = SyncRun.objects.filter(shop=OuterRef("shop"), kind=OuterRef("kind"), state="done", pk__gt=OuterRef("pk"))
    over = SyncRun.objects.filter(Exists(newer)).exclude(state__in=["queued", "exporting", "loading"])
    taught = ModelVersion.objects.filter(dataset=OuterRef("pk"))
    return [
        Life(over.exclude(kind=SyncRun.Kind.RECONCILE), "created_at", A_SEASON),
        Life(over.filter(kind=SyncRun.Kind.RECONCILE), "created_at", timedelta(days=2)),  # one an hour and shop
        Life(WaitingLine.objects.filter(sync__state__in=["done", "failed"]), "sync__created_at", timedelta(days=1)),
        Life(Checkout.objects.all(), "created_at", OVER_A_YEAR),
        Life(Exposure.objects.exclude(release__phase__in=WATCHED), "first_at", A_SEASON),
        Life(HoldOutSight.objects.all(), "first_at", OVER_A_YEAR),  # a unit counts once in that time
        Life(OptOut.objects.all(), "at", OVER_A_YEAR),  # nothing that is decided by knows a unit for longer
        Pieces(PredictionLog.objects.all(), "at", A_MONTH),  # whole weeks: a row may live six days longer
        Life(UnloggedAnswers.objects.all(), "starts_at", A_MONTH),
        Life(StorefrontEvent.objects.all(), "at", A_MONTH),
        Life(VisitHour.objects.all(), "starts_at", OVER_A_YEAR),
        Life(IgnoredEvents.objects.all(), "day", OVER_A_YEAR),
        Life(ServingWindow.objects.all(), "ends_at", OVER_A_YEAR),
        Life(Measurement.objects.filter(OF_AN_HOUR), "starts_at", A_SEASON),
        Life(Measurement.objects.all(), "starts_at", OVER_A_YEAR),
        Life(ChanceDay.objects.all(), "day", OVER_A_YEAR),
        Life(DriftBins.objects.all(), "starts_at", A_SEASON),
        Life(Alert.objects.exclude(closed_at=None), "closed_at", OVER_A_YEAR),
        Life(AlertDelivery.objects.exclude(settled_at=None), "settled_at", A_SEASON),
        Life(AlertDelivery.objects.exclude(checkout_key=None), "made_at", A_MONTH),
        Life(Annotation.objects.all(), "made_at", A_SEASON),
        Life(PageSpeed.objects.all(), "day", OVER_A_YEAR),
        Life(StagingRun.objects.exclude(finished_at=None), "finished_at", OVER_A_YEAR),
        Life(ComputedDay.objects.all(), "day", OVER_A_YEAR),
        Life(TrainingRun.objects.filter(version=None), "created_at", OVER_A_YEAR),
        Life(DatasetSnapshot.objects.filter(~Exists(taught)), "created_at", OVER_A_YEAR),
        *(Life(table.objects.all(), "at", table.LIFE) for table in own.ending()),
        *(Life(own.table(name).objects.all(), "origin", life) for name, life in remembered().items()),
    ]  # fmt: skip


def remembered() -> dict[str, timedelta]:
    """Say how long what versions said is kept, by table."""
    outputs = (output for case in USE_CASES.values() for output in case.outputs)
    return {output.table: output.kept.life for output in outputs if isinstance(output.kept, Remembered)}


ELSEWHERE = {
    "webhookdelivery": "30 days once applied, 90 where it failed, one where the shop is unknown (ingest/privacy)",
    "cronslot": "two days (jobs/schedule)",
    "nexttry": "until what was due is done, or due no more (turns)",
    "stocklevel": "three years, and the newest of each place for good (below)",
}
HISTORY, DECIDED, SMALL = "the shop's own history", "what was decided, and on what", "a row or a few for each thing"
FROM_SHOPIFY = ["order", "orderline", "refund", "product", "variant", "bundlepart", "formerpart", "location"]
KEPT = dict.fromkeys(FROM_SHOPIFY, HISTORY)
KEPT |= dict.fromkeys(
    [
        "lifecycleevent",
        "ledgerhead",
        "ledgernote",
        "modelversion",
        "release",
        "approval",
        "evidenceblock",
        "holdoutday",
        "pairedweek",
        "monthreport",
        "purchaseorder",
        "purchaseline",
        "goodsreceipt",
    ],
    DECIDED,
)
KEPT |= dict.fromkeys(
    ["shop", "shoptoken", "shopsettings", "shopkey", "staff", "stockrule", "ownevent", "publishedfields", "publication",
     "standardfield", "deployment", "freezewindow", "storelink", "stagedfield", "forgottencustomer", "storagemark",
     "alertchannel", "correction", "pulse", "operatorstold", "storefrontpixel", "holdout", "holdoutshare", "supplier",
     "supplied", "orderpaper", "agreedleadtime", "planneddiscount", "shopifypurchase"],
    SMALL,
)  # fmt: skip


def kept() -> dict[str, str]:
    """Say why tables without a life stay; what a use case brings is small, but for what versions said."""
    ending = {*remembered(), *(table.__name__ for table in own.ending())}
    small = [table for table in own.brought() if table.__name__ not in ending]
    return KEPT | dict.fromkeys([table.__name__.lower() for table in small], SMALL)


# The level that stands when the longest window begins is kept: what was in stock on its first day is read from it.
OLD_LEVELS = """
    DELETE FROM pipelines_stocklevel AS old
    WHERE old.shop_id = %s AND old.updated_at < %s AND EXISTS (
        SELECT FROM pipelines_stocklevel AS later
        WHERE later.shop_id = old.shop_id AND later.inventory_item_id = old.inventory_item_id
          AND later.location_id = old.location_id AND later.updated_at > old.updated_at AND later.updated_at < %s)
"""


def forget(now: datetime) -> dict[str, int]:
    """End every life that is over; return how many rows of each table that was."""
    ended = Counter({"stocklevel": forget_levels(now - LONGEST_WINDOW - A_SEASON)})
    for life in lives():
        ended[life.rows.model._meta.model_name] += life.end(now)
    return dict(ended)


def forget_levels(before: datetime) -> int:
    """Delete stock levels that no training reads any more, one shop at a time."""
    ended = 0
    for shop_id in Shop.objects.filter(Q(redacted_at=None)).values_list("pk", flat=True):
        with connection.cursor() as cursor:
            cursor.execute(OLD_LEVELS, [shop_id, before, before])
            ended += cursor.rowcount
    return ended
