"""Every page in every width: nothing sticks out, nothing shifts, nobody is shut out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle.releases import freezes
from pipelines.models import (
    Location,
    Measurement,
    ModelVersion,
    Product,
    PurchaseLine,
    PurchaseOrder,
    Release,
    Shop,
    Supplier,
    Variant,
)
from pipelines.models.usecases.demand_forecast import ForecastOverride, StockAdvice
from tests import histories, measured
from tests.dashboard import moving
from tests.tenancy import two_shops

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    "/",
    "/forecasts",
    "/forecasts/200000",
    "/recommendations",
    "/recommendations?product=100001&cart=100002,100003",
    "/conversion",
    "/customers",
    "/orders",
    "/orders/bring",
    "/orders/lead-times",
    "/orders/{sent}",
    "/orders/{draft}",
    "/settings/keys",
    "/models/demand_forecast",
    "/versions",
    "/versions/then",
    "/versions/demand_forecast/2",
    "/versions/demand_forecast/compare?a=1&b=2",
    "/releases/{card}",
    "/experiments",
    "/monitoring",
    "/monitoring/demand_forecast/change?feature=y&day={yesterday}",
    "/results",
    "/alerts",
    "/alerts/channels",
    "/data",
    "/settings",
    "/settings/rules",
    "/suppliers",
    "/suppliers/new",
    "/suppliers/{supplier}",
    "/test-store",
    "/start",
)
FIRST = "document.querySelector('a[href], button, input, select, textarea, [tabindex=\"0\"]').className"
SHIFT = """
window.shifted = 0;
new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifted += entry.value; })
  .observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture(autouse=True)
def bought(shop: Shop) -> None:
    """Let something be ordered and come in parts, and something be drafted."""
    two_shops.an_order_that_comes(shop)
    two_shops.a_supplier(shop)
    draft = PurchaseOrder.objects.create(shop=shop, number=2, vendor="Vendor 0", currency="GBP")
    PurchaseLine.objects.create(shop=shop, order=draft, variant_id=200_000, title="Mug", units=6, pack_size=6)


def address(path: str) -> str:
    compared = Measurement.objects.filter(metric="drift").latest("starts_at")
    day = compared.starts_at.astimezone(compared.shop.zone).date()
    orders = {str(order.state): order.pk for order in PurchaseOrder.objects.all()}
    supplier = Supplier.objects.latest("pk").pk
    return path.format(supplier=supplier, card=Release.objects.latest("pk").pk, yesterday=day, **orders)


# What lies beyond the right edge, cut or not, unless a box of its own scrolls.
OUTSIDE = """
() => [...document.querySelectorAll("main *")].filter((each) => {
  const box = each.getBoundingClientRect();
  if (!box.width || box.right <= document.documentElement.clientWidth + 1) return false;
  for (let up = each; up; up = up.parentElement) {
    if (up.matches("svg, .hidden, dialog, s-modal")) return false;
    if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return false;
  }
  return true;
}).map((each) => `${each.tagName.toLowerCase()}.${each.className} ${each.textContent.trim().slice(0, 40)}`)
"""

# Words of a chart that stand left or right of the room that it has, over its neighbour or cut.
BESIDE = """
() => [...document.querySelectorAll(".plot text")].filter((each) => {
  const box = each.getBoundingClientRect(), room = each.closest(".plot").getBoundingClientRect();
  return box.width && (box.left < room.left - 1 || box.right > room.right + 9);
}).map((each) => each.textContent)
"""

# Usual words that stand on two lines of a table, though none of them is longer than a column may be.
BROKEN = """
() => {
  const found = [], span = document.createRange();
  for (const cell of document.querySelectorAll("main :is(s-table-cell, s-table-header, td, th)")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) for (const word of texts.currentNode.data.matchAll(/[A-Za-z]{4,16}/g)) {
      span.setStart(texts.currentNode, word.index);
      span.setEnd(texts.currentNode, word.index + word[0].length);
      const boxes = [...span.getClientRects()].filter((box) => box.width > 0);
      const lines = new Set(boxes.map((box) => Math.round(box.top)));
      if (lines.size > 1) found.push(word[0]);
    }
  }
  return [...new Set(found)];
}
"""


@pytest.mark.parametrize("admin", [{"size": size} for size in ("desktop", "tablet", "phone")], indirect=True)
def test_no_usual_word_of_a_table_is_broken(admin):
    found = {}
    for path in PAGES:
        admin.open(address(path))
        if words := admin.inside.evaluate(BROKEN):
            found[path] = words
    assert found == {}


def sticking_out(admin: Any) -> list[str]:
    """Name the pages that are wider than the window, and what on them is."""
    found = []
    for path in PAGES:
        admin.open(address(path))
        wide = admin.inside.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        beyond = admin.inside.evaluate(OUTSIDE) + admin.inside.evaluate(BESIDE)
        if wide > 0 or beyond:
            found.append(f"{path} by {wide} px: {beyond[-3:]}")
    return found


@pytest.mark.parametrize("admin", [{"size": size} for size in ("desktop", "small", "tablet", "phone")], indirect=True)
def test_nothing_sticks_out_sideways(admin):
    assert sticking_out(admin) == []


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "small"}], indirect=True)
def test_the_table_of_kinds_of_hours_is_whole(admin, shop):
    measured.hours(shop, "recommendations", None, timezone.now())
    admin.open("/monitoring/recommendations").locator(".scroll[aria-label='By kind of hour']").wait_for()
    table = "document.querySelector('.scroll[aria-label=\"By kind of hour\"]')"
    assert admin.inside.evaluate(f"{table}.scrollWidth - {table}.clientWidth") <= 0


@pytest.mark.parametrize("admin", [{"size": "phone"}], indirect=True)
def test_the_newest_days_of_what_changed_stand_beside_its_name(admin):
    admin.open("/monitoring").locator(".heat-scroll").wait_for()
    edges = "({ left, right }) => [left, right]"
    name, *_, newest = admin.inside.evaluate(
        "[...document.querySelectorAll('.heat-scroll tbody tr:first-child > *')]"
        f".map((one) => one.getBoundingClientRect()).map({edges})"
    )
    assert name[0] >= 0 and newest[1] <= 390 and newest[0] >= name[1]


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "phone"}], indirect=True)
def test_words_without_a_blank_break(admin, shop):
    name_without_blanks(shop)
    assert sticking_out(admin) == []


def name_without_blanks(shop: Shop) -> None:
    """Give everything that people name a name that no line can hold, and versions the lineage that training writes."""
    word, now = "Supercalifragilistic" * 4, timezone.now()
    Shop.objects.filter(pk=shop.pk).update(name=word)
    Supplier.objects.update(name=word)
    Product.objects.update(title=word, vendor=word)
    Variant.objects.update(title=word, sku=word)
    Location.objects.update(name=word)
    StockAdvice.objects.update(title=word, subtitle=word, sku=word, vendor=word)
    made = {"code_revision": "5" * 40, "image_digest": f"sha256:{'5' * 64}", "python": "3.11.9"}
    with histories.anything_goes():
        for version in ModelVersion.objects.for_shop(shop):
            lineage = made | {"libraries": {"scikit-learn": "1.7.2", "numpy": f"2.3.{version.number}"}}
            tags = [word[:50] for _ in range(10)]
            ModelVersion.objects.filter(pk=version.pk).update(note=word * 12, tags=tags, lineage=lineage)
    own = {"variant_id": 200_000, "units": 40, "first_day": now.date(), "last_day": now.date() + timedelta(days=9)}
    ForecastOverride.objects.create(shop=shop, sub="902541635", note=word * 3, **own)
    span = {"starts_at": now + timedelta(days=9), "ends_at": now + timedelta(days=12)}
    freezes.add(shop, name=word, by="902541635", **span)


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


def test_the_first_key_leads_past_the_menu(admin):
    for path in PAGES:
        page = admin.open(address(path))
        skip = page.locator("a.skip")
        first = admin.inside.evaluate(FIRST)
        assert first == "skip", path
        assert skip.bounding_box()["width"] <= 1, path
        skip.focus()
        assert skip.bounding_box()["width"] > 60, path
        admin.page.keyboard.press("Enter")
        assert admin.inside.evaluate("document.activeElement.id") == "page", path


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "phone"}], indirect=True)
def test_pictures_of_products_are_shown_and_a_missing_one_breaks_nothing(admin, shop):
    first, second, *_ = Product.objects.for_shop(shop).order_by("pk")
    for product, name in ((first, f"{first.pk}.svg"), (second, "lost.jpg")):
        Product.objects.filter(pk=product.pk).update(image_url=f"{admin.store.origin}/cdn/pictures/{name}?v=1")
    admin.open("/forecasts").locator("img.thumb").first.wait_for()
    admin.page.wait_for_load_state("networkidle")
    widths = admin.inside.evaluate("[...document.querySelectorAll('img.thumb')].map((one) => one.naturalWidth)")
    boxes = admin.inside.evaluate("[...document.querySelectorAll('.thumb')].map((one) => one.clientWidth)")
    assert 0 in widths and any(widths)
    assert set(boxes) == {40}
    assert any("404" in problem for problem in admin.problems)
    admin.problems.clear()


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
