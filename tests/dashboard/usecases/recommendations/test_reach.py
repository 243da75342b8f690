"""Where shoppers see it, what is missing for that, and what they did with it."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.models import Order, Release, ServingWindow, Shop, StorefrontEvent
from tests import histories
from tests.dashboard import picking
from tests.dashboard.usecases.recommendations.test_page import FIRST, HERE

ALL = ["read_orders", "write_products", "write_pixels", "read_customer_events"]


def clicked(shop: Shop, who: str, ago: timedelta = timedelta(hours=3), **changes: Any) -> bytes:
    """Let a shopper click on a pick; return their unit."""
    unit = hashlib.sha256(who.encode()).digest()[:16]
    facts = {"kind": "block_clicked", "use_case": picking.SLUG, "product_id": FIRST, "place": 1}
    told = {"shop": shop, "event": uuid.uuid4(), "at": timezone.now() - ago, "unit": unit}
    StorefrontEvent.objects.create(**told | facts | changes)
    return unit


def shown(shop: Shop, units: int, ago: timedelta = timedelta(hours=2), **changes: Any) -> None:
    at = timezone.now() - ago
    facts = {"shop": shop, "use_case": picking.SLUG, "arm": "stable", "units": units}
    ServingWindow.objects.create(**facts | {"starts_at": at, "ends_at": at + timedelta(hours=1)} | changes)


def allow(shop: Shop, *scopes: str) -> None:
    Shop.objects.filter(pk=shop.pk).update(scopes=list(scopes))


class TestWhere:
    def test_publishing_is_asked_for_where_it_is_not_allowed(self, listed, see):
        allow(listed, "read_orders")
        page = see(HERE).content.decode()
        assert 'data-scopes="write_products"' in page and "we may not write them" in page
        allow(listed, *ALL)
        assert 'data-scopes="write_products"' not in see(HERE).content.decode()

    def test_the_theme_editor_opens_with_the_block_on_product_pages(self, listed, see, settings):
        settings.SHOPIFY_API_KEY = "key0"
        settings.SHOPIFY_ADMIN_ORIGINS = ["https://{shop}"]
        there = f"https://{listed.domain}/admin/themes/current/editor?template=product"
        assert f"{there}&amp;addAppBlockId=key0/bought-together&amp;target=newAppsSection" in see(HERE).content.decode()

    def test_a_block_that_nobody_heard_of_is_not_seen(self, listed, see):
        shown(listed, 5, timedelta(days=9))
        shown(listed, 5, use_case="another")
        clicked(listed, "ann", timedelta(days=9))
        page = see(HERE).content.decode()
        assert "Not seen" in page and "We have not heard of any shopper" in page

    def test_a_block_that_was_shown_is_seen(self, listed, see):
        shown(listed, 5)
        page = see(HERE).content.decode()
        assert "last heard of" in page and "Shoppers are shown it" in page and "5 times" in page

    def test_one_primary_action_at_most(self, listed, see):
        for scopes in (["read_orders"], ALL):
            allow(listed, *scopes)
            assert see(HERE).content.decode().count('variant="primary"') == 1
        shown(listed, 5)
        assert see(HERE).content.decode().count('variant="primary"') == 0

    def test_returning_shoppers_with_a_list_are_counted(self, listed, see):
        live = picking.Deployment.of(listed, picking.SLUG).active
        assert "known only of orders since you installed the app" in see(HERE).content.decode()
        for unit in (-5, 9):
            picking.a_list(listed, live, "again", unit, [FIRST], "again").save()
        assert "2 returning shoppers have a list" in see(HERE).content.decode()


class TestShoppers:
    def test_clicks_are_counted_by_shopper(self, listed, see):
        for who in ("ann", "ann", "bob"):
            clicked(listed, who)
        clicked(listed, "eve", use_case="another")
        clicked(histories.a_shop(), "eve")
        page = see(HERE).content.decode()
        assert "3 clicks by 2 shoppers" in page and "2 shoppers clicked on what was shown" in page

    def test_what_is_not_told_is_not_known(self, listed, see):
        page = see(HERE).content.decode()
        assert "not known: your shop does not tell us" in page
        assert 'data-scopes="write_pixels,read_customer_events"' in page
        allow(listed, *ALL)
        page = see(HERE).content.decode()
        assert "not known" not in page and "write_pixels" not in page

    def test_orders_count_that_came_after_a_click_of_the_same_shopper(self, listed, see):
        Order.objects.all().delete()
        unit, late = clicked(listed, "ann"), clicked(listed, "bob", timedelta(minutes=1))
        an_hour_ago = timezone.now() - timedelta(hours=1)
        histories.an_order(listed, an_hour_ago, [], unit=unit)
        histories.an_order(listed, an_hour_ago, [], unit=late)  # clicked afterwards
        histories.an_order(listed, an_hour_ago, [])
        histories.an_order(listed, an_hour_ago, [], unit=unit, cancelled_at=timezone.now())
        page = see(HERE).content.decode()
        assert "1 order</dd>" in page and "2 of 3 orders" in page

    @pytest.mark.parametrize("analysis", [{}, {"units": {"canary": 0, "control": 0}}])
    def test_a_release_without_counts_compares_nothing(self, listed, see, analysis):
        Release.objects.filter(pk=picking.on_its_way(listed).pk).update(analysis=analysis)
        assert "drawn at random" in see(HERE).content.decode()

    def test_both_sides_of_a_release_stand_there_as_counted(self, listed, see):
        counted = {"units": {"canary": 230, "control": 4100}, "orders": {"canary": 8, "control": 120}}
        Release.objects.filter(pk=picking.on_its_way(listed).pk).update(analysis=counted)
        page = see(HERE).content.decode()
        assert "Version 2, new" in page and "230" in page and "4,100" in page
