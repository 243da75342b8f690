"""What a merchant's page may be drawn by: files, and rules that scripts add; no style that stands in what was sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.models import Release
from tests.browser.test_polaris import forget

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SMUGGLED = """
() => {
  const place = document.createElement("div");
  place.innerHTML = "<style>#smuggled { width: 7px }</style><p id=smuggled style='height: 7px'></p>";
  document.body.append(place);
  const { width, height } = getComputedStyle(document.getElementById("smuggled"));
  return [width === "7px", height === "7px"];
}
"""


def test_a_style_that_stands_in_the_page_is_not_taken(admin):
    admin.open("/")
    assert admin.inside.evaluate(SMUGGLED) == [False, False]
    assert len(admin.problems) == 2 and all("style-src" in problem for problem in admin.problems)
    admin.problems.clear()


def test_until_an_operator_has_seen_that_shopifys_scripts_need_none_it_is_taken(admin, settings):
    settings.STRICT_STYLES = False
    forget()
    admin.open("/")
    assert admin.inside.evaluate(SMUGGLED) == [True, True]


def test_a_chart_that_is_explored_is_drawn_whole(admin, shop):
    """Plotly lays its parts over each other by rules that it adds to a style element, which its hash must let in."""
    card = Release.objects.for_shop(shop).latest("pk")
    for path in ("/forecasts/200000", "/models/demand_forecast", f"/releases/{card.pk}", "/monitoring/demand_forecast"):
        page = admin.open(path)
        buttons = page.locator("[data-explore]")
        for _ in range(buttons.count()):
            buttons.first.click()
            page.locator(".plotly-canvas .modebar").last.wait_for(state="attached")
        drawn = admin.inside.evaluate(
            "[...document.querySelectorAll('.plotly-canvas .main-svg')].map((one) => getComputedStyle(one).position)"
        )
        assert drawn and set(drawn) == {"absolute"}, path
    assert page.locator("[data-title^=Share]").count() == 0  # a chart is handed to nobody
    with admin.page.expect_download() as saved:
        page.locator("[data-title^=Download]").first.click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
