"""How fast a page was is told by App Bridge in a real browser, and counted without a word on who looked."""

from __future__ import annotations

import pytest

from pipelines.models import PageSpeed
from tests import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_visits_are_counted_with_all_three_figures_and_no_more_often_than_they_were(admin, shop):
    visits = 0

    def told() -> bool:
        nonlocal visits
        visits += 1
        page = admin.open("/")
        page.locator("s-page").click(position={"x": 5, "y": 5})
        link = page.get_by_text("See what was measured").or_(page.locator("s-link").first).first
        for _ in range(20):  # a browser that is busy tells nothing of some presses
            link.press("Shift")
            admin.page.wait_for_timeout(500)
            if {*PageSpeed.objects.values_list("metric", flat=True)} == {"LCP", "CLS", "INP"}:
                return True
        return False

    waiting.until(told, "three figures")
    rows = list(PageSpeed.objects.all())
    assert {row.route for row in rows} == {"home"} and len(rows) == 3
    assert all(1 <= sum(row.counts) <= visits for row in rows)
