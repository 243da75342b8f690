"""How fast a page was is told by App Bridge in a real browser, and counted without a word on who looked."""

from __future__ import annotations

import pytest

from pipelines.models import PageSpeed
from tests import waiting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_visit_is_counted_once_for_each_of_the_three_figures(admin, shop):
    page = admin.open("/")
    told(admin, {"LCP", "CLS"})
    page.locator("s-page").click(position={"x": 5, "y": 5})
    told(admin, {"LCP", "CLS", "INP"})
    rows = list(PageSpeed.objects.all())
    assert {row.route for row in rows} == {"home"}
    assert [sum(row.counts) for row in rows] == [1, 1, 1]


def told(admin, names: set[str]) -> None:
    """Wait until so much is counted, and let the browser go on."""
    metrics = PageSpeed.objects.values_list("metric", flat=True)
    waiting.until(lambda: {*metrics.all()} == names or admin.page.wait_for_timeout(100), f"{names}")
