"""Test store: linking through both shops' pages, and what the page tells of a test."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle.sandbox import links
from pipelines.models import ModelVersion, Release, Shop, StagedField, StagingRun, StoreLink
from tests.identities import COLLEAGUE, OTHER_SHOP, OWNER, SHOP, bearer


def text_of(answer: Any) -> str:
    """Return what a page says, headings included."""
    page = re.sub(r'<s-[a-z]+[^>]* heading="([^"]*)"[^>]*>|<[^>]+>', r" \1 ", answer.content.decode())
    return re.sub(r"\s+", " ", page)


def side(expected: float, off: float, **changes: Any) -> dict[str, Any]:
    told = {"expected": expected, "off": off, "money": 410.4, "orders": 3, "order_units": 40.0, "seconds": 0.21}
    return told | {"wrong": ""} | changes


def a_result(**changes: Any) -> dict[str, Any]:
    """Return what a test of three days found."""
    days = [
        {"day": day, "sold": 31.0, "differing_orders": 2, "new": side(30.5, 4.0), "old": side(28.0, 6.5)}
        for day in (-3, -2, -1)
    ]
    jumps = [{"day": -2, "name": "Larch Down Jacket", "before": 12.0, "after": 40.5}]
    told = {"days": days, "jumps": jumps, "against": "version 1", "currency": "GBP", "value": 0.62, "threshold": 1.5}
    return told | changes


@pytest.fixture
def linked(shop: Shop, another_shop: Shop) -> StoreLink:
    now = timezone.now()
    return StoreLink.objects.create(shop=shop, test_shop=another_shop, entered_at=now, confirmed_at=now, by=OWNER)


@pytest.fixture
def tested(shop: Shop, linked: StoreLink) -> StagingRun:
    version = ModelVersion.objects.for_shop(shop).get(number=2)
    return StagingRun.objects.create(
        shop=shop, use_case=version.use_case, version=version, test_shop=linked.test_shop, state="passed",
        sentence="It answered on every day: 12 units off in 3 days, version 1 20.", finished_at=timezone.now(),
        aa={"same": True, "days": 3, "of": 3, "differs_on": None}, result=a_result(),
        published={"sku": 9, "title": 2, "unmatched": 1, "variants": 11, "preview": 700, "sentence": ""},
    )  # fmt: skip


class TestLinking:
    def test_goes_through_both_shops_pages(self, shop, another_shop, see, send):
        page = send("/test-store/code").content.decode()
        code = re.search(r'label="One-time code" value="([0-9a-f-]{39})"', page)[1]
        entered = send("/test-store/enter", {"code": code}, domain=OTHER_SHOP)
        assert "Waiting for the other store" in text_of(entered)
        assert "Northbeck" not in text_of(entered), "whose it will be is told after the yes"
        waiting = text_of(see("/test-store"))
        assert "Is Harbour Lane your test store?" in waiting and "harbour-lane.myshopify.com" in waiting
        done = send("/test-store/confirm", {"test_shop": another_shop.pk})
        assert 'data-toast="The test store is linked"' in done.content.decode()
        assert "Linked: Harbour Lane" in text_of(done)
        assert "Test store of Northbeck Outfitters" in text_of(see("/test-store", domain=OTHER_SHOP))

    def test_a_code_is_shown_once_and_stands_in_no_address(self, client, shop, see):
        answer = client.post("/test-store/code", headers=bearer(SHOP, OWNER))
        code = re.search(r'value="([0-9a-f-]{39})"', answer.content.decode())[1]
        assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
        assert answer["HX-Replace-Url"] == "/test-store"
        again = see("/test-store").content.decode()
        assert code not in again and "It is not shown again" in again

    def test_a_wrong_code_is_told_in_words(self, shop, send):
        assert "This code is wrong, has expired or was used already" in text_of(
            send("/test-store/enter", {"code": "x"})
        )

    @pytest.mark.parametrize("fields", [{}, {"code": ""}, {"code": "f" * 5000}, {"code": "\x00"}])
    def test_what_is_no_code_is_a_wrong_one(self, shop, send, fields):
        assert "This code is wrong" in text_of(send("/test-store/enter", fields))

    @pytest.mark.parametrize("fields", [{}, {"test_shop": "x"}, {"test_shop": "-1"}, {"test_shop": 10**30}])
    def test_a_yes_to_nothing_in_particular_links_nothing(self, shop, send, fields):
        assert "There is nothing to confirm" in text_of(send("/test-store/confirm", fields))

    @pytest.mark.parametrize("path", ["code", "enter", "confirm", "unlink", "run/demand_forecast/2"])
    def test_is_for_allowed_people(self, linked, send, path, queued):
        answer = send(f"/test-store/{path}", {"code": "x", "test_shop": linked.test_shop_id}, sub=COLLEAGUE)
        assert "Only the account owner" in text_of(answer)
        assert StoreLink.objects.get().confirmed_at and "stage" not in [name for name, _ in queued]

    def test_a_colleague_sees_why_the_buttons_do_nothing(self, linked, see):
        page = see("/test-store", sub=COLLEAGUE).content.decode()
        assert "Only the account owner" in page
        assert not re.search(r"<s-button[^>]*command=\"--show\"(?![^>]*disabled)[^>]*>Unlink", page)

    @pytest.mark.parametrize("domain", [SHOP, OTHER_SHOP])
    def test_is_ended_from_either_side(self, linked, send, queued, domain):
        assert 'data-toast="Unlinked"' in send("/test-store/unlink", domain=domain).content.decode()
        assert not StoreLink.objects.exists()
        assert ("carry_on", ()) in queued

    def test_a_stranger_that_entered_the_code_is_turned_down(self, shop, another_shop, send, see):
        now = timezone.now()
        code = links.ask_code(shop, by=OWNER, now=now)
        links.enter_code(another_shop, code, by=OWNER, now=now)
        send("/test-store/unlink")
        assert "get a code" in text_of(see("/test-store"))
        assert "get a code" in text_of(see("/test-store", domain=OTHER_SHOP))

    def test_an_old_code_that_nobody_entered_leaves_no_trace_on_the_page(self, shop, see):
        links.ask_code(shop, by=OWNER, now=timezone.now() - timedelta(hours=1))
        assert "was made and is good until" not in text_of(see("/test-store"))


class TestATest:
    def test_is_told_with_its_verdict_its_trust_and_what_matched(self, tested, see):
        page = text_of(see("/test-store"))
        for words in (
            "It answered on every day: 12 units off in 3 days",
            "Asked twice on 3 days, version 1 gave the same answer to the last digit.",
            "9 by SKU, 2 by title, 1 variant not found",
            "On 11 variants of the test store",
            "may have learned from some of these days",
        ):
            assert words in page

    def test_days_are_counted_back_from_today(self, tested, see):
        page = text_of(see("/test-store"))
        assert "Yesterday" in page and "3 days ago" in page
        assert "30.5 4.0 off" in page and "28.0 6.5 off" in page and "£4.10 Version 1 £4.10" in page

    def test_the_chart_says_its_message(self, tested, see):
        page = see("/test-store").content.decode()
        assert 'heading="Version 2 was 12 units off in 3 days, version 1 20"' in page
        assert "Units off each day, Version 2 beside Version 1, 3 days" in page

    def test_the_preview_leads_into_the_test_stores_admin(self, tested, see):
        assert f'href="https://{OTHER_SHOP}/admin/products/700"' in see("/test-store").content.decode()

    def test_that_failed_says_on_which_day_and_why(self, tested, see):
        broken = a_result()
        broken["days"][1]["new"]["wrong"] = "No answer (KeyError)"
        StagingRun.objects.update(state="failed", result=broken, sentence="On 1 of 3 days it failed.")
        page = text_of(see("/test-store"))
        assert "Failed" in page and "2 days ago No answer (KeyError)" in page

    def test_that_does_not_repeat_itself_shows_no_figures(self, tested, see):
        aa = {"same": False, "days": 0, "of": 14, "differs_on": -14}
        StagingRun.objects.update(state="failed", aa=aa, result=a_result(days=[], jumps=[]), published={})
        page = text_of(see("/test-store"))
        assert "Version 1 did not give the same answer twice" in page and "Day by day" not in page

    def test_without_prices_shows_no_money(self, tested, see):
        unpriced = a_result()
        for day in unpriced["days"]:
            day["new"]["money"] = day["old"]["money"] = None
        StagingRun.objects.update(result=unpriced)
        assert "Errors cost" not in text_of(see("/test-store"))

    def test_under_way_says_how_far_it_is(self, tested, see):
        StagingRun.objects.update(state="running", result={"percent": 45}, aa={}, published={}, finished_at=None)
        assert "45&nbsp;%" in see("/test-store").content.decode()

    def test_is_not_the_test_stores_to_see(self, tested, another_shop, see):
        StagedField.objects.create(shop=tested.shop, run=tested, owner_id="gid://1", key="a", value="1", is_sent=True)
        page = text_of(see("/test-store", domain=OTHER_SHOP))
        assert "It has written 1 field to your variants" in page
        assert "units off" not in page and "Larch Down Jacket" not in page and "Version 2" not in page

    def test_is_started_by_hand(self, linked, shop, send, queued):
        version = ModelVersion.objects.for_shop(shop).get(number=2)
        answer = send("/test-store/run/demand_forecast/2")
        assert 'data-toast="The test has started"' in answer.content.decode()
        assert ("stage", (version.shop_id, version.pk)) in queued

    def test_that_is_over_is_done_once_more(self, tested, send, queued):
        send("/test-store/run/demand_forecast/2")
        tested.refresh_from_db()
        assert tested.state == "waiting" and ("stage", (tested.shop_id, tested.version_id)) in queued

    def test_of_a_version_that_was_refused_is_not_started(self, linked, shop, send, queued):
        ModelVersion.objects.for_shop(shop).filter(number=2).update(state="refused")
        assert "cannot be tested" in text_of(send("/test-store/run/demand_forecast/2"))
        assert not [name for name, _ in queued if name == "stage"]

    def test_of_another_shops_version_is_not_there(self, linked, client):
        answer = client.post("/test-store/run/demand_forecast/2", headers=bearer(OTHER_SHOP, OWNER))
        assert answer.status_code == 404

    def test_without_a_test_store_is_not_started(self, shop, send, queued):
        assert "No test store is linked" in text_of(send("/test-store/run/demand_forecast/2"))
        assert Release.objects.exists() and not [name for name, _ in queued if name == "stage"]


def test_settings_lead_here(shop, see):
    assert 'href="/test-store"' in see("/settings").content.decode()
