"""Write the advice into the shop's own metafields, where the merchant lets us: only what changed, in bulk.

Shopify works a bulk operation off in its own time. What was sent counts as published once the operation completed;
until then nothing more is sent, and what a failed one carried is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import transaction

from pipelines.models import PublishedFields, Shop
from pipelines.models.demand_forecast import StockAdvice
from pipelines.shopify import bulk
from pipelines.shopify.admin_api import AdminApi

SCOPE = "write_products"
NAMESPACE = "$app"
TYPES = {"forecast_28": "number_integer", "days_of_cover": "number_decimal", "reorder_date": "date"}
PER_CALL = 25  # metafields that Shopify takes in one mutation
TOTAL = 0

Fields = dict[str, str]
Metafield = dict[str, str]


def publish(shop: Shop) -> int:
    """Send what changed since the last time; return for how many variants."""
    if not (shop.is_reachable and shop.has_scope(SCOPE)):
        return 0
    api = AdminApi(shop)
    if not settle(shop, api):
        return 0
    changed = dict(changes(shop))
    take_back(shop, api, changed)
    sent = [field for variant_id, fields in changed.items() for field in metafields(variant_id, fields)]
    operation = bulk.run_mutation(api, "metafields_set", ({"metafields": part} for part in parts(sent)))
    if operation:
        remember(shop, changed, operation)
    return len(changed)


def settle(shop: Shop, api: AdminApi) -> bool:
    """Learn how earlier operations ended; False while one is still under way."""
    pending = PublishedFields.objects.for_shop(shop).filter(is_confirmed=False)
    for operation in list(pending.values_list("operation", flat=True).distinct()):
        status = bulk.status(api, operation)
        if not status.is_over:
            return False
        if status.state == "COMPLETED":
            pending.filter(operation=operation).update(is_confirmed=True)
        else:
            pending.filter(operation=operation).delete()
    return True


def changes(shop: Shop) -> Iterator[tuple[int, Fields]]:
    """Yield the variants whose fields are not what Shopify holds."""
    known = dict(PublishedFields.objects.for_shop(shop).values_list("variant_id", "values"))
    rows = StockAdvice.objects.for_shop(shop).filter(location_id=TOTAL)
    for row in rows.only("variant_id", "forecast_28", "days_of_cover", "order_by").in_pieces(5000):
        fields = fields_of(row)
        if known.get(row.variant_id) != fields:
            yield row.variant_id, fields


def fields_of(row: StockAdvice) -> Fields:
    """Give a variant's fields as Shopify stores them; what is not known has no field."""
    fields = {"forecast_28": str(round(row.forecast_28))}
    if row.days_of_cover is not None:
        fields["days_of_cover"] = f"{row.days_of_cover:.1f}"
    if row.order_by is not None:
        fields["reorder_date"] = row.order_by.isoformat()
    return fields


def metafields(variant_id: int, fields: Fields) -> Iterator[Metafield]:
    """Put a variant's fields into Shopify's form."""
    for key, value in fields.items():
        yield {**address(variant_id, key), "type": TYPES[key], "value": value}


def address(variant_id: int, key: str) -> Metafield:
    """Name one metafield of a variant."""
    return {"ownerId": f"gid://shopify/ProductVariant/{variant_id}", "namespace": NAMESPACE, "key": key}


def parts(metafields: Iterable[Metafield]) -> Iterator[list[Metafield]]:
    """Cut a stream into what one mutation takes."""
    rest = iter(metafields)
    while part := list(islice(rest, PER_CALL)):
        yield part


def take_back(shop: Shop, api: AdminApi, changed: dict[int, Fields]) -> None:
    """Delete fields that say something no longer true: a date to order by where nothing needs ordering."""
    known = PublishedFields.objects.for_shop(shop).filter(variant_id__in=changed)
    stale = [
        address(row.variant_id, key) for row in known for key in row.values.keys() - changed[row.variant_id].keys()
    ]
    for part in parts(stale):
        api.execute("metafields_delete", {"metafields": part})


@transaction.atomic
def remember(shop: Shop, changed: dict[int, Fields], operation: Any) -> None:
    """Note what is on its way."""
    PublishedFields.objects.for_shop(shop).filter(variant_id__in=changed).delete()
    PublishedFields.objects.bulk_create(
        (
            PublishedFields(shop=shop, variant_id=variant_id, values=fields, operation=operation)
            for variant_id, fields in changed.items()
        ),
        batch_size=5000,
    )
