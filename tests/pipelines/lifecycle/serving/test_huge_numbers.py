"""Numbers that fit into an order and not into what is worked out from them: the shop is served all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.serving import refresh
from pipelines.models import Deployment, OrderLine, Variant
from pipelines.models.usecases.demand_forecast import StockAdvice
from tests import histories

pytestmark = pytest.mark.django_db
LARGEST = 2**31 - 1
DEAREST = 2**63 - 1


@pytest.fixture
def shop():
    """Return a shop that the simple rule serves after a rollback."""
    shop = histories.a_shop()
    histories.sell(shop, variants=3, days=40)
    Deployment.objects.filter(pk=Deployment.of(shop, "demand_forecast").pk).update(revision=1)
    return shop


def served(shop) -> StockAdvice:
    assert refresh.refresh(shop, "demand_forecast") == 6
    return StockAdvice.objects.for_shop(shop).get(variant_id=200_000, location_id=0)


def test_huge_orders_are_advised_on(shop):
    thing = Variant.objects.for_shop(shop).get(shopify_id=200_000)
    for days in (2, 1):  # one alone is an odd order
        histories.an_order(shop, timezone.now() - timedelta(days=days), [(thing, LARGEST)])
    assert served(shop).forecast_28 >= LARGEST


def test_a_huge_stock_in_many_places_is_advised_on(shop):
    thing = Variant.objects.for_shop(shop).get(shopify_id=200_000)
    for place in (1, 2, 3):
        histories.stocked(shop, thing, LARGEST, timezone.now(), location=place)
    refresh.refresh(shop, "demand_forecast")
    assert StockAdvice.objects.for_shop(shop).get(variant_id=200_000, location_id=0).stock == LARGEST


def test_the_dearest_line_is_advised_on(shop):
    thing = Variant.objects.for_shop(shop).get(shopify_id=200_000)
    histories.an_order(shop, timezone.now() - timedelta(days=1), [(thing, 5)])
    OrderLine.objects.for_shop(shop).filter(variant_id=200_000).update(price_minor=DEAREST)
    Variant.objects.filter(pk=thing.pk).update(price_minor=DEAREST, unit_cost_minor=DEAREST)
    row = served(shop)
    assert 0 <= row.order_cost_minor <= DEAREST and 0 <= row.at_risk_minor <= DEAREST
