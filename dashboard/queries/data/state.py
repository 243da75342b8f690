"""How fresh and how deep the shop's data is, and what is being fetched now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet, Subquery

from pipelines.lifecycle.ingest.freshness import LIMIT, ORDER_PULLS
from pipelines.models import Order, Shop, SyncRun
from pipelines.models.prepared import prepared

BUSY = (SyncRun.State.QUEUED, SyncRun.State.EXPORTING, SyncRun.State.LOADING)


@dataclass(frozen=True)
class DataState:
    """What is known of the shop's data at one moment."""

    now: datetime
    access_ended_at: datetime | None
    newest_order_at: datetime | None
    first_order_at: datetime | None
    last_pull_at: datetime | None
    running: list[SyncRun]
    failed: list[SyncRun]

    @property
    def is_importing(self) -> bool:
        """Tell whether something is fetched, or the very first import is about to begin."""
        return bool(self.running) or (self.last_pull_at is None and not self.failed)

    @property
    def is_first_import(self) -> bool:
        return self.is_importing and self.last_pull_at is None

    @property
    def is_stale(self) -> bool:
        return self.last_pull_at is not None and self.now - self.last_pull_at > LIMIT

    @property
    def history_days(self) -> int:
        return (self.now - self.first_order_at).days + 1 if self.first_order_at else 0

    @property
    def percent(self) -> int:
        """Return how much of what runs is read, by the lines that Shopify counted."""
        total = sum(run.objects_total for run in self.running)
        done = sum(run.objects_done for run in self.running)
        return min(100, round(100 * done / total)) if total else 0


def data_state(shop: Shop, now: datetime) -> DataState:
    """Read how fresh the shop's data is."""
    (told,), runs = times(shop), newest_runs(shop)
    return DataState(
        now=now,
        access_ended_at=shop.access_ended_at,
        newest_order_at=told.newest_order_at,
        first_order_at=told.first_order_at,
        last_pull_at=told.last_pull_at,
        running=[run for run in runs if run.state in BUSY],
        failed=[run for run in runs if run.state == SyncRun.State.FAILED],
    )


@prepared
def times(shop: int) -> QuerySet[Shop, Any]:
    """Read from when to when there are orders, and when they were last compared with Shopify's."""
    orders = Order.objects.for_shop(shop).filter(deleted_at=None)  # a tombstone may know no day of its own
    pulls = SyncRun.objects.for_shop(shop).filter(state=SyncRun.State.DONE, kind__in=ORDER_PULLS)
    told = Shop.objects.filter(pk=shop).annotate(
        newest_order_at=Subquery(orders.order_by("-processed_at").values("processed_at")[:1]),
        first_order_at=Subquery(orders.order_by("processed_at").values("processed_at")[:1]),
        last_pull_at=Subquery(pulls.values("shop").annotate(at=Max("finished_at")).values("at")),
    )
    return told.values_list("newest_order_at", "first_order_at", "last_pull_at")


@prepared
def newest_runs(shop: Shop) -> QuerySet[SyncRun]:
    """Read the newest import of each kind."""
    return SyncRun.objects.for_shop(shop).order_by("kind", "-created_at").distinct("kind").defer("url", "refusals")
