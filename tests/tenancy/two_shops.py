"""Two shops with the same products and the same people's numbers, and what each of them has in the database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import ForeignKey, Model
from django.utils import timezone

from pipelines.lifecycle.buying import printing, suppliers
from pipelines.lifecycle.exports import keys
from pipelines.lifecycle.results import keep
from pipelines.lifecycle.results.months import Month
from pipelines.models import (
    Alert,
    AlertChannel,
    FreezeWindow,
    GoodsReceipt,
    HoldOut,
    HoldOutShare,
    MonthReport,
    Order,
    OwnEvent,
    PlannedDiscount,
    PurchaseLine,
    PurchaseOrder,
    Release,
    Shop,
    Supplied,
    Supplier,
    SyncRun,
    Variant,
    WebhookDelivery,
)
from pipelines.models.usecases.recommendations import PickRule
from pipelines.shopify import vault
from tests import histories
from tests.dashboard import offering_now, picking, story

MONTH = date(2026, 10, 1)
NAMED = {  # how somebody may name a thing of a shop in an address or a form
    "product": 100_000, "product_id": 100_000, "pick_id": 100_000, "pick": "SKU-0", "variant": 200_000,
    "location": histories.LOCATION,
}  # fmt: skip


def a_whole_shop(domain: str, name: str) -> Shop:
    """Return a shop that has one of everything that a person or a job may name."""
    shop = story.a_live_shop(variants=3, domain=domain, name=name, customer_key=vault.new_customer_key(domain))
    picking.live(shop)
    now = timezone.now()
    days = {"first_day": now.date(), "last_day": now.date()}
    OwnEvent.objects.create(shop=shop, name=f"Sale of {name}", percent_off=20, **days)
    sale = {"share_off": 0.2, "starts_at": now, "made_at": now, "product_ids": [100_000]}
    PlannedDiscount.objects.create(shop=shop, shopify_id=1, **sale)
    FreezeWindow.objects.create(shop=shop, name=f"Calm of {name}", starts_at=now, ends_at=now + timedelta(days=3))
    AlertChannel.objects.create(shop=shop, kind="email", target=vault.seal(b"a@b.example", "channel", domain))
    Alert.objects.create(
        shop=shop, key="a", title=f"Trouble of {name}", next_step="Look", opened_at=now, last_at=now
    )  # fmt: skip
    PickRule.objects.create(shop=shop, rule="block", pick_id=100_000, sub="1")
    report = keep.make(shop, Month(MONTH, shop.zone), now)
    MonthReport.objects.filter(pk=report.pk).update(pdf=b"%PDF")
    held = HoldOut.objects.create(shop=shop, use_case=picking.SLUG, made_at=now, counted_until=now)
    HoldOutShare.objects.create(shop=shop, hold_out=held, percent=5, since=now)
    SyncRun.objects.create(shop=shop, kind="orders", trigger="daily")
    keys.make(shop, by="1", now=now)
    offering_now.an_offer(shop, f"Offer of {name}")
    an_order_that_comes(shop)
    a_supplier(shop)
    Order.objects.for_shop(shop).update(customer_ref=b"\x07" * 16, unit=b"\x05" * 16)
    a_dead_delivery(shop)
    return shop


def an_order_that_comes(shop: Shop) -> PurchaseOrder:
    """Return an order to a supplier of which a part came."""
    now = timezone.now()
    order = PurchaseOrder.objects.create(
        shop=shop, number=1, vendor=f"Mill of {shop.name}", currency="GBP", state=PurchaseOrder.State.SENT, sent_at=now,
        sent_on=now.date(), expected_on=now.date(),
    )  # fmt: skip
    line = PurchaseLine.objects.create(shop=shop, order=order, variant_id=200_000, title="Mug", units=9, received=1)
    GoodsReceipt.objects.create(shop=shop, line=line, units=1, day=now.date(), by="1")
    printing.keep(order.pk)
    return order


def a_supplier(shop: Shop) -> Supplier:
    """Return a supplier of a vendor, with its address."""
    sealed = vault.seal(b"1 Quay Street", suppliers.ADDRESS, shop.domain)
    supplier = Supplier.objects.create(shop=shop, name=f"Quay of {shop.name}", currency="GBP", address=sealed)
    Supplied.objects.create(shop=shop, supplier=supplier, vendor=f"Mill of {shop.name}")
    return supplier


def a_dead_delivery(shop: Shop) -> WebhookDelivery:
    """Return a delivery that could not be applied."""
    now = timezone.now()
    return WebhookDelivery.objects.create(
        shop_domain=shop.domain, webhook_id=f"dead-{shop.pk}", topic="orders/create", triggered_at=now, received_at=now,
        not_before=now, body_digest=b"d" * 32, payload={"id": 1}, state=WebhookDelivery.State.DEAD, attempts=5,
    )  # fmt: skip


def newest(table: type[Model], shop: Shop, **which: Any) -> Any:
    """Return the newest row of a shop."""
    return table._default_manager.filter(shop=shop, **which).latest("pk")


def last_variant(shop: Shop) -> int:
    """Return Shopify's id of a variant that the other shop may not have."""
    return int(Variant.objects.for_shop(shop).latest("shopify_id").shopify_id)


def a_card(shop: Shop) -> Release:
    """Return the release that waits for a decision."""
    return Release.objects.for_shop(shop).filter(phase=Release.Phase.AWAITING_APPROVAL).latest("pk")


def rows_of(shop: Shop) -> dict[str, str]:
    """Return a digest of a shop's rows in every table that knows shops."""
    found = {}
    with connection.cursor() as cursor:
        for table in apps.get_models(include_auto_created=True):
            if column := whose(table):
                name, value = table._meta.db_table, shop.domain if column == "shop_domain" else shop.pk
                cursor.execute(
                    f"SELECT count(*) || md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), ''))"
                    f' FROM "{name}" AS t WHERE "{column}" = %s',
                    [value],
                )
                found[name] = cursor.fetchone()[0]
    return found


def whose(table: type[Model]) -> str:
    """Return the column that says whose a row is; nothing where rows are nobody's."""
    if table is Shop:
        return "id"
    for name in ("shop", "shop_domain"):
        try:
            field = table._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        return field.column if isinstance(field, ForeignKey) else name
    return ""
