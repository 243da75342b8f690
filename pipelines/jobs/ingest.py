"""Something arrived from Shopify, or should have: apply it, import it, compare it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipelines.jobs.queue import job

if TYPE_CHECKING:
    from pipelines.models import Shop

log = logging.getLogger(__name__)


@job(queue="events", timeout=300)
def drain() -> None:
    """Apply the deliveries that are due."""
    from pipelines.lifecycle.ingest import drain

    drain.drain(limit=50_000)


def ask(shop: Shop, trigger: str) -> None:
    """Ask Shopify for all data of a shop; what is asked for is in the database before anything is queued."""
    from pipelines.lifecycle.ingest import backfill

    for run in backfill.import_everything(shop, trigger):
        advance_import.enqueue(shop.pk, run.pk)


@job(timeout=60)
def import_everything(shop_id: int, trigger: str) -> None:
    """Ask for all data of a shop, and write down which freezes its calendar brings.

    The clock may ask more than once for the same day.
    """
    from django.conf import settings
    from django.utils import timezone

    from pipelines.lifecycle.ingest import pulls
    from pipelines.lifecycle.releases import freezes
    from pipelines.models import Shop

    shop = Shop.objects.get(pk=shop_id)
    if trigger == "daily" and shop.pk not in pulls.due(timezone.now(), shop.pk):
        return
    freezes.propose(shop, timezone.now())
    ask(shop, trigger)
    if settings.SHOPIFY_PURCHASE_ORDERS_VERSION:
        read_purchase_orders.enqueue(shop_id)


@job(timeout=600)
def read_purchase_orders(shop_id: int) -> None:
    """Read what a shop ordered in Shopify; where that changed, everything answers anew."""
    from pipelines.jobs import releases
    from pipelines.lifecycle.buying import in_shopify
    from pipelines.models import Shop

    if in_shopify.read(Shop.objects.get(pk=shop_id)):
        releases.answer_anew(shop_id)


@job(timeout=3600)
def advance_import(shop_id: int, run_id: int) -> None:
    """Take an import one step further; the first whole one is followed by what the simple rules say, and training."""
    from pipelines.jobs import training
    from pipelines.jobs.releases import refresh
    from pipelines.lifecycle import turns
    from pipelines.lifecycle.ingest import backfill
    from pipelines.models import Deployment, SyncRun, TrainingRun
    from pipelines.usecases import USE_CASES

    is_known = SyncRun.objects.for_shop(shop_id).filter(pk=run_id).exists()
    run = backfill.advance(run_id) if is_known else None
    if run is not None:
        turns.over("advance", (shop_id, run_id))  # it goes on when it says so, not when a pause is over
    if run is None or run.state != SyncRun.State.DONE or not backfill.first_import_is_done(run.shop):
        return
    if TrainingRun.objects.for_shop(run.shop).exists():
        return
    for use_case in USE_CASES:
        Deployment.of(run.shop, use_case)  # from now on the clock finds it, should this job die here
        refresh.enqueue(run.shop_id, use_case)
        training.begin(run.shop_id, use_case, "first")


@job(timeout=60)
def carry_on() -> None:
    """Find imports that wait for their next step, by the database alone."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.ingest import backfill

    now = timezone.now()
    for shop_id, run_id in turns.whose("advance", backfill.due(now), now):
        advance_import.enqueue(shop_id, run_id)


@job(timeout=120)
def begin() -> None:
    """Find shops whose pull, listing, retry or comparison is due, by as many queries for all as for one."""
    from django.utils import timezone

    from pipelines.lifecycle import turns
    from pipelines.lifecycle.ingest import backfill, pulls, reconcile
    from pipelines.models import Shop

    now = timezone.now()
    pulled = set(pulls.due(now))
    for shop_id in turns.whose("pull", pulled, now):
        import_everything.enqueue(shop_id, "daily")
    for shop, kind in pulls.worth_retrying(now):
        if shop.pk not in pulled:
            backfill.request_pull(shop, kind, "retry", since=backfill.last_good(shop, kind))
    for shop in Shop.objects.filter(pk__in=turns.whose("list", pulls.unlisted(now), now)):
        backfill.request_pull(shop, backfill.Kind.ORDER_IDS, "weekly")
    for shop_id in turns.whose("compare", set(reconcile.due(now)) - pulled, now):
        compare.enqueue(shop_id)


@job(timeout=600)
def compare(shop_id: int) -> None:
    """Compare a shop's recent orders with Shopify, unless that was done since it was asked for."""
    from django.utils import timezone

    from pipelines.lifecycle.ingest import reconcile
    from pipelines.models import Shop

    shop = Shop.objects.get(pk=shop_id)
    if reconcile.due(timezone.now(), shop.pk):
        reconcile.reconcile(shop)


@job(timeout=600)
def read_again() -> None:
    """Read again what deliveries asked for, in every shop that lets us."""
    from django.utils import timezone

    from pipelines.lifecycle.ingest import reconcile
    from pipelines.models import Shop
    from pipelines.shopify.errors import ShopifyError

    for shop in Shop.objects.reachable().filter(pk__in=reconcile.shops_with_questions(timezone.now())):
        try:
            reconcile.read_again(shop)
        except ShopifyError as error:
            log.info("%s cannot be asked now: %s", shop, error)
        except Exception:  # one shop's surprise is no other shop's
            log.exception("%s could not be read again", shop)
