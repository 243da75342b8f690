"""How fresh and how deep the shop's data is, and what is being fetched now."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min, Q

from pipelines.lifecycle.ingest.freshness import LIMIT, ORDER_PULLS
from pipelines.models import Order, Shop, SyncRun

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
    orders = Order.objects.for_shop(shop).filter(deleted_at=None)  # a tombstone may know no day of its own
    runs = SyncRun.objects.for_shop(shop)
    pulls = runs.aggregate(
        last=Max("finished_at", filter=Q(state=SyncRun.State.DONE, kind__in=ORDER_PULLS)),
    )
    newest = list(runs.order_by("kind", "-created_at").distinct("kind"))
    return DataState(
        now=now,
        access_ended_at=shop.access_ended_at,
        newest_order_at=orders.aggregate(at=Max("processed_at"))["at"],
        first_order_at=orders.aggregate(at=Min("processed_at"))["at"],
        last_pull_at=pulls["last"],
        running=[run for run in newest if run.state in BUSY],
        failed=[run for run in newest if run.state == SyncRun.State.FAILED],
    )
