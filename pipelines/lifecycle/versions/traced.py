"""From one of Shopify's deliveries to the versions that learned from it: by rows, when the log is gone, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from pipelines.models import ModelVersion, WebhookDelivery


def deliveries(name: str) -> Iterator[dict[str, Any]]:
    """Follow each delivery of a request, or of a number of Shopify's, to the job that applied it and what learned."""
    found = WebhookDelivery.objects.filter(Q(request_id=name) | Q(webhook_id=name))
    for row in found.order_by("pk"):
        yield {
            "delivery": row.pk,
            "webhook": row.webhook_id,
            "request": row.request_id,
            "shop": row.shop_domain,
            "topic": row.topic,
            "state": row.state,
            "received_at": row.received_at.isoformat(),
            "applied_at": row.applied_at and row.applied_at.isoformat(),
            "job": row.applied_by,
            "versions": list(learned_from(row)),
        }


def learned_from(row: WebhookDelivery) -> Iterator[dict[str, Any]]:
    """Yield the first version of each use case whose data was read after a delivery had become facts."""
    if row.applied_at is None:
        return
    after = ModelVersion.objects.filter(shop__domain=row.shop_domain, dataset__created_at__gte=row.applied_at)
    for version in after.order_by("use_case", "number").distinct("use_case").select_related("dataset"):
        known = {"use_case": version.use_case, "number": version.number, "dataset": version.dataset_id}
        yield known | {"digest": version.dataset.digest, "newest_delivery": version.dataset.newest_delivery}
