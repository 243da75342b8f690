"""A shop with a past: products, stock and daily orders, made from a seed and written as the import would write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

import numpy as np
from django.db import connection
from django.utils import timezone

from pipelines.lifecycle.releases import approval, move, propose
from pipelines.lifecycle.versions import artifacts, registry
from pipelines.models import (
    DatasetSnapshot,
    LifecycleEvent,
    ModelVersion,
    Order,
    OrderLine,
    Product,
    Release,
    Shop,
    ShopSettings,
    Staff,
    StockLevel,
    SyncRun,
    Variant,
)
from pipelines.strategies import Step

OWNER = "1001"
COLLEAGUE = "1002"
LOCATION = 7001
numbers = count(1)


def a_shop(**changes: object) -> Shop:
    """Return an installed shop in London whose owner we know."""
    number = next(numbers)
    facts: dict[str, object] = {
        "domain": f"history-{number}.myshopify.com",
        "timezone": "Europe/London",
        "currency": "GBP",
        "country": "GB",
        "installed_at": timezone.now(),
    }
    shop = Shop.objects.create(**facts | changes)
    ShopSettings.objects.create(shop=shop)
    Staff.objects.create(shop=shop, sub=OWNER, is_owner=True, is_collaborator=False)
    Staff.objects.create(shop=shop, sub=COLLEAGUE, is_owner=False, is_collaborator=False)
    return shop


def pulled(shop: Shop, at: datetime | None = None) -> None:
    """Note that products, stock and orders were read from Shopify."""
    kinds = (SyncRun.Kind.PRODUCTS, SyncRun.Kind.STOCK, SyncRun.Kind.ORDERS)
    facts = {"trigger": "daily", "state": SyncRun.State.DONE, "finished_at": at or timezone.now()}
    SyncRun.objects.bulk_create(SyncRun(shop=shop, kind=kind, **facts) for kind in kinds)


def a_shop_to_learn_from() -> Shop:
    """Return a shop with one thing that sold, read from Shopify just now: the least that the toy family learns from."""
    shop = a_shop()
    thing = a_variant(shop, 1, created=timezone.now() - timedelta(days=90))
    an_order(shop, timezone.now() - timedelta(days=5), [(thing, 2)])
    pulled(shop)
    return shop


def a_variant(shop: Shop, number: int, *, created: datetime, **changes: object) -> Variant:
    """Return a variant of a product of its own, with some stock."""
    Product.objects.create(
        shop=shop,
        shopify_id=100_000 + number,
        title=f"Thing {number}",
        product_type="Things" if number % 2 else "Stuff",
        vendor=f"Vendor {number % 3}",
        updated_at=created,
        created_at=created,
    )
    facts: dict[str, object] = {
        "product_id": 100_000 + number,
        "sku": f"SKU-{number}",
        "price_minor": 1000 + 100 * number,
        "inventory_item_id": 300_000 + number,
        "updated_at": created,
        "created_at": created,
    }
    return Variant.objects.create(shop=shop, shopify_id=200_000 + number, **facts | changes)


def stocked(shop: Shop, variant: Variant, available: int, at: datetime, location: int = LOCATION) -> StockLevel:
    """Note what is sellable from a moment on."""
    return StockLevel.objects.create(
        shop=shop,
        inventory_item_id=variant.inventory_item_id,
        location_id=location,
        available=available,
        updated_at=at,
    )


def an_order(shop: Shop, moment: datetime, lines: list[tuple[Variant | None, int]], **changes: object) -> Order:
    """Return an order of some units."""
    number = next(numbers)
    facts: dict[str, object] = {"created_at": moment, "processed_at": moment, "updated_at": moment, "currency": "GBP"}
    order = Order.objects.create(shop=shop, shopify_id=number, name=f"#{number}", **facts | changes)
    OrderLine.objects.bulk_create(a_line(order, variant, units) for variant, units in lines)
    return order


def a_line(order: Order, variant: Variant | None, units: int, **changes: object) -> OrderLine:
    """Return an unsaved line of an order."""
    facts: dict[str, object] = {
        "variant_id": variant.shopify_id if variant else None,
        "product_id": variant.product_id if variant else None,
        "quantity": units,
        "current_quantity": units,
        "price_minor": variant.price_minor if variant else 500,
        "processed_at": order.processed_at,
    }
    return OrderLine(shop=order.shop, order_id=order.shopify_id, line_id=next(numbers), **facts | changes)


def sell(shop: Shop, *, variants: int = 6, days: int = 200, seed: int = 0, rate: float = 2.0) -> list[Variant]:
    """Sell a believable mix for so many days up to yesterday; weekends sell more, the first variants most."""
    last = timezone.now().astimezone(shop.zone).date() - timedelta(days=1)
    first = last - timedelta(days=days - 1)
    opened = datetime.combine(first, time(), tzinfo=shop.zone)
    things = [a_variant(shop, number, created=opened) for number in range(variants)]
    for thing in things:
        stocked(shop, thing, 40, opened)
    rng = np.random.default_rng(seed)
    popularity = rate * variants / np.arange(1, variants + 1) / np.sum(1 / np.arange(1, variants + 1))
    orders = [
        order for day in range(days) for order in day_of_orders(shop, first + timedelta(days=day), popularity, rng)
    ]
    Order.objects.bulk_create(order for order, _, _ in orders)
    OrderLine.objects.bulk_create(a_line(order, things[thing], units) for order, thing, units in orders)
    pulled(shop)
    return things


def day_of_orders(
    shop: Shop, day: date, popularity: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[Order, int, int]]:
    """Yield the orders of a day: one line each."""
    weekend = 1.6 if day.weekday() >= 5 else 0.8
    for thing, units in enumerate(rng.negative_binomial(4, 4 / (4 + popularity * weekend))):
        if units:
            moment = datetime.combine(day, time(hour=int(rng.integers(8, 22))), tzinfo=shop.zone).astimezone(UTC)
            number = next(numbers)
            yield (
                Order(
                    shop=shop,
                    shopify_id=number,
                    name=f"#{number}",
                    created_at=moment,
                    processed_at=moment,
                    updated_at=moment,
                    currency="GBP",
                ),
                thing,
                int(units),
            )


def a_version(
    shop: Shop,
    *,
    state: str = ModelVersion.State.VALIDATED,
    files: dict[str, bytes] | None = None,
    **changes: object,
) -> ModelVersion:
    """Return a version with real, signed files; `propose.propose` takes it from here."""
    use_case = str(changes.pop("use_case", "demand_forecast"))
    number = registry.next_number(shop.pk, use_case)
    files = files or {"recipe.json": b'{"number": %d}' % number}
    stored = artifacts.store(shop.pk, use_case, number, files)
    facts: dict[str, object] = {
        "use_case": use_case,
        "number": number,
        "state": state,
        "dataset": DatasetSnapshot.objects.create(
            shop=shop, use_case=use_case, digest="d" * 64, last_day=timezone.now().date() - timedelta(days=1)
        ),
        "artifact_path": stored.path,
        "artifact_digest": stored.digest,
        "content_digest": artifacts.content_digest(files),
        "signature": stored.signature,
    }
    return ModelVersion.objects.create(shop=shop, **facts | changes)


def a_card(shop: Shop, **changes: object) -> Release:
    """Return a release of a new version that waits for the merchant."""
    opened = propose.propose(a_version(shop, **changes))
    assert opened is not None
    return answered(opened)


def answered(opened: Release) -> Release:
    """Take a release that runs alongside to the merchant, as its first good answer would."""
    if opened.phase == Release.Phase.SHADOW:
        assert move.enter_step(opened, move.next_step(opened), timezone.now(), by="system", because="Answered")
    return opened


def a_live_release(version: ModelVersion) -> Release:
    """Return the release by which a version is what the shop uses."""
    steps = [step.as_dict() for step in (Step("preview", asks=True), Step("all", weight=100))]
    now = timezone.now()
    return Release.objects.create(
        shop=version.shop,
        use_case=version.use_case,
        version=version,
        strategy="blue_green",
        steps=steps,
        step=1,
        weight=100,
        phase=Release.Phase.LIVE,
        exposed_at=now,
        healthy_since=now,
    )


def healthy(live: Release) -> Release:
    """Note that a version ran healthy for a day: the shop may return to it."""
    Release.objects.filter(pk=live.pk).update(was_healthy_at=timezone.now())
    return live


def approved(card: Release, **changes: object) -> Release:
    """Say yes to a card exactly as it is shown."""
    said: dict[str, object] = {
        "sub": OWNER,
        "artifact_digest": card.version.artifact_digest,
        "evidence_digest": card.evidence_digest,
        "revision": card.revision,
    }
    return approval.approve(card, **said | changes)


@contextmanager
def anything_goes() -> Iterator[None]:
    """Let a test change what the database otherwise keeps as it was written."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")


def kinds(shop: Shop) -> list[str]:
    """Return what the ledger of a shop tells, in order."""
    return list(LifecycleEvent.objects.for_shop(shop).order_by("seq").values_list("kind", flat=True))
