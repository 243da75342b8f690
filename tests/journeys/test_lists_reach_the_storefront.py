"""From a store's orders to its product pages: imported, answered by the simple rule, published, and shown."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from pipelines.lifecycle.ingest import backfill
from pipelines.lifecycle.releases.speak import speak
from pipelines.lifecycle.serving import publish
from pipelines.models import Product, Publication, own
from pipelines.usecases import USE_CASES, recommendations
from tests import waiting
from tests.devstore.conftest import app, world
from tests.listing import Listing, listing

__all__ = ["app", "listing", "world"]
pytestmark = pytest.mark.django_db
SLUG = recommendations.USE_CASE.slug
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def store(listing: Listing):
    """Import everything that the store has, and deploy our block to its theme."""
    Product.objects.for_shop(listing.shop).delete()
    extensions = listing.store.folder / "extensions"
    shutil.copytree(ROOT / "extensions", extensions, dirs_exist_ok=True)
    backfill.run_to_the_end(backfill.import_everything(listing.shop, "install"), time.sleep)
    with USE_CASES.only(recommendations.USE_CASE):
        yield listing
    shutil.rmtree(extensions)


def publish_all(listing: Listing) -> Publication:
    """Publish until all of it is there."""

    def whole() -> Publication | None:
        publish.publish(listing.shop, SLUG)
        row = Publication.of(listing.shop, SLUG)
        return row if row.is_whole else None

    return waiting.until(whole, "the lists at Shopify")


def test_the_simple_rules_lists_stand_on_the_product_pages(store: Listing) -> None:
    speak(store.shop, SLUG)
    rows = own.rows("RecommendationList", store.shop).filter(version=None, kind="page")
    lists = dict(rows.values_list("unit_id", "picks"))
    assert lists
    row = publish_all(store)
    assert row.slots == {"a": {"version": 0, "is_full": True}} and store.rules()["live"] == "a"
    product = next(iter(lists))
    assert store.fields(product)["a"] == [pick for pick in lists[product] if pick != product]
    page = store.page(product)
    assert "data-shopmlops-block" in page and any(f'data-product="{pick}"' in page for pick in lists[product])
    assert publish.publish(store.shop, SLUG) == 0
