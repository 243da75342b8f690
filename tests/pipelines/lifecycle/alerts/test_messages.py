"""What is said of an alert, the same for every channel."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.lifecycle.alerts import board, messages, outbox
from pipelines.models import AlertChannel, AlertDelivery

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)


@pytest.fixture
def told(shop):
    """Return what is said of an alert on an occasion."""
    AlertChannel.objects.create(shop=shop, kind="flow")

    def say(occasion="opened", **changes):
        facts = {"title": "Answers are slow", "text": "80 ms.", "next_step": "Wait.", "minor_per_hour": 1234}
        board.tell(shop, "slow", now=NOW, **facts | changes)
        delivery = AlertDelivery.objects.get()
        delivery.occasion = f"{occasion}:1"
        return messages.message_of(delivery, NOW)

    return say


@pytest.mark.parametrize(
    ("occasion", "headline"),
    [
        ("opened", "Look at this: Answers are slow"),
        ("worse", "Became worse. Look at this: Answers are slow"),
        ("unanswered 2", "Still unanswered. Look at this: Answers are slow"),
        ("over", "Over: Answers are slow"),
    ],
)
def test_the_first_line_says_what_happened(told, occasion, headline):
    assert told(occasion).headline == headline


def test_the_next_step_is_always_the_last_word(told):
    assert told().lines == ["80 ms.", "At risk: £12.34 an hour.", "Next step: Wait."]
    assert told(text="", minor_per_hour=None).lines == ["Next step: Wait."]


def test_of_what_is_over_nothing_is_left_to_do(told):
    assert told("over").lines == ["This is over; there is nothing left to do."]


def test_a_test_says_that_it_is_one(shop):
    said = messages.message_of(outbox.put_test(AlertChannel.objects.create(shop=shop, kind="flow"), NOW), NOW)
    assert said.headline.startswith("Test: This is a test") and said.as_dict()["at_risk_per_hour"] is None


def test_it_leads_into_the_shops_own_admin(told, shop):
    assert told().url.endswith("/admin/apps/shopmlops/alerts") and shop.domain in told().url
