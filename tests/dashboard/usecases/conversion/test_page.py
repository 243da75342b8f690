"""Who buys, where carts stop, whether chances came true, and what is missing: on one page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dashboard.usecases.conversion.views.page import CHECKOUTS
from pipelines.lifecycle.pages import changes
from pipelines.models import Checkout, Deployment, IgnoredEvents, Order, PredictionLog, Shop, StorefrontEvent, VisitHour
from tests import histories, offering
from tests.dashboard import visiting
from tests.identities import OTHER_SHOP

HERE = "/conversion"
MINUTE = timedelta(minutes=1)
ALL = ["read_orders", "write_pixels", "read_customer_events", "read_discounts"]


@pytest.fixture
def told(shop):
    """Return the shop with four weeks of visits and of chances."""
    visiting.peaks(shop)
    visiting.counted(shop)
    visiting.judged(shop)
    return shop


def page(see, **query) -> str:
    return see(HERE, **query).content.decode()


def section(text: str, heading: str) -> str:
    start = text.index(heading)
    return text[start : text.index("</s-section>", start)]


class TestFigures:
    def test_say_what_was_predicted_beside_what_came(self, told, see):
        text = section(page(see), "Key figures")
        assert "<b>3.1\xa0%</b><span>predicted 3.1\xa0%</span>" in text
        assert "2,744 of 4,732 in 28 days" in text

    def test_count_who_is_in_checkout_now_and_who_is_likely_to_leave(self, told, see):
        now = timezone.now()
        for key, score, minor in ((1, 0.2, 4000), (2, 0.9, 6000), (3, None, 1000)):
            a_checkout(told, key, now - 20 * MINUTE, minor)
            if score is not None:
                says(told, key, now - 15 * MINUTE, score)
        a_checkout(told, 4, now - 90 * MINUTE, 9000)
        a_checkout(told, 5, now - 20 * MINUTE, 9000)
        Order.objects.filter(pk=histories.an_order(told, now, []).pk).update(checkout_key=5)
        text = section(page(see), "Key figures")
        assert "<b>3 shoppers</b>" in text and "1 is likely to leave" in text and "£40 in their cart<" in text

    def test_the_newest_answer_of_a_checkout_counts(self, told, see):
        now = timezone.now()
        a_checkout(told, 1, now - 20 * MINUTE, 4000)
        says(told, 1, now - 15 * MINUTE, 0.2)
        says(told, 1, now - 5 * MINUTE, 0.8)
        assert "all are likely to buy, £40 in their carts" in page(see)


def a_checkout(shop: Shop, key: int, at, minor: int) -> None:
    facts = {"currency": shop.currency, "subtotal_minor": minor, "token_digest": bytes([key]) * 16, "updated_at": at}
    Checkout.objects.create(shop=shop, shopify_id=key, created_at=at, **facts)


def says(shop: Shop, key: int, at, score: float) -> None:
    facts = {"arm": "stable", "outcome": "answered", "features": {"of": "checkout"}}
    PredictionLog.objects.create(shop=shop, use_case="conversion", unit=bytes([key]) * 16, at=at, score=score, **facts)


class TestTheFunnel:
    def test_has_counts_and_shares_of_all_hours_of_peaks_and_of_others(self, told, see):
        text = section(page(see), "At peak hours fewer carts")
        assert "fewer carts reach the checkout: 36 instead of 41 of 100 carts" in text
        for words in (
            "83,496",
            "14.4\xa0% of visits",
            "36.1\xa0% of carts",
            "58.6\xa0% of checkouts",
            "Peak hours: 18 to 22.",
        ):
            assert words in text, words
        assert "about 118 orders more, £8,049 of sales, very likely (19 of 20 times) between" in text

    def test_says_nothing_of_money_where_peaks_do_as_the_others(self, shop, see):
        visiting.peaks(shop)
        visiting.counted(shop, at_peak=visiting.REACHED)
        text = page(see)
        assert "At peak hours shoppers go on as at other hours" in text and "If peak hours" not in text

    def test_waits_for_two_weeks(self, shop, see):
        visiting.peaks(shop)
        visiting.counted(shop, 5)
        text = page(see)
        assert "Peak hours are compared from 14 days on; so far 5 days." in text and "If peak hours" not in text

    def test_without_a_pixel_tells_of_checkouts_alone(self, shop, see):
        visiting.peaks(shop)
        visiting.counted(shop, pixel=False)
        text = page(see)
        assert "Put something in the cart" not in text and "4,732" in text and "58.0\xa0% of checkouts" in text
        assert "<b>—</b><span>not known without your permission</span>" in text
        assert "Checkouts are counted; no version is live yet." in text
        Shop.objects.filter(pk=shop.pk).update(scopes=ALL)
        assert "<b>—</b><span>no visit is known yet</span>" in page(see)

    def test_names_checkouts_of_which_no_visit_was_told(self, told, see):
        VisitHour.objects.filter(pk=VisitHour.objects.first().pk).update(started=12)
        started = VisitHour.objects.first()
        unseen = 12 - started.checkouts
        assert f"{unseen} checkouts began of which no visit was told" in page(see)


class TestTheClock:
    def test_leaves_out_what_fewer_than_a_hundred_tell(self, told, see):
        text = section(page(see), "Where shoppers stop")
        assert "fewer than 100 checkouts" in text and "43.0\xa0%, highest" not in text
        assert "35.4\xa0%, lowest" in text and "20 to 22, peak hours" in text

    def test_waits_for_the_first_hundred(self, shop, see):
        visiting.counted(shop, 1, size=0.1)
        assert "No two hours of the day have seen 100 yet" in page(see)


class TestChances:
    def test_are_drawn_in_eight_groups_with_the_counts_beside_them(self, told, see):
        text = section(page(see), "Chances of visits came true")
        assert "in all 8 groups" in text and text.count("<circle") == 8 and text.count("<tr") == 10
        assert "The least likely was predicted 0.2\xa0% and bought 0.2\xa0%" in text

    def test_that_did_not_come_true_say_so(self, shop, see):
        visiting.judged(shop, off=0.5, peak_off=0.5)
        text = page(see)
        assert "in 0 of 8 groups" in text or "in 1 of 8 groups" in text or "in 2 of 8 groups" in text

    def test_at_peak_hours_are_judged_on_their_own(self, shop, see):
        visiting.peaks(shop)
        visiting.judged(shop, peak_off=0.6)
        text = page(see)
        assert "At peak hours fewer bought than was predicted" in text
        rows = section(text, 'heading="At peak hours fewer')
        assert rows.index("Too high") < rows.index("In range")

    def test_of_checkouts_lead_where_no_visit_is_known(self, shop, see):
        visiting.judged(shop, of="checkout")
        text = page(see)
        assert "Checkouts that end in an order" in text and "Chances of checkouts came true" in text

    def test_are_not_drawn_of_too_few(self, shop, see):
        visiting.judged(shop, 2, units=40)
        text = page(see)
        assert "of about 30 orders of visits for a first picture" in text and "<circle" not in text


class TestWhatIsMissing:
    def rows(self, see) -> str:
        return section(page(see), 'heading="What is missing"')

    def test_permissions_are_asked_for_one_of_them_first(self, told, see):
        text = self.rows(see)
        assert 'data-scopes="write_pixels,read_customer_events"' in text
        assert page(see).count('variant="primary" data-scopes') == 1

    def test_events_that_come_are_told_with_what_is_left_out(self, told, see):
        Shop.objects.update(scopes=ALL)
        visiting.heard(told)
        today = timezone.now().date()
        IgnoredEvents.objects.create(shop=told, day=today, reason="no_consent", events=80)
        text = self.rows(see)
        assert "Received" in text and "80 events left out in 28 days" in text
        assert "Searches in the store" in text and "Not received" in text

    def test_a_storefront_that_fell_silent_is_told(self, told, see):
        Shop.objects.update(scopes=ALL)
        visiting.heard(told, timezone.now() - timedelta(days=5))
        assert "Silent" in self.rows(see)

    def test_history_and_a_version_are_what_time_brings(self, shop, see):
        visiting.counted(shop, 3)
        text = self.rows(see)
        assert "3 of 28 days" in text and "No version is live" in text and "/models/conversion" in text
        version = histories.a_version(shop, use_case="conversion")
        Deployment.objects.filter(pk=Deployment.of(shop, "conversion").pk).update(active=version)
        assert "First day not over" in self.rows(see)

    def test_days_on_which_nobody_came_or_the_last_is_not_over_are_history_too(self, shop, see):
        visiting.counted(shop)
        today = timezone.now().astimezone(shop.zone).date()
        VisitHour.objects.filter(day=today - timedelta(days=9)).update(visits=0, started=0)
        VisitHour.objects.filter(day=today - timedelta(days=1)).delete()
        text = self.rows(see)
        assert "of 28 days" not in text and "No version is live" in text


class TestAShopThatBegins:
    def test_sees_what_the_page_will_show(self, shop, another_shop, see):
        for domain in (None, OTHER_SHOP):
            text = page(see, **({"domain": domain} if domain else {}))
            assert "What this page will show" in text and "Nothing is counted yet" in text

    def test_sees_nothing_of_another(self, told, another_shop, see):
        assert "83,496" not in page(see, domain=OTHER_SHOP)


class TestQuestions:
    def asked(self, see) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert see(HERE).status_code == 200
        return len(asked)

    def test_are_as_many_in_a_large_shop(self, told, see):
        before = self.asked(see)
        visiting.judged(told, of="checkout")
        visiting.heard(told)
        now = timezone.now()
        facts = {"shop": told, "kind": "page_viewed", "at": now, "unit": b"\x07" * 16}
        StorefrontEvent.objects.bulk_create(StorefrontEvent(event=f"{n:032x}", **facts) for n in range(1, 500))
        for key in range(1, 40):
            a_checkout(told, key, now - 5 * MINUTE, 4000)
            says(told, key, now - MINUTE, 0.4)
        assert self.asked(see) == before <= 18


class TestLive:
    def test_what_changed_is_fetched_and_nothing_else(self, told, see):
        whole = page(see)
        seen = re.search(r"seen=([0-9a-f.]+)", whole)[1]
        assert see(f"{HERE}/changes", seen=seen).status_code == 204
        offer = offering.an_offer(told)
        parts = re.findall(r'hx-target="#([a-z-]+)"', see(f"{HERE}/changes", seen=seen).content.decode())
        assert parts == ["checkouts-state", "checkouts-figures", "checkouts-lacks", "checkouts-beside"]
        seen = changes.written(changes.mark(told.domain, timezone.now()))
        offering.reserve(offer)
        text = see(f"{HERE}/changes", seen=seen).content.decode()
        assert text[text.index('id="at-checkout"') :].count('data-label="Shown">1<') == 2  # the offer, and all

    def test_each_part_stands_on_the_page_once(self, told, see):
        offering.an_offer(told)
        text = page(see)
        assert all(text.count(f'id="{part}"') == 1 for part in CHECKOUTS.parts)
        assert {topic for _, topics in CHECKOUTS.parts.values() for topic in topics} <= set(changes.TOPICS)
        everything = see(f"{HERE}/changes", seen="").content.decode()
        assert all(everything.count(f'id="{part}"') == 1 for part in CHECKOUTS.parts)
