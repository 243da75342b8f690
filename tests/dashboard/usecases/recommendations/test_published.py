"""What of the lists lies at Shopify, and whether the theme's own list is filled."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from pipelines.models import Deployment, Publication, PublishedFields, Release, Shop, StandardField
from tests.dashboard import picking
from tests.dashboard.usecases.recommendations.test_page import FIRST, HERE
from tests.dashboard.usecases.recommendations.test_reach import ALL, allow


@pytest.fixture
def allowed(listed: Shop) -> Shop:
    allow(listed, *ALL)
    return listed


def where(see, **query: Any) -> str:
    page = see(HERE, **query).content.decode()
    start = page.index('heading="Where shoppers see it"')
    return page[start : page.index("</s-section>", start)]


def publication(shop: Shop, **facts: Any) -> None:
    Publication.objects.update_or_create(shop=shop, use_case=picking.SLUG, defaults=facts)


def sent(shop: Shop, owner: int, **facts: Any) -> None:
    known = {"shop": shop, "use_case": picking.SLUG, "output": picking.SLUG, "owner": "Product", "owner_id": owner}
    PublishedFields.objects.create(**known | facts)


class TestTheLists:
    def test_that_are_all_there_are_on(self, allowed, see):
        publication(allowed, is_whole=True, published_at=timezone.now())
        sent(allowed, FIRST)
        sent(allowed, FIRST + 1, refused="Too long")
        told = where(see)
        assert ">On<" in told and "2 products, all there" in told and "Shopify did not take 1" in told

    def test_that_are_not_all_there_are_on_their_way(self, allowed, see):
        assert "Being written" in where(see) and "after the next lists" in where(see)

    def test_that_shopify_stopped_say_why(self, allowed, see):
        publication(allowed, stopped_because="Shopify does not let this app write.")
        assert "Shopify does not let this app write." in where(see) and "Stopped" in where(see)

    def test_say_whose_product_pages_read_and_whose_lie_ready(self, allowed, see):
        release = picking.on_its_way(allowed)
        live = Deployment.of(allowed, picking.SLUG).active_id
        full = {"a": {"version": live, "is_full": True}, "b": {"version": release.version_id, "is_full": False}}
        publication(allowed, slots=full, pointer={"live": "a"})
        assert "Product pages read version 1." in where(see)
        full["b"]["is_full"] = True
        publication(allowed, slots=full)
        assert "Product pages read version 1; version 2 lies ready beside it." in where(see)
        Release.objects.filter(pk=release.pk).update(phase="rejected")
        full["a"]["version"] = 0
        publication(allowed, slots=full)
        assert "Product pages read your best sellers; another version lies ready beside it." in where(see)


class TestTheThemesOwnList:
    def test_is_off_until_the_merchant_wants_it(self, allowed, see):
        told = where(see)
        assert "stays as you filled it" in told and "/settings#on-products-recommendations" in told

    def test_says_on_how_many_products_it_is_ours(self, allowed, see):
        publication(allowed, fills_standard=True)
        facts = {"owner_id": FIRST, "ours": "x", "checked_at": timezone.now()}
        StandardField.objects.create(shop=allowed, use_case=picking.SLUG, **facts)
        assert "Filled" in where(see) and "on 1 product" in where(see)
        publication(allowed, fills_standard=False)
        assert "Being put back" in where(see) and "1 product left" in where(see)
