"""Purchase orders that are kept in Shopify: asked for with one button, then shown as what they are."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from dashboard.templatetags import words
from pipelines.models import Location, ShopifyPurchase
from pipelines.shopify.purchase_orders import SCOPE

ASKED = f'data-scopes="{SCOPE}"'


@pytest.fixture
def told(settings):
    """Let a version of the API tell them."""
    settings.SHOPIFY_PURCHASE_ORDERS_VERSION = "unstable"


@pytest.fixture
def allowed(shop, told):
    shop.scopes = [*shop.scopes, SCOPE]
    shop.save()


def bought(shop, number, units, place=None, day=date(2026, 11, 20), item=1):
    known = {"line_id": number, "inventory_item_id": item, "location_id": place}
    return ShopifyPurchase.objects.create(shop=shop, units=units, ordered_on=day, **known)


def test_where_no_api_tells_them_nothing_is_asked_for(shop, see):
    bought(shop, 1, 40)
    page = see("/orders").content.decode()
    assert ASKED not in page and "From Shopify" not in page


def test_without_leave_one_button_asks_for_it(shop, told, see):
    page = see("/orders").content.decode()
    assert "Do you keep purchase orders in Shopify?" in page and page.count(ASKED) == 1


def test_with_leave_and_none_open_that_is_said(shop, allowed, see):
    page = see("/orders").content.decode()
    assert "none is open" in page and ASKED not in page


def test_what_was_read_is_summed_up_by_day_and_place(shop, another_shop, allowed, see):
    Location.objects.create(shop=shop, shopify_id=977, name="Leeds", updated_at=timezone.now())
    bought(shop, 1, 40, 977), bought(shop, 2, 7, 977, item=2), bought(shop, 3, 5, day=date(2026, 11, 23))
    bought(another_shop, 4, 88_000)
    page = see("/orders").content.decode()
    assert page.count("From Shopify") == 2 and page.index(words.day(date(2026, 11, 23))) < page.index(
        words.day(date(2026, 11, 20))
    )
    assert ">47<" in page and "Leeds" in page and "not said" in page and "88,000" not in page


def test_once_the_leave_is_taken_back_what_is_known_says_so(shop, told, see):
    bought(shop, 1, 40)
    page = see("/orders").content.decode()
    assert "no longer lets us" in page and ASKED in page
