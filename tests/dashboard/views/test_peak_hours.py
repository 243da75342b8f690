"""Peak hours under Settings: learned, chosen by whoever may decide, and given back."""

from __future__ import annotations

import re

import pytest

from pipelines.models import LifecycleEvent, ShopSettings
from tests.dashboard.views.test_plain_words import jargon
from tests.identities import COLLEAGUE

pytestmark = pytest.mark.django_db
LEARNED = {"weekday": [10, 18, 19], "weekend": [], "learned": "2026-11-20"}


@pytest.fixture
def learned(shop):
    ShopSettings.objects.filter(shop=shop).update(peak_hours=LEARNED)
    return shop


def known(shop):
    return ShopSettings.objects.get(shop=shop).peak_hours


def test_what_was_learned_is_shown_as_it_is_typed(learned, see):
    page = see("/settings").content.decode()
    assert 'name="weekday" value="10-11, 18-20"' in page and "Learned from eight weeks of your orders" in page
    assert "Learn them from my orders" not in page and jargon(page) == []


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("10-12, 18-22", [10, 11, 18, 19, 20, 21]),
        ("10:00 to 12:00", [10, 11]),
        ("9", [9]),
        ("22–2", [0, 1, 22, 23]),
        ("0-24", list(range(24))),
        ("", []),
        (" 7 - 8 ; 7-8", [7]),
    ],
)
def test_the_merchants_hours_hold(learned, send, typed, hours):
    page = send("/settings/peak-hours", {"weekday": typed, "weekend": "12"}).content.decode()
    found = known(learned)
    assert (found["weekday"], found["weekend"]) == (hours, [12]) and found["chosen"]
    assert found["found"] == {"weekday": [10, 18, 19], "weekend": []}
    assert 'data-toast="Peak hours saved"' in page and "Your orders speak for 10-11, 18-20" in page


@pytest.mark.parametrize("typed", ["25", "8-25", "10-10", "ten", "-3", "10.5-12", "24-3", "9" * 200])
def test_what_no_clock_shows_is_refused_at_its_field(learned, send, typed):
    answer = send("/settings/peak-hours", {"weekday": typed, "weekend": "12"})
    tag = re.search(r'<s-text-field [^>]*name="weekday"[^>]*>', answer.content.decode())[0]
    assert answer.status_code == 422 and "error=" in tag and known(learned) == LEARNED


def test_they_are_given_back_to_what_orders_say(learned, send):
    send("/settings/peak-hours", {"weekday": "3", "weekend": ""})
    page = send("/settings/peak-hours/reset").content.decode()
    assert "Peak hours are learned from your orders" in page and "chosen" not in known(learned)
    assert LifecycleEvent.objects.filter(kind="peak_hours.reset").count() == 1


def test_who_may_not_decide_changes_nothing(learned, send):
    send("/settings/peak-hours", {"weekday": "3"}, sub=COLLEAGUE)
    send("/settings/peak-hours/reset", sub=COLLEAGUE)
    assert known(learned) == LEARNED
