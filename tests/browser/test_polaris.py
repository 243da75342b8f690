"""Either bundle of Polaris draws the same pages: which one is a setting."""

from __future__ import annotations

import pytest

from dashboard import framing
from dashboard.templatetags.once import once
from pipelines.models import Release
from tests.browser.test_every_page import OUTSIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("bundle", "look"), [("polaris.js", ""), ("polaris-2.js", "2")])
@pytest.mark.parametrize("admin", [{"size": "phone"}], indirect=True, ids=["phone"])
def test_a_decision_is_shown_and_taken_under_either_look(admin, embedded, settings, shop, bundle, look):
    settings.POLARIS_URL = f"{embedded.origin}/cdn/{bundle}"
    for remembered in (framing.content_policy, framing.preloads, once):
        remembered.cache_clear()
    card = Release.objects.for_shop(shop).filter(phase="awaiting_approval").latest("pk")
    for path in ("/", "/versions", "/settings", f"/releases/{card.pk}"):
        page = admin.open(path)
        assert admin.inside.evaluate("document.documentElement.dataset.polaris || ''") == look
        page.locator("s-button:visible").first.wait_for()
        assert admin.inside.evaluate(OUTSIDE) == []
    admin.app.locator("s-button", has_text="Approve").first.click()
    admin.toast("is live")
