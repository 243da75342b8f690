"""The test store in a real browser: a code is asked for, a store confirmed, a test looked at, the link ended."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines.lifecycle.sandbox import links
from pipelines.models import ModelVersion, Shop, StagingRun, StoreLink
from tests.dashboard import story
from tests.dashboard.views.test_store_link import a_result, side
from tests.identities import OTHER_SHOP, OWNER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def second(shop: Shop) -> Shop:
    """Return a second shop of the merchant."""
    other = story.a_shop(domain=OTHER_SHOP, name="Northbeck Test")
    story.know(other)
    return other


@pytest.fixture
def tested(shop: Shop, second: Shop) -> StagingRun:
    """Return a test of the waiting version over fourteen days."""
    now = timezone.now()
    StoreLink.objects.create(shop=shop, test_shop=second, entered_at=now, confirmed_at=now, by=OWNER)
    version = ModelVersion.objects.for_shop(shop).get(number=2)
    days = [
        {
            "day": -back, "sold": 30.0 + back % 5, "differing_orders": back % 3,
            "new": side(29.0 + back % 3, 3.5 + back % 4, seconds=0.2), "old": side(27.0, 5.0 + back % 5),
        }
        for back in range(14, 0, -1)
    ]  # fmt: skip
    return StagingRun.objects.create(
        shop=shop, use_case=version.use_case, version=version, test_shop=second, state="passed",
        sentence="It answered on every day: 70 units off in 14 days, version 1 100.", finished_at=now,
        aa={"same": True, "days": 14, "of": 14, "differs_on": None}, result=a_result(days=days),
        published={"sku": 21, "title": 2, "unmatched": 1, "variants": 23, "preview": 700, "sentence": ""},
    )  # fmt: skip


def test_a_store_is_linked_and_unlinked_by_clicks(admin, shop, second):
    app = admin.open("/test-store")
    app.locator("s-button", has_text="Get a code").click()
    field = app.locator('[label="One-time code"]')
    field.wait_for()
    code = field.get_attribute("value")
    assert code not in admin.page.url
    links.enter_code(second, code, by=OWNER, now=timezone.now())
    app = admin.open("/test-store")
    app.locator("s-button", has_text="Yes, link it").click()
    admin.toast("The test store is linked")
    assert links.confirmed_link(shop).test_shop == second
    app.locator("s-button", has_text="Unlink").first.click()
    app.locator("s-modal s-button", has_text="Unlink").click()
    admin.toast("Unlinked")
    assert not StoreLink.objects.exists()


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "small"}, {"size": "phone"}], indirect=True)
def test_a_test_can_be_read_at_every_width(admin, tested):
    app = admin.open("/test-store")
    assert "70 units off in 14 days" in app.locator("main").inner_text()
    wide = admin.inside.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    axe = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    admin.inside.evaluate(axe)
    found = admin.inside.evaluate("axe.run(document)")
    assert [rule["id"] for rule in found["violations"] if rule["impact"] in ("serious", "critical")] == []
