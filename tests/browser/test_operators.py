"""Operators' pages in a real browser: they work under a policy that lets nothing but ours run."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.core.cache import caches

from tests.browser.test_every_page import PAGES
from tests.identities import SHOP
from tests.tenancy import two_shops

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long password of an operator"
LOOKED_AT = tuple(path for path in PAGES if "{" not in path and "/2" not in path and "?" not in path)
PICTURES = os.environ.get("PICTURES")


@pytest.fixture
def shop(queued, settings):
    static = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": static}
    caches["lockout"].clear()
    get_user_model().objects.create_superuser("ada", password=PASSWORD)
    return two_shops.a_whole_shop(SHOP, "Northbeck Outfitters")


@pytest.fixture
def page(browser, live_server):
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, base_url=live_server.url)
    yield opened
    opened.close()


def picture(page, name: str) -> None:
    """Keep a picture where somebody asked for some."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


@contextmanager
def logged_in(page):
    """Log in, and let the console say nothing from there on."""
    said: list[str] = []

    def note(line):
        said.append(f"{page.url}: {line}")

    page.on("console", lambda message: note(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", note)
    page.goto("/admin/")
    page.fill("#id_username", "ada")
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.locator("text=Right now").first.wait_for()
    yield
    assert said == []


def test_an_operator_logs_in_looks_around_and_sees_what_the_merchant_sees(shop, page):
    with logged_in(page):
        look_around(shop, page)


def look_around(shop, page):
    picture(page, "fleet")
    page.click("text=Shops with the app")
    assert page.locator("td.field-dead_deliveries").inner_text() == "1"
    picture(page, "shops")
    page.check("input[name=_selected_action]")
    page.select_option("select[name=action]", "verify_ledger")
    page.click("button[name=index]")
    page.locator("text=the ledger holds").first.wait_for()
    page.check("input[name=_selected_action]")
    page.select_option("select[name=action]", "erase")
    page.click("button[name=index]")
    page.locator("text=This cannot be undone").first.wait_for()
    picture(page, "erase")
    page.goto(f"/admin/pipelines/shop/{shop.pk}/change/")
    page.click("[aria-label='Switch pixel off']")
    page.locator("text=pixel is off in").first.wait_for()
    picture(page, "shop")
    page.click("text=See what the merchant sees")
    page.locator("text=Nothing can be changed here").first.wait_for()
    assert page.locator("text=Counting of visits is switched off by the people who run this app").count() == 1
    picture(page, "looking")
    page.click("nav >> text=Versions")
    assert page.url.endswith(f"/admin/look/{shop.pk}/versions")
    picture(page, "looking-versions")


def test_no_page_asks_for_what_the_policy_forbids(shop, page):
    """Walk all of them; a page that wanted a style, a script or a picture of its own would say so in the console."""
    tables = [f"{table._meta.app_label}/{table._meta.model_name}/" for table in site._registry]
    tables.remove("django_rq/dashboard/")  # its own few rules are refused: the room beside two words
    with logged_in(page):
        for path in (
            "",
            "password_change/",
            *tables,
            *(f"pipelines/shop/{shop.pk}/{what}/" for what in ("change", "history")),
        ):
            assert page.goto(f"/admin/{path}").status == 200, path
        page.goto(f"/admin/pipelines/shop/{shop.pk}/change/")
        page.click("text=See what the merchant sees")
        for path in LOOKED_AT:
            assert page.goto(f"/admin/look/{shop.pk}{path}").status == 200, path
