"""What rows become: told once, back within hours, answered by people, risen when nobody does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from pipelines.lifecycle.alerts import answers, board, lives
from pipelines.lifecycle.alerts.lives import Wish
from pipelines.lifecycle.errors import Refused
from pipelines.models import Alert, LifecycleEvent
from tests import factories
from tests.histories import kinds

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop():
    return factories.a_shop(timezone="Europe/London")


def tell(shop, at=NOW, **changes):
    facts = {"title": "Answers are slow", "next_step": "Nothing to do.", "severity": "warning"}
    return board.tell(shop, "slow", now=at, **facts | changes)


def ask(alert, wish, at=NOW, **more):
    answers.answer(alert.shop, alert.pk, wish, by="70001", now=at, **more)
    alert.refresh_from_db()


class TestFalseAlarms:
    def test_who_says_that_nothing_was_behind_it_ends_it_and_it_is_remembered(self, shop):
        alert = tell(shop)
        ask(alert, Wish.FALSE)
        assert (alert.was_false, alert.closed_at, alert.closed_by) == (True, NOW, "70001")
        with pytest.raises(Refused):
            ask(alert, Wish.RESOLVE)

    def test_what_is_over_is_no_false_alarm_for_that(self, shop):
        alert = tell(shop)
        ask(alert, Wish.RESOLVE)
        assert not alert.was_false


class TestTelling:
    def test_the_same_thing_is_one_alert_while_it_lasts(self, shop):
        tell(shop)
        again = tell(shop, NOW + HOUR, title="Answers are slower")
        assert (Alert.objects.count(), again.seen, again.title) == (1, 2, "Answers are slower")
        assert kinds(shop) == ["alert.opened"]

    def test_none_stands_without_a_next_step(self, shop):
        with pytest.raises(IntegrityError), transaction.atomic():
            tell(shop, next_step="")

    def test_what_comes_back_within_hours_is_the_same_alert(self, shop):
        first = tell(shop)
        board.close(shop, "slow", NOW + HOUR)
        back = tell(shop, NOW + 2 * HOUR)
        assert (back.pk, back.closed_at, back.opened_at) == (first.pk, None, NOW)
        assert kinds(shop) == ["alert.opened", "alert.closed", "alert.reopened"]

    def test_what_comes_back_later_is_a_new_one(self, shop):
        tell(shop)
        board.close(shop, "slow", NOW + HOUR)
        tell(shop, NOW + HOUR + lives.COOLDOWN)
        assert Alert.objects.count() == 2

    def test_shops_have_their_own(self, shop):
        tell(shop)
        tell(factories.a_shop())
        assert board.close(shop, "slow", NOW) and Alert.objects.open().count() == 1

    def test_what_became_worse_waits_for_an_answer_anew(self, shop):
        alert = tell(shop)
        ask(alert, Wish.ACKNOWLEDGE)
        worse = tell(shop, NOW + HOUR, severity="critical")
        assert (worse.acknowledged_at, worse.waits_since, worse.severity) == (None, NOW + HOUR, "critical")
        assert tell(shop, NOW + 2 * HOUR, severity="info").severity == "critical"


class TestAnswering:
    def test_who_acknowledged_is_in_the_ledger(self, shop):
        alert = tell(shop)
        ask(alert, Wish.ACKNOWLEDGE)
        assert alert.acknowledged_by == "70001"
        event = LifecycleEvent.objects.for_shop(shop).latest("seq")
        assert (event.kind, event.by) == ("alert.acknowledged", "70001")

    def test_a_snooze_ends_by_itself(self, shop):
        alert = tell(shop)
        ask(alert, Wish.SNOOZE, snooze="day")
        assert answers.state_of(alert, NOW + 23 * HOUR) == "snoozed"
        assert answers.state_of(alert, NOW + 24 * HOUR) == "open"

    def test_a_snooze_ends_early_where_the_risk_doubled(self, shop):
        alert = tell(shop, minor_per_hour=1200)
        ask(alert, Wish.SNOOZE, snooze="day")
        assert tell(shop, NOW + HOUR, minor_per_hour=2300).snoozed_until
        assert tell(shop, NOW + HOUR, minor_per_hour=2400).snoozed_until is None

    def test_what_is_over_takes_no_answer(self, shop):
        alert = tell(shop)
        ask(alert, Wish.RESOLVE)
        assert alert.closed_by == "70001"
        with pytest.raises(Refused, match="over already"):
            ask(alert, Wish.ACKNOWLEDGE)

    def test_a_second_click_changes_nothing(self, shop):
        alert = tell(shop)
        ask(alert, Wish.ACKNOWLEDGE)
        with pytest.raises(Refused, match="answered this alert"):
            ask(alert, Wish.ACKNOWLEDGE, NOW + HOUR)
        alert.refresh_from_db()
        assert alert.acknowledged_at == NOW

    def test_of_another_shop_is_nobodys(self, shop):
        alert = tell(shop)
        with pytest.raises(Alert.DoesNotExist):
            answers.answer(factories.a_shop(), alert.pk, Wish.RESOLVE, by="1", now=NOW)


class TestRising:
    def test_it_rises_once_for_each_time_that_nobody_answered(self, shop):
        tell(shop, severity="critical")
        assert [board.escalate(NOW + hours * HOUR) for hours in (0.5, 1, 1.5, 4, 5, 24, 90)] == [0, 1, 0, 1, 0, 1, 0]
        assert kinds(shop).count("alert.unanswered") == 3

    def test_two_looks_at_once_rise_once(self, shop):
        alert = tell(shop, severity="critical")
        seen_by_both = Alert.objects.get(pk=alert.pk)
        assert board.rise(alert, NOW + HOUR) and not board.rise(seen_by_both, NOW + HOUR)

    @pytest.mark.parametrize("wish", [Wish.ACKNOWLEDGE, Wish.SNOOZE, Wish.RESOLVE])
    def test_an_answer_stops_it(self, shop, wish):
        alert = tell(shop, severity="critical")
        ask(alert, wish, snooze="day")
        assert board.escalate(NOW + 20 * HOUR) == 0

    def test_after_a_snooze_it_begins_anew(self, shop):
        alert = tell(shop, severity="critical")
        ask(alert, Wish.SNOOZE, snooze="hour")
        assert [board.escalate(NOW + hours * HOUR) for hours in (1.5, 2)] == [0, 1]
