"""A merchant looks at what shoppers see, and wants some of it otherwise."""

from __future__ import annotations

import pytest

from pipelines.models.usecases.recommendations import PickRule
from tests.dashboard import picking

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(admin, shop):
    picking.live(shop)
    return admin.open("/recommendations?product=100000")


def test_a_pick_is_pinned_and_the_rule_taken_back(admin, page):
    page.locator("#beside s-button", has_text="Pin").first.click()
    admin.toast("Saved. It holds from the next lists on")
    assert PickRule.objects.get().rule == "pin"
    page.locator("s-table s-button", has_text="Remove").click()
    admin.toast("Removed.")
    assert not PickRule.objects.exists()


def test_a_product_is_found_and_put_into_a_cart_and_out_again(admin, page):
    page.locator("s-search-field").click()
    admin.page.keyboard.type("SKU-3")
    admin.page.keyboard.press("Enter")
    found = page.locator('nav[aria-label="Products found"] a')
    found.first.click()
    page.locator('nav[aria-label="Best sellers"]').wait_for()
    page.locator("s-link", has_text="Put it into a cart").click()
    page.locator("#cart").wait_for()
    page.locator("#cart s-link", has_text="Take out").click()
    page.locator("#cart").wait_for(state="detached")


def test_a_rule_is_typed(admin, page):
    pick, beside = page.locator("#new-rule s-text-field").all()
    pick.click()
    admin.page.keyboard.type("SKU-4")
    beside.click()
    admin.page.keyboard.type("SKU-5")
    page.locator("#new-rule s-button").click()
    admin.toast("Saved.")
    assert PickRule.objects.values_list("product_id", "pick_id").get() == (100_005, 100_004)
