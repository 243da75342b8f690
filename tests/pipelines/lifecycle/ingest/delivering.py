"""Deliveries as they arrive, applied at once."""

from __future__ import annotations

from typing import Any

from pipelines.lifecycle.ingest import drain
from pipelines.models import Shop, WebhookDelivery
from tests.factories import a_delivery


def state_of(delivery: WebhookDelivery) -> str:
    delivery.refresh_from_db()
    return str(delivery.state)


def deliver(shop: Shop | str, topic: str, body: dict[str, Any], **changes: Any) -> WebhookDelivery:
    """Store a delivery and apply everything that is due."""
    delivery = a_delivery(shop, topic, body, **changes)
    drain.drain()
    delivery.refresh_from_db()
    return delivery
