"""The smallest valid row of what arrives from Shopify, and small bodies as webhooks bring them."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from pipelines.models import Shop, WebhookDelivery
from pipelines.shopify import vault
from pipelines.shopify.reading.topics import TOPICS, minimise

numbers = count(1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def a_shop(**changes: Any) -> Shop:
    """Return an installed shop with a key for its customers."""
    domain = changes.pop("domain", f"store-{next(numbers)}.myshopify.com")
    facts: dict[str, Any] = {
        "domain": domain,
        "gid": f"gid://shopify/Shop/{next(numbers)}",
        "currency": "GBP",
        "installed_at": timezone.now() - timedelta(days=1),
        "customer_key": vault.new_customer_key(domain),
    }
    return Shop.objects.create(**facts | changes)


def a_delivery(shop: Shop | str, topic: str, body: dict[str, Any], **changes: Any) -> WebhookDelivery:
    """Return a delivery as the door stores it."""
    minimised = minimise(TOPICS[topic], body)
    facts: dict[str, Any] = {
        "shop_domain": shop if isinstance(shop, str) else shop.domain,
        "webhook_id": str(uuid.uuid4()),
        "topic": topic,
        "triggered_at": timezone.now(),
        "received_at": timezone.now(),
        "not_before": timezone.now(),
        "body_digest": os.urandom(32),
        "payload": minimised.payload,
        "subject": minimised.subject,
    }
    return WebhookDelivery.objects.create(**facts | changes)


def at(minutes: float) -> str:
    """Return a time so many minutes after noon, as Shopify writes it."""
    return (NOON + timedelta(minutes=minutes)).isoformat()


def order_body(number: int = 1, *, minutes: float = 0, **changes: Any) -> dict[str, Any]:
    """Return an order of two units of one variant and one of another."""
    body: dict[str, Any] = {
        "id": number,
        "name": f"#{number}",
        "created_at": at(0),
        "processed_at": at(0),
        "updated_at": at(minutes),
        "currency": "GBP",
        "financial_status": "paid",
        "subtotal_price": "25.00",
        "total_price": "30.00",
        "total_discounts": "0.00",
        "line_items": [line_body(number * 10 + 1, quantity=2), line_body(number * 10 + 2)],
        "refunds": [],
    }
    return body | changes


def line_body(line_id: int, quantity: int = 1, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": line_id,
        "variant_id": 500 + line_id % 10,
        "product_id": 600,
        "sku": f"SKU-{line_id % 10}",
        "title": "Beanie",
        "quantity": quantity,
        "current_quantity": quantity,
        "price": "10.00",
        "discount_allocations": [],
    }
    return body | changes


def refund_body(line_id: int, quantity: int, restock_type: str) -> dict[str, Any]:
    """Return one entry of an order's `refunds`."""
    item = {"line_item_id": line_id, "quantity": quantity, "restock_type": restock_type}
    payment = {"kind": "refund", "status": "success", "amount": "10.00"}
    return {"id": 900 + line_id, "created_at": at(5), "refund_line_items": [item], "transactions": [payment]}


def product_body(number: int = 600, *, minutes: float = 0, variants: int = 2, **changes: Any) -> dict[str, Any]:
    """Return a product with variants number*10+1, number*10+2 and so on."""
    listed = [
        {
            "id": number * 10 + position,
            "title": f"Size {position}",
            "sku": f"SKU-{position}",
            "price": "10.00",
            "inventory_item_id": number * 100 + position,
            "updated_at": at(0),
        }
        for position in range(1, variants + 1)
    ]
    body: dict[str, Any] = {"id": number, "title": "Beanie", "vendor": "Moss", "status": "active", "tags": "warm, wool"}
    return body | {"updated_at": at(minutes), "variants": listed} | changes


def stock_body(available: int | None, *, minutes: float = 0, item: int = 60001, location: int = 7) -> dict[str, Any]:
    return {"inventory_item_id": item, "location_id": location, "available": available, "updated_at": at(minutes)}
