"""A merchant looks at who buys, defines an offer, starts it and stops it."""

from __future__ import annotations

import pytest

from pipelines.models.usecases.offers import Offer
from pipelines.usecases import USE_CASES
from tests.dashboard import offering_now, visiting

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("offers" not in USE_CASES, reason="it is not in the register yet"),
]


@pytest.fixture
def page(admin, shop):
    visiting.peaks(shop)
    visiting.counted(shop)
    visiting.judged(shop)
    return admin.open("/conversion")


def test_an_offer_is_defined_started_and_stopped(admin, page):
    page.locator("s-button", has_text="New offer").click()
    page.locator("s-page[heading='New offer']").wait_for()
    for name, text in (("name", "Free delivery from £80"), ("threshold", "80"), ("cost", "4.50"), ("budget", "300")):
        page.locator(f"[name={name}]").first.click()
        admin.page.keyboard.type(text)
    choose(page, "kind", "free_shipping")
    page.locator("s-button", has_text="Save as a draft").click()
    admin.toast("Saved as a draft")
    row = Offer.objects.get()
    assert (row.kind, row.threshold_minor, row.cost_minor, row.state) == ("free_shipping", 8000, 450, "draft")
    page.locator("s-button", has_text="Start").click()
    admin.toast("Started.")
    page.locator("s-table s-button", has_text="Stop").click()
    page.locator(f"#stop-{row.pk} s-button[variant=primary]").click()
    admin.toast("Stopped.")
    assert Offer.objects.get().state == "stopped"


def test_what_cannot_be_is_said_at_once_and_what_was_typed_stays(admin, page):
    page.locator("s-button", has_text="New offer").click()
    page.locator("[name=name]").first.click()
    admin.page.keyboard.type("A code without a code")
    page.locator("s-button", has_text="Save as a draft").click()
    page.locator("s-banner", has_text="names the code as it is in Shopify").wait_for()
    assert page.locator("[name=name]").first.evaluate("field => field.value") == "A code without a code"
    admin.problems.clear()  # the console tells of the answer 422


@pytest.mark.parametrize("admin", [{"size": "phone"}], indirect=True)
def test_nothing_scrolls_sideways_on_a_phone(admin, shop, page):
    offering_now.several(shop)
    for path in ("/conversion", "/offers/new"):
        admin.open(path)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert admin.inside.evaluate(wide) <= 0, path


def choose(page, name: str, value: str) -> None:
    """Choose an option, by the native control where there is one."""
    field = page.locator(f"s-select[name={name}]")
    control = field.locator("select")
    if control.count():
        control.select_option(value)
    else:
        field.evaluate("(field, value) => { field.value = value }", value)
