"""Import from Shopify by bulk exports: start, wait, load, finish; each step may be the last of its process.

A run is looked after by whoever moves its `due_at`: that is a lease. Every chunk commits together with the
number of lines read, so a killed import goes on where it was, and two importers cannot both go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone

from pipelines.lifecycle.ingest import facts
from pipelines.lifecycle.ingest.loaders import LOADERS, Batch, Loader
from pipelines.lifecycle.interpreter import quick_turns, uncollected
from pipelines.models import Shop, SyncRun, WaitingLine
from pipelines.shopify import bulk
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.bulk import BulkBusy, BulkStatus, ExpiredUrl, MalformedLine
from pipelines.shopify.errors import ShopifyError
from pipelines.shopify.reading import nodes
from pipelines.shopify.reading.nodes import Node, Source

log = logging.getLogger(__name__)
Kind, State = SyncRun.Kind, SyncRun.State

DOCUMENTS = {
    Kind.PRODUCTS: "bulk_products",
    Kind.STOCK: "bulk_stock",
    Kind.ORDERS: "bulk_orders",
    Kind.CHECKOUTS: "bulk_checkouts",
    Kind.ORDER_IDS: "bulk_order_ids",
}
PULLED = (Kind.PRODUCTS, Kind.STOCK, Kind.ORDERS, Kind.CHECKOUTS)
ACTIVE = (State.QUEUED, State.EXPORTING, State.LOADING)
LEASE = timedelta(seconds=90)
OVERLAP = timedelta(hours=1)
CHUNK = 20_000
LARGE = 10_000  # rows after which the planner's idea of the tables is out of date
MOST_ATTEMPTS = 5
MOST_REFUSALS_SHOWN = 20


class BrokeOff(ShopifyError):
    retryable = True
    sentence = "The import broke off. We will try again by ourselves."


class LostRun(Exception):
    """Somebody else went on with this run; what we did since is rolled back."""


def import_everything(shop: Shop, trigger: str) -> list[SyncRun]:
    """Ask for all kinds of data; orders and checkouts only since the last good import."""
    return [request_pull(shop, kind, trigger, since=last_good(shop, kind)) for kind in PULLED]


def request_pull(shop: Shop, kind: str, trigger: str, since: datetime | None = None) -> SyncRun:
    """Queue one import, unless one of that kind is under way."""
    with transaction.atomic():
        Shop.objects.lock(shop)
        running = SyncRun.objects.for_shop(shop).filter(kind=kind, state__in=ACTIVE).first()
        return running or SyncRun.objects.create(shop=shop, kind=kind, trigger=trigger, since=since)


def last_good(shop: Shop, kind: str) -> datetime | None:
    """Return from when on changes may be unknown; products, stock and lists are always read whole."""
    if kind in (Kind.PRODUCTS, Kind.STOCK, Kind.ORDER_IDS):
        return None
    good = SyncRun.objects.for_shop(shop).filter(kind=kind, state=State.DONE, is_partial=False, lines_refused=0)
    newest = good.order_by("-started_at").values_list("started_at", flat=True).first()
    return newest - OVERLAP if newest else None


def due(now: datetime) -> list[tuple[int, int]]:
    """Return the runs that somebody should look after."""
    runs = SyncRun.objects.filter(state__in=ACTIVE, kind__in=list(DOCUMENTS), due_at__lte=now)
    return list(runs.order_by("due_at").values_list("shop_id", "pk"))


def advance(run_id: int) -> SyncRun | None:
    """Take a run as far as it goes now; None where somebody else has it."""
    run = lease(run_id)
    if run is None:
        return None
    try:
        if not run.shop.is_reachable:
            give_up(run, run.shop.access_ended_reason or "The app is not installed in this shop.")
        else:
            STEPS[run.state](run)
    except BulkBusy as busy:
        wait(run, timedelta(seconds=30), str(busy))
    except ShopifyError as error:
        try_again(run, error)
    except LostRun:
        return None
    except BaseException:
        try_again(run, BrokeOff())  # a surprise counts as a try too, or the import would never end
        raise
    return run


def lease(run_id: int) -> SyncRun | None:
    """Take a run that is due; the condition lets one of several through."""
    now = timezone.now()
    mine = SyncRun.objects.filter(pk=run_id, state__in=ACTIVE, due_at__lte=now).update(due_at=now + LEASE)
    return SyncRun.objects.select_related("shop").get(pk=run_id) if mine else None


def start(run: SyncRun) -> None:
    """Let Shopify write the export."""
    if run.kind == Kind.STOCK:
        read_locations(run.shop)
    now = timezone.now()
    gid = bulk.start(AdminApi(run.shop), DOCUMENTS[Kind(run.kind)], run.since)
    WaitingLine.objects.filter(sync=run).delete()
    move(run, state=State.EXPORTING, bulk_gid=gid, url="", started_at=now, objects_done=0, objects_total=0)
    wait(run, timedelta(seconds=1))


def look(run: SyncRun) -> None:
    """See whether the export is finished, and load it if so."""
    status = bulk.status(AdminApi(run.shop), run.bulk_gid)
    if not status.is_over:
        run.objects_total = status.objects
        wait(run, patience(run))
    elif status.state == "COMPLETED":
        begin_loading(run, status, status.url, is_partial=False)
    elif status.partial_url:
        begin_loading(run, status, status.partial_url, is_partial=True)
    else:
        raise ExportFailed(status)


class ExportFailed(ShopifyError):
    retryable = True

    def __init__(self, status: BulkStatus) -> None:
        super().__init__(f"Shopify could not prepare the export ({status.error_code or status.state}).")
        if status.error_code == "ACCESS_DENIED":
            self.retryable = False


def patience(run: SyncRun) -> timedelta:
    """Poll seldom where the export takes long; the finish webhook comes first anyway."""
    waited = timezone.now() - (run.started_at or timezone.now())
    return min(max(waited / 5, timedelta(seconds=2)), timedelta(minutes=1))


def begin_loading(run: SyncRun, status: BulkStatus, url: str | None, is_partial: bool) -> None:
    if url is None:  # there was nothing to export
        move(run, state=State.DONE, finished_at=timezone.now(), error="")
        return
    move(run, state=State.LOADING, url=url, is_partial=is_partial, objects_total=status.objects)
    load(run)


def load(run: SyncRun) -> None:
    """Read the export from where we were, and finish."""
    if run.kind == Kind.ORDER_IDS and run.objects_done:
        move(run, objects_done=0)  # a list counts only whole, and nothing of it was written
    loader = LOADERS[run.kind](run, source_of(run))
    with uncollected(), quick_turns():
        for batch in ahead(batches(run, loader)):
            commit(run, loader, batch)
    if run.rows_written > LARGE:
        facts.analyze()
    with transaction.atomic():
        rows = loader.finish()
        done = {
            "state": State.DONE,
            "finished_at": timezone.now(),
            "error": "",
            "rows_written": run.rows_written + rows,
        }
        move(run, **done, url="")  # the address opens the export to whoever has it


def source_of(run: SyncRun) -> Source:
    read_at = (run.started_at or run.created_at).isoformat()
    return Source(run.shop_id, run.shop.currency, f"export:{run.pk}", read_at)


def batches(run: SyncRun, loader: Loader) -> Iterator[Batch]:
    """Read the file in pieces that fit into memory."""
    first, lines = run.objects_done + 1, read(run)
    while (batch := loader.parse(first, islice(lines, CHUNK))).size:
        yield batch
        first += batch.size


def read(run: SyncRun) -> Iterator[Node | MalformedLine]:
    """Yield what each line of the export tells."""
    broken: list[MalformedLine] = []
    for node in bulk.lines(run.url, run.objects_done, None if run.is_partial else run.objects_total, broken.append):
        if broken:
            yield from broken
            broken.clear()
        yield node
    yield from broken


def ahead(items: Iterator[Batch]) -> Iterator[Batch]:
    """Make the next item while the last one is used: parsing goes on while the database writes."""
    with ThreadPoolExecutor(1, "parse") as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def commit(run: SyncRun, loader: Loader, batch: Batch) -> None:
    """Write a batch and how far we are in one transaction."""
    refusals = (run.refusals + batch.refusals)[:MOST_REFUSALS_SHOWN]
    with transaction.atomic():
        rows = loader.write(batch)
        mine = SyncRun.objects.filter(pk=run.pk, state=State.LOADING, objects_done=run.objects_done, url=run.url)
        progress = {
            "objects_done": run.objects_done + batch.size,
            "rows_written": run.rows_written + rows,
            "lines_refused": run.lines_refused + len(batch.refusals),
            "refusals": refusals,
        }
        if not mine.update(**progress, due_at=timezone.now() + LEASE, touched_at=timezone.now()):
            raise LostRun
    for name, value in progress.items():
        setattr(run, name, value)


STEPS: dict[str, Callable[[SyncRun], None]] = {State.QUEUED: start, State.EXPORTING: look, State.LOADING: load}


def move(run: SyncRun, **columns: object) -> None:
    """Change a run that is still in the state we know."""
    before = run.state
    if not SyncRun.objects.filter(pk=run.pk, state=before).update(**columns, touched_at=timezone.now()):
        raise LostRun
    for name, value in columns.items():
        setattr(run, name, value)


def wait(run: SyncRun, pause: timedelta, error: str = "") -> None:
    move(run, due_at=timezone.now() + pause, objects_total=run.objects_total, error=error)


def try_again(run: SyncRun, error: ShopifyError) -> None:
    """Try a step again later, with a new export where the old one cannot be had; at last say why not."""
    attempts = run.attempts + 1
    if not error.retryable:
        give_up(run, str(error))
        return
    if attempts >= MOST_ATTEMPTS:
        give_up(run, f"{error} That failed {MOST_ATTEMPTS} times; the next daily pull starts afresh.")
        return
    starts_over = isinstance(error, ExpiredUrl | ExportFailed) or (run.state == State.LOADING and attempts >= 3)
    again = {"state": State.QUEUED, "bulk_gid": "", "url": "", "objects_done": 0} if starts_over else {}
    pause = timedelta(seconds=5 * 4 ** (attempts - 1))
    move(run, attempts=attempts, error=str(error)[:500], due_at=timezone.now() + pause, **again)


def give_up(run: SyncRun, why: str) -> None:
    log.warning("import of %s for %s failed: %s", run.kind, run.shop, why)
    move(run, state=State.FAILED, error=why[:500], finished_at=timezone.now())


def read_locations(shop: Shop) -> None:
    """Read the shop's locations: a page or two."""
    source = Source(shop.pk, shop.currency, f"fetch:{timezone.now().isoformat()}", timezone.now().isoformat())
    found = AdminApi(shop).pages("locations", {"first": 50}, "locations")
    facts.write(facts.LOCATIONS, [nodes.location(node, source) for node in found], facts.FETCH_WINS)


def first_import_is_done(shop: Shop) -> bool:
    """Say whether what a first training needs has been read; stock helps, but may be out of our reach."""
    runs = SyncRun.objects.for_shop(shop)
    done = set(runs.filter(state=State.DONE).values_list("kind", flat=True))
    return {Kind.PRODUCTS, Kind.ORDERS} <= done and runs.filter(kind=Kind.STOCK).exclude(state__in=ACTIVE).exists()


def run_to_the_end(runs: Iterable[SyncRun], pause: Callable[[float], None]) -> list[SyncRun]:
    """Advance runs until each is done or failed; for commands, where nobody else keeps time."""
    ids = [run.pk for run in runs]
    while open_runs := list(SyncRun.objects.filter(pk__in=ids, state__in=ACTIVE)):
        for run in open_runs:
            advance(run.pk)
        pause(0.5)
    return list(SyncRun.objects.filter(pk__in=ids).order_by("pk"))
