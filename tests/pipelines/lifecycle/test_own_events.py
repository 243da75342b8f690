"""The merchant's own events: kept once, at most so many, of one shop, and told in its ledger."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.lifecycle import own_events
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.own_events import Span
from pipelines.models import LifecycleEvent, OwnEvent
from tests import histories

pytestmark = pytest.mark.django_db
DROP = Span("Spring drop", date(2026, 3, 6), date(2026, 3, 8))


@pytest.fixture
def shop():
    return histories.a_shop()


def told(shop):
    return [(event.kind, event.by, event.because, event.details) for event in LifecycleEvent.objects.for_shop(shop)]


def test_an_event_is_kept_with_its_days_and_told(shop):
    row = own_events.add(shop, DROP, by="7")
    assert (row.shop, row.name, row.first_day, row.last_day) == (shop, "Spring drop", DROP.first_day, DROP.last_day)
    days = {"first_day": "2026-03-06", "last_day": "2026-03-08"}
    assert told(shop) == [("own_event.added", "7", "Spring drop", days)]


def test_the_same_event_twice_is_refused_and_changes_nothing(shop):
    own_events.add(shop, DROP, by="7")
    with pytest.raises(Refused, match="already"):
        own_events.add(shop, DROP, by="8")
    assert OwnEvent.objects.count() == 1 and len(told(shop)) == 1


def test_another_shop_may_have_the_same_event(shop):
    other = histories.a_shop()
    assert {own_events.add(one, DROP, by="7").shop for one in (shop, other)} == {shop, other}


def test_there_are_at_most_so_many_of_a_shop(shop, monkeypatch):
    monkeypatch.setattr(own_events, "MOST", 1)
    own_events.add(shop, DROP, by="7")
    with pytest.raises(Refused, match="as many as we keep"):
        own_events.add(shop, Span("Summer drop", date(2026, 7, 1), date(2026, 7, 2)), by="7")
    assert own_events.add(histories.a_shop(), DROP, by="7")


def test_an_event_is_removed_once_and_told(shop):
    row = own_events.add(shop, DROP, by="7")
    assert own_events.remove(row, by="8") and not OwnEvent.objects.exists()
    assert not own_events.remove(row, by="8")
    assert [(kind, by) for kind, by, _, _ in told(shop)] == [("own_event.added", "7"), ("own_event.removed", "8")]
