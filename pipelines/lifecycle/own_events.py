"""The merchant's own events: days that are learned from as what they were, and expected when they come again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from pipelines.lifecycle.errors import Refused
from pipelines.models import LifecycleEvent, OwnEvent, Product, Shop

MOST = 200
MOST_TYPES = 500  # that can be chosen, and vendors
MOST_PRODUCTS = 20  # that a sale may name
TOO_MANY = f"You have {MOST} events, which is as many as we keep. Remove one that no longer matters."
KNOWN_ALREADY = "An event of this name begins on that day already. Nothing was added."


@dataclass(frozen=True)
class Span:
    """Name the days of one event, the last one included; of a sale, what it takes off which products."""

    name: str
    first_day: date
    last_day: date
    percent_off: int | None = None
    product_type: str = ""  # of these three at most one is said; none: all products
    vendor: str = ""
    product_ids: list[int] | None = None

    def told(self) -> dict[str, Any]:
        """Say the days, and the sale, as the ledger keeps them."""
        days: dict[str, Any] = {"first_day": self.first_day.isoformat(), "last_day": self.last_day.isoformat()}
        if self.percent_off is None:
            return days
        of = {"product_type": self.product_type, "vendor": self.vendor, "product_ids": self.product_ids}
        return days | {"percent_off": self.percent_off} | {name: said for name, said in of.items() if said}


def add(shop: Shop, span: Span, *, by: str) -> OwnEvent:
    """Add an event, once."""
    try:
        with transaction.atomic():
            Shop.objects.lock(shop)  # so that two at once cannot pass the limit
            if OwnEvent.objects.for_shop(shop).count() >= MOST:
                raise Refused(TOO_MANY)
            row = OwnEvent.objects.create(shop=shop, **asdict(span))
            LifecycleEvent.record(shop, "own_event.added", by=by, because=span.name, **span.told())
    except IntegrityError:
        raise Refused(KNOWN_ALREADY) from None
    return row


def remove(row: OwnEvent, *, by: str) -> bool:
    """Remove an event; False when somebody did so before."""
    with transaction.atomic():
        Shop.objects.lock(row.shop_id)
        if not OwnEvent.objects.for_shop(row.shop_id).filter(pk=row.pk).delete()[0]:
            return False
        told = Span(**{each.name: getattr(row, each.name) for each in fields(Span)}).told()
        LifecycleEvent.record(row.shop, "own_event.removed", by=by, because=row.name, **told)
    return True


def product_types(shop: Shop) -> list[str]:
    """List the product types that a sale may be of."""
    return _said_of_products(shop, "product_type")


def vendors(shop: Shop) -> list[str]:
    """List the vendors that a sale may be of."""
    return _said_of_products(shop, "vendor")


def _said_of_products(shop: Shop, name: str) -> list[str]:
    rows = Product.objects.for_shop(shop).filter(deleted_at=None).exclude(**{name: ""})
    return list(rows.order_by(name).values_list(name, flat=True).distinct()[:MOST_TYPES])
