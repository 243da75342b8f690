"""Data: is my data whole?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q

from dashboard.queries.data.deliveries import Deliveries, deliveries
from dashboard.queries.data.shoppers import Shoppers, shoppers
from dashboard.queries.data.state import DataState, data_state
from dashboard.queries.models_state import model_states
from dashboard.queries.running import Running, running_of
from dashboard.queries.words import Badge
from pipelines import words
from pipelines.models import Location, Order, Product, Refund, Shop, StockLevel, SyncRun, Variant

CURRENT = Badge("Current", "success")
STALE = Badge("Old", "warning")
EMPTY = Badge("None yet")


@dataclass(frozen=True)
class Kind:
    """One kind of data: how fresh, how much."""

    name: str
    badge: Badge
    newest: datetime | None
    stored: str


@dataclass(frozen=True)
class DataPage:
    """Everything on the data page."""

    data: DataState
    running: Running
    kinds: list[Kind]
    deliveries: Deliveries
    shoppers: Shoppers
    last_check: SyncRun | None
    sees_all_orders: bool


def data_page(shop: Shop, now: datetime, show: str, page: int) -> DataPage:
    """Read how whole the shop's data is."""
    data = data_state(shop, now)
    done = SyncRun.objects.for_shop(shop).filter(state=SyncRun.State.DONE, kind__in=("orders", "reconcile"))
    return DataPage(
        data=data,
        running=running_of(data, model_states(shop, shop.settings, now)),
        kinds=kinds(shop, data),
        deliveries=deliveries(shop, now, show, page),
        shoppers=shoppers(shop, now),
        last_check=done.order_by("-finished_at").first(),
        sees_all_orders=shop.sees_all_orders,
    )


def kinds(shop: Shop, data: DataState) -> list[Kind]:
    """Count what is stored, kind by kind."""
    pulled = STALE if data.is_stale else CURRENT
    here = Q(deleted_at=None)
    orders = Order.objects.for_shop(shop).filter(here).aggregate(n=Count("pk"), at=Max("processed_at"))
    products = Product.objects.for_shop(shop).filter(here).aggregate(at=Max("updated_at"))
    variants = (
        Variant.objects.for_shop(shop)
        .filter(here)
        .aggregate(n=Count("pk"), costs=Count("pk", filter=Q(unit_cost_minor__isnull=False)))
    )
    stock = StockLevel.objects.for_shop(shop).aggregate(at=Max("updated_at"))
    refunds = Refund.objects.for_shop(shop).aggregate(n=Count("pk"), at=Max("created_at"))
    places = Location.objects.for_shop(shop).filter(here, is_active=True).count()
    missing = variants["n"] - variants["costs"]
    costs = Badge(f"{words.number(missing)} missing", "warning") if missing else CURRENT
    return [
        Kind("Orders", pulled if orders["n"] else EMPTY, orders["at"], words.counted(orders["n"], "order")),
        Kind(
            "Products and variants",
            pulled if variants["n"] else EMPTY,
            products["at"],
            words.counted(variants["n"], "variant"),
        ),
        Kind("Stock levels", pulled if stock["at"] else EMPTY, stock["at"], words.counted(places, "active location")),
        Kind("Refunds", pulled if refunds["n"] else EMPTY, refunds["at"], words.counted(refunds["n"], "refund")),
        Kind(
            "Purchase costs",
            costs if variants["n"] else EMPTY,
            None,
            f"{words.number(variants['costs'])} of {words.counted(variants['n'], 'variant')}",
        ),
    ]
