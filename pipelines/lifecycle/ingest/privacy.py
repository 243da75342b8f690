"""Honour requests of customers and merchants about their data, and forget what is no longer needed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.files.storage import Storage, storages
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pipelines.lifecycle import unlinking
from pipelines.lifecycle.ingest.sql.sets import arrays
from pipelines.models import (
    AlertDelivery,
    Checkout,
    Exposure,
    ForgottenCustomer,
    HoldOut,
    HoldOutSight,
    LifecycleEvent,
    Order,
    PredictionLog,
    Release,
    Shop,
    StorefrontEvent,
    WaitingLine,
    WebhookDelivery,
    own,
)
from pipelines.models.base import ShopTable
from pipelines.shopify import vault
from pipelines.shopify.reading import shapes
from pipelines.usecases import USE_CASES

log = logging.getLogger(__name__)
State = WebhookDelivery.State
KEEP_KEPT = timedelta(hours=24)  # valid deliveries for shops that are unknown or have left
KEEP_DONE = timedelta(days=30)
KEEP_DEAD = timedelta(days=90)
CHUNK = 10_000
FORGOTTEN = b""
WHO_WAS_FORGOTTEN = """
SELECT arrived.shop_id, arrived.digest FROM unnest(%s::bigint[], %s::text[]) AS arrived(shop_id, digest)
JOIN pipelines_forgottencustomer AS gone
    ON gone.shop_id = arrived.shop_id AND gone.digest = decode(arrived.digest, 'hex')
"""


def report_customer(shop: Shop, customer_ref: bytes | None, order_ids: Sequence[int]) -> None:
    """Record what we hold about a customer: orders under a pseudonym, no contact data; idempotent in effect."""
    LifecycleEvent.record(
        shop,
        "privacy.data_request",
        by="shopify",
        because="a customer asked what is stored",
        orders_under_pseudonym=orders_of(shop, customer_ref, order_ids).count(),
        contact_data="none is stored",
    )


def redact_customer(shop: Shop, customer_ref: bytes | None, order_ids: Sequence[int]) -> int:
    """Cut the tie between a customer, their orders and what they were shown; return how many orders that were.

    What Shopify sends of them later comes without them, too.
    """
    with transaction.atomic():
        Shop.objects.select_for_update().only("pk").get(pk=shop.pk)  # orders being written are seen, or see this
        digests = [order_digest(order_id) for order_id in order_ids]
        digests += [customer_digest(customer_ref)] if customer_ref else []
        named = [ForgottenCustomer(shop=shop, digest=digest) for digest in digests]
        ForgottenCustomer.objects.bulk_create(named, ignore_conflicts=True)
        forgotten = cut(shop, customer_ref, order_ids)
        LifecycleEvent.record(
            shop,
            "privacy.customer_redacted",
            by="shopify",
            because="a customer asked to be forgotten",
            orders=forgotten,
        )
    return forgotten


def cut(shop: Shop, customer_ref: bytes | None, order_ids: Sequence[int]) -> int:
    """Take a customer out of orders, deliveries, and what was shown; these orders stay without, whatever arrives."""
    orders = orders_of(shop, customer_ref, order_ids)
    forget_units(shop, orders)
    forget_checkouts(shop, orders)
    tied = orders.exclude(customer_ref=None)
    for ref in {customer_ref, *(bytes(ref) for ref in tied.values_list("customer_ref", flat=True) if ref is not None)}:
        forget_pseudonym(shop.domain, ref)
        forget_answers(shop, ref)
    forgotten = tied.count()
    orders.update(customer_ref=None, unit=FORGOTTEN, checkout_key=None)
    return forgotten


def cut_who_returned(written: Iterable[shapes.Order]) -> None:
    """Take customers who were forgotten out of orders that were just written, by their pseudonym or by the order."""
    found: dict[tuple[int, bytes], tuple[bytes | None, list[int]]] = {}
    for order in written:
        if order.customer_ref:
            ref = bytes.fromhex(order.customer_ref[2:])
            found[order.shop_id, customer_digest(ref)] = ref, []
        if order.customer_ref or order.unit:
            found[order.shop_id, order_digest(order.shopify_id)] = None, [order.shopify_id]
    if not found:
        return
    shops = {shop.pk: shop for shop in lock_shared({shop_id for shop_id, _ in found})}
    with connection.cursor() as cursor:
        cursor.execute(WHO_WAS_FORGOTTEN, arrays((shop_id, digest.hex()) for shop_id, digest in found))
        forgotten = cursor.fetchall()
    for shop_id, digest in forgotten:
        cut(shops[shop_id], *found[shop_id, bytes.fromhex(digest)])


def lock_shared(shop_ids: Collection[int]) -> list[Shop]:
    """Hold shops until the transaction ends, with all who hold them alike: nobody is forgotten meanwhile."""
    query = "SELECT * FROM pipelines_shop WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"
    return list(Shop.objects.raw(query, [[*shop_ids]]))


def customer_digest(customer_ref: bytes) -> bytes:
    """Return by what we know a pseudonym that we may not keep."""
    return hashlib.sha256(b"forgotten:" + customer_ref).digest()


def order_digest(order_id: int) -> bytes:
    """Return by what we know an order whose customer was forgotten; we may not know the order itself yet."""
    return hashlib.sha256(b"forgotten order:%d" % order_id).digest()


def orders_of(shop: Shop, customer_ref: bytes | None, order_ids: Sequence[int]) -> QuerySet[Order]:
    mine = Q(shopify_id__in=order_ids)
    return Order.objects.for_shop(shop).filter(mine | Q(customer_ref=customer_ref) if customer_ref else mine)


def forget_units(shop: Shop, orders: QuerySet[Order]) -> None:
    """Delete what the buyers of these orders were shown and did; their units stay empty, so no later read fills them.

    Blocks of evidence and days of a hold-out that are closed keep their counts: they name nobody.
    """
    units = units_of(shop, orders)
    # Named, since units are found by them: the tables are long.
    releases, hold_outs = Release.objects.for_shop(shop), HoldOut.objects.for_shop(shop)
    Exposure.objects.for_shop(shop).filter(release__in=releases, unit__in=units).delete()
    HoldOutSight.objects.for_shop(shop).filter(hold_out__in=hold_outs, unit__in=units).delete()
    PredictionLog.objects.for_shop(shop).filter(unit__in=units).delete()
    StorefrontEvent.objects.for_shop(shop).filter(unit__in=units).delete()
    for table in own.about_units():
        table.objects.for_shop(shop).filter(unit__in=units).delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pipelines_webhookdelivery SET payload = payload - 'unit'"
            " WHERE shop_domain = %s AND payload->>'unit' = ANY(%s)",
            [shop.domain, [unit.hex() for unit in units]],
        )
    Order.objects.for_shop(shop).filter(unit__in=units).update(unit=FORGOTTEN)


def units_of(shop: Shop, orders: QuerySet[Order]) -> list[bytes]:
    """Give every unit under which the buyers of these orders are known: by the cart, or by the checkout alone."""
    shown = orders.filter(unit__isnull=False).exclude(unit=FORGOTTEN)
    units = {bytes(unit) for unit in shown.values_list("unit", flat=True) if unit is not None}
    keys = [key for key in orders.values_list("checkout_key", flat=True) if key is not None]
    if keys:
        begun = Checkout.objects.for_shop(shop).filter(shopify_id__in=keys)
        units |= {bytes(token) for token in begun.values_list("token_digest", flat=True)}
        for table in (StorefrontEvent, *(each for each in own.about_units() if own.has_checkout(each))):
            found = table.objects.for_shop(shop).filter(checkout_key__in=keys).values_list("unit", flat=True)
            units |= {bytes(unit) for unit in found if unit is not None}
    return sorted(units - {FORGOTTEN})


def forget_checkouts(shop: Shop, orders: QuerySet[Order]) -> None:
    """Take the checkouts of these orders out of whatever else is known by them, and what Flow was told of them."""
    tables: list[Any] = [each for each in own.ending() if own.has_checkout(each)]
    keys = [key for key in orders.values_list("checkout_key", flat=True) if key is not None]
    AlertDelivery.objects.for_shop(shop).filter(checkout_key__in=keys).delete()
    for table in tables if keys else []:
        table.objects.for_shop(shop).filter(checkout_key__in=keys).update(checkout_key=None)


def forget_pseudonym(shop_domain: str, customer_ref: bytes | None) -> None:
    """Take a pseudonym out of the deliveries that still carry it."""
    if customer_ref:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE pipelines_webhookdelivery SET payload = payload - 'customer_ref'"
                " WHERE shop_domain = %s AND payload->>'customer_ref' = %s",
                [shop_domain, customer_ref.hex()],
            )


def forget_answers(shop: Shop, customer_ref: bytes | None) -> None:
    """Delete what was answered about a customer alone."""
    if not customer_ref:
        return
    for output in (output for case in USE_CASES.values() for output in case.outputs):
        if asked := output.customers:
            mine = {asked.column: vault.number_of(customer_ref), **asked.rows}
            own.rows(output.table, shop).filter(**mine).delete()


def redact_shop(shop: Shop) -> None:
    """Erase a shop: every row, every file, the key of its pseudonyms, and its name; a test store loses its fields."""
    unlinking.leave(shop, because="One of the two stores was erased", now=timezone.now())
    with transaction.atomic():
        row = Shop.objects.select_for_update().get(pk=shop.pk)
        WaitingLine.objects.filter(sync__shop=row).delete()
        with connection.cursor() as cursor:  # as a set: foreign keys are checked at commit, when all are gone
            for table in apps.get_models():
                if issubclass(table, ShopTable):
                    cursor.execute(f"DELETE FROM {table._meta.db_table} WHERE shop_id = %s", [row.pk])
        erase_row(row)
        transaction.on_commit(lambda: erase_files(row.pk))


def erase_all(shop: Shop) -> None:
    """Erase a shop with all that Shopify ever delivered of it, because somebody here says so."""
    domain = shop.domain
    redact_shop(shop)
    WebhookDelivery.objects.filter(shop_domain=domain).delete()
    log.warning("everything of one shop was erased by hand")


def erase_files(shop_id: int) -> None:
    """Delete the artifacts of a shop, and note that they are gone; a second call finds nothing."""
    erase_folder(storages["artifacts"], str(shop_id))
    Shop.objects.filter(pk=shop_id).update(files_erased_at=timezone.now())


def erase_folder(storage: Storage, path: str) -> None:
    """Delete a folder with all that is in it."""
    try:
        folders, files = storage.listdir(path)
    except FileNotFoundError:
        return
    for folder in folders:
        erase_folder(storage, f"{path}/{folder}")
    for file in files:
        storage.delete(f"{path}/{file}")
    storage.delete(path)


def erase_row(row: Shop) -> None:
    """Leave of a shop only that there was one, so that a second request finds it done."""
    for related in ("token", "settings"):
        if hasattr(row, related):
            getattr(row, related).delete()
    Shop.objects.filter(pk=row.pk).update(
        domain=f"redacted-{row.pk}",
        gid="",
        name="",
        country="",
        plan="",
        scopes=[],
        customer_key=b"",
        redacted_at=row.redacted_at or timezone.now(),
        uninstalled_at=row.uninstalled_at or timezone.now(),
    )


def forget_deliveries(shop_domain: str, but: int) -> None:
    """Delete a shop's deliveries except the one that asks for it."""
    WebhookDelivery.objects.filter(shop_domain=shop_domain).exclude(pk=but).delete()


def purge_deliveries() -> int:
    """Delete deliveries that are no longer needed; return how many."""
    now = timezone.now()
    old = (
        Q(state=State.KEPT, received_at__lt=now - KEEP_KEPT)
        | Q(state__in=[State.APPLIED, State.SUPERSEDED], received_at__lt=now - KEEP_DONE)
        | Q(state=State.DEAD, received_at__lt=now - KEEP_DEAD)
    )
    purged = 0
    while ids := list(WebhookDelivery.objects.filter(old).values_list("pk", flat=True)[:CHUNK]):
        purged += WebhookDelivery.objects.filter(pk__in=ids).delete()[0]
    return purged


def finish_erasing() -> None:
    """Delete files that a killed worker left of erased shops."""
    left = Shop.objects.filter(redacted_at__isnull=False, files_erased_at=None)
    for shop_id in left.values_list("pk", flat=True):
        try:
            erase_files(shop_id)
        except Exception:  # what cannot be erased now is found again in an hour, and keeps no other shop's files
            log.exception("the files of erased shop %s could not be deleted", shop_id)
