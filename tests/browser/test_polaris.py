"""Either bundle of Polaris draws the same pages: which one is a setting."""

from __future__ import annotations

import pytest

from dashboard import framing
from dashboard.templatetags.once import once
from pipelines.models import Release
from tests.browser.test_every_page import OUTSIDE, PAGES, address, bought  # noqa: F401  # what the pages need

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def forget() -> None:
    """Let the next page be made by the settings of now."""
    for remembered in (framing.content_policy, framing.preloads, once):
        remembered.cache_clear()


@pytest.mark.parametrize(("bundle", "look"), [("polaris.js", ""), ("polaris-2.js", "2")])
@pytest.mark.parametrize("admin", [{"size": "phone"}], indirect=True, ids=["phone"])
def test_a_decision_is_shown_and_taken_under_either_look(admin, embedded, settings, shop, bundle, look):
    settings.POLARIS_URL = f"{embedded.origin}/cdn/{bundle}"
    forget()
    card = Release.objects.for_shop(shop).filter(phase="awaiting_approval").latest("pk")
    for path in ("/", "/versions", "/settings", f"/releases/{card.pk}"):
        page = admin.open(path)
        assert admin.inside.evaluate("document.documentElement.dataset.polaris || ''") == look
        page.locator("s-button:visible").first.wait_for()
        assert admin.inside.evaluate(OUTSIDE) == []
    admin.app.locator("s-button", has_text="Approve").first.click()
    admin.toast("is live")


def test_every_page_is_drawn_by_files_alone_under_the_other_look_too(admin, embedded, settings):
    """Walk all of them; the console would name a style that stands in a page or is put there."""
    settings.POLARIS_URL = f"{embedded.origin}/cdn/polaris-2.js"
    forget()
    for path in PAGES:
        admin.open(address(path)).locator("h1, s-page").first.wait_for()
