"""Data: is my data whole?"""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.models import IgnoredEvents, StorefrontEvent, StorefrontPixel, SyncRun, WebhookDelivery
from tests.identities import OTHER_SHOP, SHOP

numbers = iter(range(1, 10_000))


def a_delivery(domain: str = SHOP, **changes: object) -> WebhookDelivery:
    """Return a delivery that went through a minute ago."""
    number, now = next(numbers), timezone.now()
    facts: dict[str, object] = {
        "shop_domain": domain, "webhook_id": f"w{number}", "topic": "orders/create", "subject": f"#{number}",
        "triggered_at": now - timedelta(seconds=62), "received_at": now - timedelta(seconds=60), "payload": {"id": 1},
        "body_digest": str(number).encode(), "state": "applied", "applied_at": now - timedelta(seconds=58),
    }  # fmt: skip
    return WebhookDelivery.objects.create(**facts | changes)


@pytest.fixture
def failed(shop) -> WebhookDelivery:
    return a_delivery(state="dead", attempts=5, error="Line refers to a product that was deleted", subject="#N61377")


class TestThePage:
    def test_says_how_fresh_and_how_deep(self, shop, see):
        page = see("/data").content.decode()
        assert "Your data is whole up to" in page and re.search("History: 3[3-6] days", page)
        assert ">1 active location<" in page
        assert "12 missing" in page  # purchase costs

    def test_explains_a_short_history(self, shop, see):
        type(shop).objects.update(scopes=["read_orders"])
        assert "the last 60 days of orders" in see("/data").content.decode()

    def test_says_when_it_is_old_and_what_waits(self, shop, see):
        SyncRun.objects.update(finished_at=timezone.now() - timedelta(hours=30))
        assert "Trainings and new versions wait" in see("/data").content.decode()

    def test_says_what_failed(self, shop, see):
        SyncRun.objects.create(
            shop=shop, kind="stock", trigger="daily", state="failed", error="Shopify did not answer."
        )
        assert "Shopify did not answer." in see("/data").content.decode()


class TestDeliveries:
    def test_are_told_in_plain_words(self, shop, failed, see):
        a_delivery(duplicates=2, subject="#twice")
        a_delivery(triggered_at=timezone.now() - timedelta(minutes=42), subject="#late")
        a_delivery(topic="products/update", state="superseded", subject="Moss Beanie")
        page = see("/data").content.decode()
        assert "5 tries. Line refers to a product that was deleted" in page
        assert "sent 2 more times, ignored" in page and "41 minutes late" in page
        assert "Product changed" in page and "a newer state was known" in page
        assert "1 of 4 deliveries of the last 24 hours failed" in page

    @pytest.mark.parametrize(
        ("state", "found"), [("all", 3), ("applied", 2), ("doubled", 1), ("failed", 1), ("odd", 3)]
    )
    def test_are_filtered(self, shop, failed, see, state, found):
        a_delivery()
        a_delivery(duplicates=1)
        assert see("/data", state=state).content.decode().count("Order created") == found + (state != "applied") * (
            1 if state in ("all", "failed", "odd") else 0
        )

    def test_of_yesterday_stay_while_they_fail(self, shop, see):
        a_delivery(state="dead", received_at=timezone.now() - timedelta(days=3), subject="#old")
        assert "#old" not in see("/data").content.decode()
        assert "#old" in see("/data", state="failed").content.decode()

    def test_of_another_shop_are_not_shown(self, shop, another_shop, see):
        a_delivery(OTHER_SHOP, subject="#theirs")
        assert "#theirs" not in see("/data").content.decode()

    def test_are_paged(self, shop, see):
        for _ in range(30):
            a_delivery()
        assert "1 to 25 of 30" in see("/data").content.decode()
        assert "26 to 30 of 30" in see("/data", page=2).content.decode()


class TestRepairs:
    def test_replay_one(self, failed, send, queued):
        assert "1 delivery replayed" in send(f"/data/deliveries/{failed.pk}/replay").content.decode()
        failed.refresh_from_db()
        assert failed.state == "received" and failed.attempts == 0

    def test_replay_all_that_failed(self, failed, send):
        other = a_delivery(state="failed", attempts=2, error="x")
        assert "2 deliveries replayed" in send("/data/replay").content.decode()
        other.refresh_from_db()
        assert other.state == "received"

    def test_replay_nothing_of_another_shop(self, shop, another_shop, send):
        theirs = a_delivery(OTHER_SHOP, state="dead", attempts=5)
        assert send(f"/data/deliveries/{theirs.pk}/replay").status_code == 404
        send("/data/replay")
        theirs.refresh_from_db()
        assert theirs.state == "dead"

    def test_replay_what_went_through_meanwhile(self, shop, send):
        done = a_delivery()
        assert "nothing was left to replay" in send(f"/data/deliveries/{done.pk}/replay").content.decode()

    def test_are_not_offered_where_nothing_can_be_replayed(self, shop, see):
        a_delivery(state="dead", attempts=1, payload={}, error="The body could not be read")
        page = see("/data").content.decode()
        assert "The body could not be read" in page and ">Replay</s-button>" not in page

    def test_check_now(self, shop, send, queued):
        assert "The check has started" in send("/data/check").content.decode()
        runs = SyncRun.objects.for_shop(shop).filter(trigger="merchant")
        assert {name for name, _ in queued} == {"advance_import"} and runs.count() == 4

    def test_check_once(self, shop, send, queued):
        SyncRun.objects.create(shop=shop, kind="stock", trigger="daily", state="loading")
        assert "A check is running already." in send("/data/check").content.decode()
        assert not [name for name, _ in queued if name == "advance_import"]


class TestShoppers:
    @pytest.fixture
    def allowed(self, shop):
        type(shop).objects.update(scopes=[*shop.scopes, "write_pixels", "read_customer_events"])

    @pytest.fixture
    def on(self, shop, allowed):
        StorefrontPixel.objects.create(shop=shop, gid="gid://shopify/WebPixel/1", set_at=timezone.now())

    def test_may_be_allowed_where_they_are_not(self, shop, see):
        page = see("/data").content.decode()
        assert 'data-scopes="write_pixels,read_customer_events"' in page and "Without it everything else works" in page

    def test_are_waited_for_once_they_are_allowed(self, shop, allowed, see):
        page = see("/data").content.decode()
        assert "within a few minutes" in page and "data-scopes" not in page

    def test_who_are_silent_are_no_good_news(self, shop, on, see):
        page = see("/data").content.decode()
        assert "On, and quiet" in page and "Nothing was told in the last 24 hours" in page

    def test_are_counted_and_so_is_what_was_not_taken(self, shop, another_shop, on, see):
        now = timezone.now()
        for number, (whose, hours) in enumerate([(shop, 1), (shop, 2), (shop, 30), (another_shop, 1)]):
            at, unit = now - timedelta(hours=hours), bytes([number % 2]) * 16
            StorefrontEvent.objects.create(shop=whose, event=uuid.uuid4(), kind="page_viewed", at=at, unit=unit)
        for whose, reason, events in [(shop, "future", 2), (shop, "clock", 3), (another_shop, "bot", 9)]:
            IgnoredEvents.objects.create(shop=whose, day=now.date(), reason=reason, events=events)
        page = " ".join(see("/data").content.decode().split())
        assert "2 visitors who agreed did 2 things" in page
        assert "5 at impossible times" in page and "from robots" not in page
