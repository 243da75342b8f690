"""Names that mean something to CSV or COPY, or are longer than an index holds, are only names."""

from __future__ import annotations

import pytest

from pipelines.lifecycle.serving import refresh
from pipelines.models import Deployment, Product, Variant
from pipelines.models.usecases.demand_forecast import StockAdvice
from tests import histories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "name", ["\\N", "NaN", "NULL", "\\.", 'a "quoted", name', "two\nlines\n", "\\", "=1+1", " ", ""]
)
def test_a_name_comes_through_as_it_is(name):
    shop = histories.a_shop()
    histories.sell(shop, variants=2, days=30)
    Deployment.objects.filter(pk=Deployment.of(shop, "demand_forecast").pk).update(revision=1)
    Product.objects.for_shop(shop).update(title=name, vendor=name, product_type=name)
    Variant.objects.for_shop(shop).filter(shopify_id=200_000).update(title=name, sku=name)
    assert refresh.refresh(shop, "demand_forecast") == 4
    row = StockAdvice.objects.for_shop(shop).get(variant_id=200_000)
    assert (row.title, row.subtitle, row.sku, row.vendor) == (name, name, name, name)


def test_the_longest_name_is_stored_and_found_by_its_beginning():
    shop = histories.a_shop()
    histories.sell(shop, variants=2, days=30)
    name = "".join(chr(0x20000 + 37 * number) for number in range(255))  # four bytes each, and no two alike
    Product.objects.for_shop(shop).update(title=name)
    Variant.objects.for_shop(shop).filter(shopify_id=200_000).update(title=name, sku=name)
    assert refresh.refresh(shop, "demand_forecast") == 4
    row = StockAdvice.objects.for_shop(shop).get(variant_id=200_000)
    assert (row.title, row.subtitle, row.sku) == (name, name, name)
    assert row.search.startswith(name) and len(row.search) == 500
