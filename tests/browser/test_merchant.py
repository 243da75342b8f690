"""What a merchant does with the app, in a real browser inside the admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from pipelines.models import Deployment, Release, ShopSettings, StockRule, SyncRun
from pipelines.models.usecases.demand_forecast import StockAdvice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def expect(locator: Any) -> Any:
    from playwright.sync_api import expect as expected

    return expected(locator)


class TestDeciding:
    def test_approves_with_one_click(self, admin):
        app = admin.open()
        app.get_by_role("link", name="Review and decide").click()
        expect(app.locator('s-section[heading="Use version 2 for all variants?"]')).to_be_visible()
        app.get_by_role("button", name="Approve for all variants").click()
        admin.toast("Version 2 is live")
        expect(app.get_by_text("In use since")).to_be_visible()
        assert Deployment.objects.get().active.number == 2
        assert "said=" not in admin.inside.url

    def test_approves_by_keyboard_alone(self, admin):
        app = admin.open(f"/releases/{Release.objects.latest('pk').pk}")
        app.get_by_role("button", name="Approve for all variants").focus()
        admin.page.keyboard.press("Enter")
        admin.toast("Version 2 is live")

    def test_rolls_back_after_one_question(self, admin):
        app = admin.open(f"/releases/{Release.objects.latest('pk').pk}")
        app.get_by_role("button", name="Approve for all variants").click()
        app.get_by_role("button", name="Roll back to version 1").click()
        dialog = app.get_by_role("dialog", name="Roll back to version 1?")
        dialog.get_by_role("button", name="Roll back", exact=True).click()
        admin.toast("Back on version 1")
        assert Deployment.objects.get().active.number == 1

    def test_thinks_again_before_rolling_back(self, admin):
        app = admin.open("/versions")
        app.get_by_role("button", name="Roll back to the simple rule").click()
        dialog = app.get_by_role("dialog")
        dialog.get_by_role("button", name="Keep version 1 running").click()
        expect(dialog).to_be_hidden()
        assert Deployment.objects.get().active.number == 1

    def test_rejects_with_a_reason(self, admin):
        app = admin.open(f"/releases/{Release.objects.latest('pk').pk}")
        app.get_by_role("button", name="Reject").first.click()
        dialog = app.get_by_role("dialog", name="Reject version 2?")
        dialog.get_by_role("textbox", name="Why").fill("New products look too low")
        dialog.get_by_role("button", name="Reject", exact=True).click()
        admin.toast("Version 2 was rejected")
        expect(app.get_by_text("New products look too low")).to_be_visible()

    def test_cannot_decide_on_a_card_that_changed(self, admin):
        app = admin.open(f"/releases/{Release.objects.latest('pk').pk}")
        card = Release.objects.latest("pk")
        card.enter(card.phase)
        app.get_by_role("button", name="Approve for all variants").click()
        expect(app.locator("s-banner", has_text="Nothing was done")).to_be_visible()
        assert Deployment.objects.get().active.number == 1

    @pytest.mark.parametrize("admin", [{"user": "staff"}], indirect=True)
    def test_of_staff_see_why_they_may_not(self, admin):
        app = admin.open(f"/releases/{Release.objects.latest('pk').pk}")
        button = app.get_by_role("button", name="Approve for all variants")
        expect(button).to_have_attribute("aria-disabled", "true")
        button.click(force=True)
        expect(app.get_by_text("Only the account owner")).to_be_visible()
        assert Deployment.objects.get().active.number == 1


class TestSearching:
    def test_narrows_the_list_while_typing(self, admin):
        app = admin.open("/forecasts")
        app.get_by_role("searchbox", name="Search variants").press_sequentially("beanie", delay=30)
        expect(app.locator("#list s-link").first).to_have_text("Moss Beanie")
        expect(app.get_by_role("searchbox", name="Search variants")).to_be_focused()
        assert admin.inside.url.endswith("q=beanie&sort=risk")

    def test_filters_and_comes_back(self, admin):
        app = admin.open("/forecasts")
        app.get_by_role("link", name=re.compile("Out of stock")).click()
        expect(app.locator("#list s-badge", has_text="Order today")).to_have_count(0)
        app.locator("#list s-link").first.click()
        expect(app.locator("s-link", has_text="Forecasts").last).to_be_visible()
        admin.inside.evaluate("history.back()")
        expect(app.locator("#list s-badge", has_text="Out of stock").first).to_be_visible()

    def test_sorts(self, admin):
        app = admin.open("/forecasts")
        app.get_by_role("combobox", name="Sort").select_option("runs_out")
        soonest = StockAdvice.objects.order_by("runs_out", "variant_id").first()
        expect(app.locator("#list s-link").first).to_have_attribute("href", f"/forecasts/{soonest.variant_id}")

    def test_downloads_what_is_listed(self, admin):
        app = admin.open("/forecasts?show=out_of_stock")
        with admin.page.expect_download() as waiting:
            app.locator("s-button", has_text="Download CSV").click()
        lines = waiting.value.path().read_text(encoding="utf-8-sig").splitlines()
        assert waiting.value.suggested_filename.startswith("forecasts-") and len(lines) == 5
        expect(app.locator("#list s-link").first).to_be_visible()

    def test_downloads_the_order_list(self, admin):
        app = admin.open("/forecasts")
        with admin.page.expect_download() as waiting:
            app.locator("s-button", has_text="Order list").click()
        assert waiting.value.suggested_filename.startswith("order-list-")


class TestOneVariant:
    def test_is_explored_with_plotly_only_on_a_click(self, admin):
        asked: list[str] = []
        admin.page.on("request", lambda request: asked.append(request.url))
        app = admin.open("/forecasts/200000")
        assert not [url for url in asked if "plotly" in url]
        app.get_by_role("button", name="Explore the chart").click()
        expect(app.locator(".plotly-canvas .main-svg").first).to_be_visible()

    def test_opens_at_its_top_also_from_the_foot_of_the_list(self, admin):
        app = admin.open("/forecasts")
        app.locator("s-table-row s-link").last.click()
        expect(app.get_by_role("button", name="Explore the chart")).to_be_visible()
        assert app.locator("body").evaluate("() => window.scrollY") == 0

    def test_gets_the_merchants_own_number(self, admin):
        app = admin.open("/forecasts/200000")
        app.get_by_role("spinbutton", name="Units, units", exact=True).fill("120")
        app.get_by_role("textbox", name="Why").fill("Newsletter on 24 November")
        app.get_by_role("button", name="Use my number").click()
        admin.toast("Your number is used")
        expect(app.get_by_text("You set 120 units")).to_be_visible()


class TestSettings:
    def test_lead_time_is_saved_by_the_admins_own_bar(self, admin):
        app = admin.open("/settings")
        app.get_by_role("spinbutton", name="Lead time").fill("21")
        admin.save()
        admin.toast("Saved")
        assert ShopSettings.objects.get().lead_time_days == 21

    def test_a_wrong_value_is_told_at_its_field_and_stays(self, admin):
        app = admin.open("/settings")
        app.get_by_role("textbox", name="at, or within the hour").fill("half past three")
        app.get_by_role("button", name="Save", exact=True).click()
        expect(app.get_by_text("Enter a valid time.")).to_be_visible()
        expect(app.get_by_role("textbox", name="at, or within the hour")).to_have_value("half past three")
        admin.problems.clear()  # Chromium notes the 422 that carries the answer

    def test_vendors_are_edited_in_place(self, admin):
        app = admin.open("/settings/rules")
        app.get_by_role("spinbutton", name="Lead time of Vendor 0, days").fill("30")
        admin.save()
        admin.toast("Saved")
        assert StockRule.objects.get(vendor="Vendor 0").lead_time_days == 30

    def test_rules_are_uploaded_as_a_file(self, admin):
        app = admin.open("/settings/rules")
        file = {"name": "rules.csv", "mimeType": "text/csv", "buffer": b"vendor,sku,lead_time_days\n,SKU-1,9\n"}
        app.locator("input[type=file]").set_input_files(file)
        app.get_by_role("button", name="Upload").click()
        admin.toast("1 rule read")

    def test_a_wrong_file_names_its_lines(self, admin):
        app = admin.open("/settings/rules")
        file = {"name": "rules.csv", "mimeType": "text/csv", "buffer": b"vendor,sku,lead_time_days\n,NOPE,9\n"}
        app.locator("input[type=file]").set_input_files(file)
        app.get_by_role("button", name="Upload").click()
        expect(app.get_by_text("Line 2: no variant has the SKU “NOPE”.")).to_be_visible()
        assert not StockRule.objects.exists()
        admin.problems.clear()  # Chromium notes the 422 that carries the answer


class TestMoreAccess:
    def test_is_asked_for_by_shopify_on_the_merchants_click(self, admin):
        app = admin.open("/settings")
        app.get_by_role("region", name="Forecasts on your products").get_by_role(
            "button", name="Allow in Shopify"
        ).click()
        admin.page.get_by_role("button", name="Allow").click()
        admin.toast("Allowed")


class TestFollowing:
    def test_an_import_until_it_is_done(self, admin, shop):
        SyncRun.objects.all().delete()
        run = SyncRun.objects.create(shop=shop, kind="orders", trigger="install", state="loading", objects_total=100)
        app = admin.open("/data")
        expect(app.get_by_text("Your history is being imported").first).to_be_visible()
        SyncRun.objects.filter(pk=run.pk).update(objects_done=40)
        expect(app.get_by_text("40 % read")).to_be_visible()
        SyncRun.objects.filter(pk=run.pk).update(state="done", finished_at=timezone.now())
        expect(app.get_by_text("Your data is whole up to")).to_be_visible()
        expect(app.locator("#progress")).to_have_class("hidden")

    def test_the_menu_of_the_admin(self, admin):
        app = admin.open()
        for name in ("Forecasts", "Versions", "Data", "Settings"):
            admin.page.get_by_role("link", name=name, exact=True).click()
            expect(app.locator(f's-page[heading="{name}"]')).to_be_attached()
