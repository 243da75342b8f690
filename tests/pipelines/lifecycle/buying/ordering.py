"""An order of two lines, a supplier, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.lifecycle.buying import orders, suppliers
from pipelines.models import PurchaseLine, PurchaseOrder, Shop, Supplier
from tests import factories

TODAY = date(2026, 11, 20)
ARRIVAL = TODAY + timedelta(days=14)
CAP = orders.Wanted(1, "Cap", "Blue", "CAP-B", units=12, pack_size=6, unit_cost_minor=250)
SCARF = replace(CAP, variant_id=2, title="Scarf", sku="SCARF", units=5, pack_size=1)
BY = "7"
TORVER = suppliers.Told(
    name="Torver Outerwear", currency="EUR", lead_time_days=21, smallest_minor=250_000, order_weekdays=[3, 1],
    address="Torver Ltd\n1 Quay Street", vendors=["Larch", "Gill"], variant_ids=[7],
)  # fmt: skip


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


@pytest.fixture
def order(shop: Shop) -> PurchaseOrder:
    return orders.draft(shop, "Larch", [CAP, SCARF], location_id=None, by=BY)


@pytest.fixture
def sent(order: PurchaseOrder) -> PurchaseOrder:
    return moved(order, orders.send, TODAY, ARRIVAL)


@pytest.fixture
def torver(shop: Shop) -> Supplier:
    return suppliers.add(shop, TORVER, by=BY)


def moved(order: PurchaseOrder, move: Callable[..., Any], *told: Any) -> PurchaseOrder:
    """Make a move with the revision that stands, and read the order again."""
    move(order, *told, revision=order.revision, by=BY)
    order.refresh_from_db()
    return order


def line(order: PurchaseOrder, variant_id: int) -> PurchaseLine:
    return order.lines.get(variant_id=variant_id)


def came(order: PurchaseOrder, caps: int = 0, scarves: int = 0) -> dict[int, int]:
    return {line(order, 1).pk: caps, line(order, 2).pk: scarves}


def on_the_way(order: PurchaseOrder) -> dict[int, int]:
    return {row.variant_id: row.to_come for row in PurchaseLine.objects.for_shop(order.shop).on_the_way()}
