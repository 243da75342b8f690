"""What to move before anything is bought, on the page of orders."""

from __future__ import annotations

from django.utils import timezone

from pipelines.models import Location
from pipelines.models.usecases.demand_forecast import StockAdvice

VARIANT = 200_000


def at_place(shop, pk, name, **advice):
    """Give the shop a place with advice of its own on one variant."""
    Location.objects.create(shop=shop, shopify_id=pk, name=name, updated_at=timezone.now())
    row = StockAdvice.objects.get(shop=shop, variant_id=VARIANT, location_id=0)
    row.pk, row.location_id = None, pk
    for column, value in advice.items():
        setattr(row, column, value)
    row.save()


def test_what_lies_at_one_place_and_is_missing_at_another_is_to_be_moved(shop, see):
    assert "Move before you buy" not in see("/orders").content.decode()
    at_place(shop, 77, "Leeds", stock=50, incoming=0, order_up_to=20, from_elsewhere=0)
    at_place(shop, 78, "York", stock=2, incoming=4, order_up_to=18.4, from_elsewhere=12, price_minor=1_000)
    page = see("/orders").content.decode()
    assert "Move before you buy" in page and "Leeds" in page and "York" in page
    assert "£130" in page  # 13 units for £10
    Location.objects.filter(shopify_id=77).update(is_active=False)
    assert "Move before you buy" not in see("/orders").content.decode()
