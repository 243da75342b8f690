"""Fill the shop's own metafields with what a use case says, where the merchant lets us: only what changed, in bulk.

Shopify works a bulk operation off in its own time. What was sent counts as published once the operation completed;
until then nothing more is sent, and what a failed one carried is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import transaction

from pipelines.models import PublishedFields, Shop, own
from pipelines.shopify import bulk
from pipelines.shopify.admin_api import AdminApi
from pipelines.usecases import USE_CASES
from pipelines.usecases.contract import Metafields, Output, UseCase

SCOPE = "write_products"
PER_CALL = 25  # metafields that Shopify takes in one mutation

Fields = dict[str, str]
Metafield = dict[str, str]


def publish(shop: Shop, use_case: str) -> int:
    """Send what changed since the last time; return for how many variants."""
    case = USE_CASES[use_case]
    if not (case.published and shop.is_reachable and shop.has_scope(SCOPE)):
        return 0
    api = AdminApi(shop)
    return sum(publish_output(shop, api, case, *each) for each in case.published) if settle(shop, api) else 0


def publish_output(shop: Shop, api: AdminApi, case: UseCase, output: Output, asked: Metafields) -> int:
    """Send what changed of one output."""
    changed = dict(changes(shop, case, output, asked))
    take_back(shop, api, asked, changed)
    sent = [field for unit, fields in changed.items() for field in metafields(asked, unit, fields)]
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


def changes(shop: Shop, case: UseCase, output: Output, asked: Metafields) -> Iterator[tuple[int, Fields]]:
    """Yield the variants whose fields are not what Shopify holds."""
    known = dict(PublishedFields.objects.for_shop(shop).values_list("variant_id", "values"))
    values = case.function(asked.values)
    rows = own.rows(output.table, shop).filter(**asked.rows)
    for row in rows.only(asked.unit, *asked.columns).in_pieces(5000):
        unit, fields = getattr(row, asked.unit), values({name: getattr(row, name) for name in asked.columns})
        if known.get(unit) != fields:
            yield unit, fields


def metafields(asked: Metafields, unit: int, fields: Fields) -> Iterator[Metafield]:
    """Put the fields of a variant into Shopify's form."""
    for key, value in fields.items():
        yield {**address(asked, unit, key), "type": asked.types[key], "value": value}


def address(asked: Metafields, unit: int, key: str) -> Metafield:
    """Name one metafield."""
    return {"ownerId": f"gid://shopify/{asked.owner}/{unit}", "namespace": asked.namespace, "key": key}


def parts(metafields: Iterable[Metafield]) -> Iterator[list[Metafield]]:
    """Cut a stream into what one mutation takes."""
    rest = iter(metafields)
    while part := list(islice(rest, PER_CALL)):
        yield part


def take_back(shop: Shop, api: AdminApi, asked: Metafields, changed: dict[int, Fields]) -> None:
    """Delete fields that say something no longer true."""
    known = PublishedFields.objects.for_shop(shop).filter(variant_id__in=changed)
    stale = [
        address(asked, row.variant_id, key)
        for row in known
        for key in row.values.keys() - changed[row.variant_id].keys()
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
