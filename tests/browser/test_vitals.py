"""How fast a page was is told by App Bridge in a real browser, and counted without a word on who looked."""

from __future__ import annotations

import pytest

from pipelines.models import PageSpeed
from tests import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_visit_is_counted_once_with_all_three_figures(admin, shop):
    page = admin.open("/")
    page.locator("s-page").click(position={"x": 5, "y": 5})
    link = page.get_by_text("See what was measured").or_(page.locator("s-link").first).first

    def told() -> bool:
        link.press("Shift")  # a browser that is busy tells nothing of some presses
        admin.page.wait_for_timeout(500)
        return PageSpeed.objects.count() >= 3

    waiting.until(told, "three figures")
    rows = list(PageSpeed.objects.all())
    assert {(row.route, row.metric, sum(row.counts)) for row in rows} == {
        ("home", metric, 1) for metric in ("LCP", "CLS", "INP")
    }
