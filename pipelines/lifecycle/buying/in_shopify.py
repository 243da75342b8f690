"""What the merchant ordered in Shopify itself, kept as Shopify lists it now."""

from __future__ import annotations

import logging

from django.db import transaction

from pipelines.models import Shop, ShopifyPurchase
from pipelines.shopify import purchase_orders
from pipelines.shopify.errors import AccessForbidden, QueryRefused

log = logging.getLogger(__name__)
FIELDS = ("line_id", "inventory_item_id", "location_id", "units", "ordered_on")


def read(shop: Shop) -> bool:
    """Keep the open lines of Shopify's purchase orders, and say whether any changed; where none are told, log why."""
    if not shop.has_scope(purchase_orders.SCOPE):
        log.warning("%s: purchase orders were not read: it did not grant %s", shop, purchase_orders.SCOPE)
        return False
    try:
        lines = list(purchase_orders.open_lines(shop))
    except (AccessForbidden, QueryRefused) as refused:
        log.warning("%s: purchase orders were not read: %s", shop, refused)
        return False
    told = {  # by the line: one that changes while pages are read is told twice
        each.line_id: (
            each.line_id,
            each.inventory_item_id,
            each.location_id,
            each.units,
            each.ordered_at.astimezone(shop.zone).date(),
        )
        for each in lines
    }
    found = {*told.values()}
    rows = ShopifyPurchase.objects.for_shop(shop)
    with transaction.atomic():
        known = set(rows.values_list(*FIELDS))
        rows.filter(line_id__in=[line[0] for line in known - found]).delete()
        ShopifyPurchase.objects.bulk_create(
            ShopifyPurchase(shop=shop, **dict(zip(FIELDS, line, strict=True))) for line in found - known
        )
    return found != known
