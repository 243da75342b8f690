"""Results in a browser: a full report fits every screen, shuts nobody out, and its files are fetched with the token."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.lifecycle.results import hand_out
from tests import reporting
from tests.browser.test_every_page import OUTSIDE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def report(shop):
    row = reporting.reported(shop)
    hand_out.hand_out(row.pk, reporting.AFTER)
    return row


@pytest.mark.parametrize("admin", [{"size": "desktop"}, {"size": "small"}, {"size": "phone"}], indirect=True)
def test_a_full_report_fits_and_shuts_nobody_out(admin, report):
    axe = pytest.importorskip("axe_playwright_python.base").AXE_SCRIPT
    admin.open("/results").get_by_text("£4,960").first.wait_for()
    assert admin.inside.evaluate(OUTSIDE) == []
    admin.inside.evaluate(axe)
    found = admin.inside.evaluate("axe.run(document)")["violations"]
    assert [rule["id"] for rule in found if rule["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize(("button", "name", "begins"), [("PDF", "pdf", b"%PDF-"), ("CSV", "csv", b"\xef\xbb\xbfpart")])
def test_files_are_downloaded(admin, report, button, name, begins):
    page = admin.open("/results")
    with admin.page.expect_download() as download:
        page.locator("s-button", has_text=f"Download {button}").click()
    assert download.value.suggested_filename == f"results-2026-10.{name}"
    assert Path(download.value.path()).read_bytes().startswith(begins)


def test_another_month_is_one_click_away(admin, report, shop):
    from pipelines.lifecycle.results import keep

    keep.make(shop, reporting.OCTOBER.after, reporting.AFTER)
    page = admin.open("/results")
    page.get_by_role("link", name="November 2026, so far").click()
    page.get_by_text("So far, worked out").wait_for()
