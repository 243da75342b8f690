"""Inventory as Shopify tells it: levels are appended, the newest stands, and what contradicts itself is contested."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.ingest import drain
from pipelines.models import (
    Shop,
    StockLevel,
)
from tests import factories
from tests.factories import a_delivery, at, product_body, stock_body
from tests.pipelines.lifecycle.ingest.delivering import deliver

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return factories.a_shop()


class TestStock:
    def test_levels_are_appended_and_the_newest_stands(self, shop: Shop) -> None:
        deliver(shop, "products/create", product_body())
        for minute, units in ((5, 3), (1, 9)):
            delivery = deliver(shop, "inventory_levels/update", stock_body(units, minutes=minute))
        assert list(StockLevel.objects.order_by("updated_at").values_list("available", flat=True)) == [9, 3]
        assert delivery.subject == "SKU-1"

    def test_what_is_under_way_is_carried_on(self, shop: Shop) -> None:
        StockLevel.objects.create(
            shop=shop, inventory_item_id=60001, location_id=7, available=1, incoming=12, updated_at=at(0)
        )
        deliver(shop, "inventory_levels/update", stock_body(5, minutes=1))
        assert StockLevel.objects.get(available=5).incoming == 12

    @pytest.mark.parametrize("together", [True, False])
    def test_two_levels_of_one_moment_are_contested(self, shop: Shop, together: bool) -> None:
        a_delivery(shop, "inventory_levels/update", stock_body(5))
        if not together:
            drain.drain()
        a_delivery(shop, "inventory_levels/update", stock_body(4))
        drain.drain()
        assert StockLevel.objects.get().is_contested

    def test_the_same_level_twice_is_not(self, shop: Shop) -> None:
        for _ in range(2):
            deliver(shop, "inventory_levels/update", stock_body(5))
        assert not StockLevel.objects.get().is_contested

    def test_an_item_without_number_is_no_level(self, shop: Shop) -> None:
        assert deliver(shop, "inventory_levels/update", stock_body(None)).state == "applied"
        assert not StockLevel.objects.exists()
