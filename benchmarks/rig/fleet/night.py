"""What is done for a shop each night, by the jobs that do it; only the file of orders is made here, not fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from pipelines.jobs import monitoring, releases, training
from pipelines.jobs.queue import job
from pipelines.lifecycle.ingest import backfill
from pipelines.lifecycle.ingest.loaders import LOADERS
from pipelines.models import Deployment, Order, OrderLine, SyncRun
from pipelines.shopify.reading.nodes import Node
from pipelines.usecases import USE_CASES

TOLD = timedelta(days=1)  # of orders that a pull tells again


@job(timeout=1800)
def pull(shop_id: int) -> None:
    """Read the day's orders as an export tells them; then everything answers, and is trained, anew."""
    read(shop_id)
    for use_case in USE_CASES:
        Deployment.of(shop_id, use_case)
        releases.refresh.enqueue(shop_id, use_case)
        training.begin(shop_id, use_case, "first")


@job(timeout=1800)
def watch() -> None:
    """Do what the clock does once a day and what it does all the time, once each."""
    training.carry_on.enqueue()
    monitoring.measure.enqueue()
    monitoring.keep_up.enqueue()


def read(shop_id: int) -> None:
    """Take the lines of an export through the loader, as an import does."""
    now = timezone.now()
    run = SyncRun.objects.create(
        shop_id=shop_id, kind=SyncRun.Kind.ORDERS, trigger="daily", state=SyncRun.State.LOADING, started_at=now
    )
    loader = LOADERS[run.kind](run, backfill.source_of(run))
    backfill.commit(run, loader, loader.parse(1, export(shop_id)))
    loader.finish()
    backfill.move(run, state=SyncRun.State.DONE, finished_at=timezone.now())


def export(shop_id: int) -> list[Node]:
    """Tell the orders of the last day again, changed since, as Shopify's export would."""
    mine = Order.objects.filter(shop_id=shop_id)
    newest = mine.aggregate(newest=Max("processed_at"))["newest"]
    told = mine.filter(processed_at__gt=newest - TOLD)
    lines: dict[int, list[OrderLine]] = {}
    for line in OrderLine.objects.filter(shop_id=shop_id, order_id__in=told.values("shopify_id")):
        lines.setdefault(line.order_id, []).append(line)
    return [node for order in told for node in (parent(order), *map(child, lines.get(order.shopify_id, [])))]


def parent(order: Order) -> Node:
    return {
        "id": f"gid://shopify/Order/{order.shopify_id}",
        "createdAt": order.created_at.isoformat(),
        "processedAt": order.processed_at.isoformat(),
        "updatedAt": timezone.now().isoformat(),
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "sourceName": "web",
        "currencyCode": order.currency,
        **{name: money(order.total_minor) for name in ("subtotalPriceSet", "totalPriceSet")},
    }


def child(line: OrderLine) -> Node:
    return {
        "id": f"gid://shopify/LineItem/{line.line_id}",
        "__parentId": f"gid://shopify/Order/{line.order_id}",
        "quantity": line.quantity,
        "currentQuantity": line.current_quantity,
        "originalUnitPriceSet": money(line.price_minor),
        "discountedUnitPriceAfterAllDiscountsSet": money(line.price_minor),
        "variant": {"id": f"gid://shopify/ProductVariant/{line.variant_id}"},
        "product": {"id": f"gid://shopify/Product/{line.product_id}"},
    }


def money(minor: int) -> dict[str, Any]:
    return {"shopMoney": {"amount": f"{minor / 100:.2f}"}}
