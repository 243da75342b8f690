"""A key for tools of the merchant's own: made, copied, used at the door, revoked."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pipelines.lifecycle.exports import keys
from pipelines.models import ShopKey

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "phone"}], indirect=True)
def test_a_key_is_made_shown_once_and_revoked(admin, shop):
    axe = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    page = admin.open("/settings/keys")
    page.locator("s-button", has_text="Make a key").click()
    page.locator("s-section[heading='Your new key']").wait_for()
    made = page.locator("code").first.inner_text()
    assert keys.shop_of(made, timezone.now()) == shop
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert admin.inside.evaluate(wide) <= 0
    admin.inside.evaluate(axe)
    found = admin.inside.evaluate("axe.run()")["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []
    page = admin.open("/settings/keys")
    assert made not in page.locator("s-page").inner_text()
    page.locator("s-button", has_text="Revoke").click()
    admin.toast("Revoked. Tools that use this key read nothing any more")
    assert not ShopKey.objects.exists() and keys.shop_of(made, timezone.now()) is None
