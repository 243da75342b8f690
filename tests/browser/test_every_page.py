"""Every page in every width: nothing sticks out, nothing shifts, nobody is shut out."""

from __future__ import annotations

import pytest

from pipelines.models import Release
from tests.dashboard import moving

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    "/",
    "/forecasts",
    "/forecasts/200000",
    "/versions",
    "/versions/demand_forecast/2",
    "/versions/demand_forecast/compare?a=1&b=2",
    "/releases/{card}",
    "/experiments",
    "/data",
    "/settings",
    "/settings/rules",
    "/test-store",
    "/start",
)
SHIFT = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifted += entry.value; })
  .observe({type: "layout-shift", buffered: true});
"""


def address(path: str) -> str:
    return path.format(card=Release.objects.latest("pk").pk)


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "small"}, {"size": "phone"}], indirect=True)
def test_nothing_sticks_out_sideways(admin):
    for path in PAGES:
        admin.open(address(path))
        wide = admin.inside.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} sticks out by {wide} px"


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "phone"}], indirect=True)
def test_axe_finds_nothing_serious(admin):
    axe = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    for path in PAGES:
        admin.open(address(path))
        admin.inside.evaluate(axe)
        found = admin.inside.evaluate("axe.run(document)")
        assert len(found["passes"]) > 10, "axe looked at nothing"
        serious = [
            f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for rule in found["violations"]
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"][:4]
        ]
        assert not serious, f"{path}\n" + "\n".join(serious)


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "small"}, {"size": "phone"}], indirect=True)
@pytest.mark.parametrize("how", [moving.shares, moving.half_way], ids=["shown to some", "half-way"])
def test_a_release_that_shoppers_see_fits_and_shuts_nobody_out(admin, shop, how):
    axe = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    row = how(shop)
    for path in (f"/releases/{row.pk}", "/experiments", "/"):
        admin.open(path)
        wide = admin.inside.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} sticks out by {wide} px"
        admin.inside.evaluate(axe)
        found = admin.inside.evaluate("axe.run()")["violations"]
        assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == [], path


def test_nothing_moves_after_it_was_painted(admin):
    admin.page.add_init_script(SHIFT)
    for path in ("/", "/forecasts", address("/releases/{card}")):
        admin.open(path)
        admin.page.wait_for_timeout(400)
        assert admin.inside.evaluate("window.shifted") < 0.01, path


def test_pages_can_be_read_without_script(admin, browser, client):
    from tests.identities import bearer

    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for path in PAGES:
        page.set_content(client.get(address(path), headers=bearer()).content.decode())
        assert len(page.inner_text("main")) > 100, path
    context.close()
