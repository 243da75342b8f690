"""Everything that is stored of a shop, line by line, for its merchant; what opens doors stays here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from pipelines.lifecycle.buying import suppliers
from pipelines.models import LifecycleEvent, Shop, ShopKey, ShopSettings, Supplier
from pipelines.models.base import ShopTable
from pipelines.shopify.vault import CannotUnseal

SEALED = {"customer_key", "target", "secret", "file"}  # under our keys: of no use to anybody else
UNREADABLE = "It cannot be read any more."
LEFT_OUT = (ShopKey,)  # digests of keys that were shown once


class Encoder(DjangoJSONEncoder):
    """Writes bytes in hexadecimal."""

    def default(self, o: Any) -> Any:
        return bytes(o).hex() if isinstance(o, bytes | memoryview) else super().default(o)


def lines(shop: Shop, *, by: str) -> Iterator[str]:
    """Yield every row of a shop as JSON, table by table; the ledger says that somebody took it out."""
    LifecycleEvent.record(shop, "shop.exported", by=by, because="everything that is stored was asked for")
    for row in rows(shop):
        facts = {name: value for name, value in columns(row).items() if name not in SEALED}
        yield json.dumps({"table": row._meta.model_name, "row": facts}, cls=Encoder) + "\n"


def rows(shop: Shop) -> Iterator[Model]:
    """Yield a shop's rows: its own, its settings, and those of every table that belongs to shops."""
    yield shop
    yield from ShopSettings.objects.filter(shop=shop)
    for table in sorted(tables(), key=lambda table: table._meta.label):
        yield from table.objects.for_shop(shop).order_by("pk").in_pieces()


def tables() -> list[type[ShopTable]]:
    """List the tables whose rows belong to one shop each."""
    found = [table for table in apps.get_models() if issubclass(table, ShopTable)]
    return [table for table in found if table not in LEFT_OUT]


def columns(row: Model) -> dict[str, Any]:
    """Return a row's columns as they are stored; what a merchant typed and we sealed is given as it was typed."""
    found = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return found | {"address": opened(row)} if isinstance(row, Supplier) else found


def opened(supplier: Supplier) -> str:
    """Return where orders to a supplier go."""
    try:
        return suppliers.address_of(supplier)
    except CannotUnseal:
        return UNREADABLE
