"""The purchase orders that a merchant keeps in Shopify, read by the version of its API that has them.

It tells no day of arrival and not what has come of an order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from pipelines.models import Shop
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.orders import rest
from pipelines.shopify.reading.shapes import gid

SCOPE = "read_inventory_purchase_orders"
AT_ONCE = 10  # orders of one answer


@dataclass(frozen=True)
class OpenLine:
    """What one line of an open order asks for."""

    line_id: int
    inventory_item_id: int
    location_id: int | None
    units: int
    ordered_at: datetime


def open_lines(shop: Shop) -> Iterator[OpenLine]:
    """Yield the lines of orders that were placed and not put away; what is no item of the shop any more is left out."""
    api = AdminApi(shop, version=settings.SHOPIFY_PURCHASE_ORDERS_VERSION)
    for order in api.pages("unstable/purchase_orders", {"first": AT_ONCE}, "inventoryPurchaseOrders"):
        if order["status"] == "ORDERED" and not order["archivedAt"]:
            yield from lines_of(api, order)


def lines_of(api: AdminApi, order: dict[str, Any]) -> Iterator[OpenLine]:
    """Yield the lines of one order, also those that did not fit on its page."""
    held, to = order["lineItems"], (order["destination"] or {}).get("location")
    more = rest(api, "unstable/purchase_order_lines", order["id"], held, "inventoryPurchaseOrder", "lineItems")
    for line in [*held["nodes"], *more]:
        if line["inventoryItem"] and line["totalQuantity"] > 0:
            yield OpenLine(
                line_id=gid(line["id"]),
                inventory_item_id=gid(line["inventoryItem"]["id"]),
                location_id=gid(to["id"]) if to else None,
                units=line["totalQuantity"],
                ordered_at=datetime.fromisoformat(order["orderedAt"] or order["dateCreated"]),
            )
