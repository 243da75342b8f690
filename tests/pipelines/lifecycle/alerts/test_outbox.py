"""Whom an alert is told to, once for each occasion, and when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from pipelines.jobs import alerts as jobs
from pipelines.lifecycle.alerts import answers, board, send
from pipelines.lifecycle.alerts.lives import Wish
from pipelines.models import AlertDelivery, Shop
from tests import factories
from tests.pipelines.lifecycle.alerts.telling import NOW, states, tell

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


class TestWhoIsTold:
    def test_only_of_what_is_grave_enough(self, shop, channel):
        channel("slack", least="critical")
        all_of_it = channel("webhook", least="info")
        tell(shop)
        assert [row.channel for row in AlertDelivery.objects.all()] == [all_of_it]

    def test_what_nobody_answers_reaches_those_who_want_only_the_grave(self, shop, channel):
        grave = channel("slack", least="critical")
        tell(shop)
        board.escalate(NOW + 23 * HOUR)
        assert not AlertDelivery.objects.exists()
        board.escalate(NOW + 24 * HOUR)
        assert AlertDelivery.objects.get(channel=grave).occasion.startswith("unanswered 1:")

    def test_the_same_is_told_once_however_often_it_is_found(self, shop, channel, server):
        to = channel()
        for minutes in range(5):
            tell(shop, NOW + timedelta(minutes=minutes))
        send.send_due(to.pk, NOW + HOUR)
        assert len(server.asked) == 1

    def test_what_flickers_is_told_once(self, shop, channel, server):
        to = channel()
        for hours in range(5):
            tell(shop, NOW + hours * HOUR)
            send.send_due(to.pk, NOW + hours * HOUR)
            board.close(shop, "slow", NOW + hours * HOUR + HOUR / 2)
        for hours in range(5, 20):
            send.send_due(to.pk, NOW + hours * HOUR)
        assert [asked.json["what"] for asked in server.asked] == ["opened", "over"]

    def test_who_heard_of_it_hears_that_it_is_over_and_nobody_else_does(self, shop, channel, server):
        heard = channel()
        tell(shop)
        send.send_due(heard.pk, NOW)
        channel("slack")
        board.close(shop, "slow", NOW + HOUR)
        assert send.channels_due(NOW + 6 * HOUR) == [], "it may come back as the same alert"
        assert send.channels_due(NOW + 7 * HOUR) == [heard.pk]
        send.send_due(heard.pk, NOW + 7 * HOUR)
        assert server.asked[-1].json["what"] == "over"

    def test_what_is_over_before_its_turn_is_not_told(self, shop, channel, server):
        to = channel(quiet_from=time(8), quiet_until=time(12))
        tell(shop)
        board.close(shop, "slow", NOW + HOUR)
        assert send.send_due(to.pk, NOW + 9 * HOUR) == 0
        assert AlertDelivery.objects.get().problem == send.OVER and server.asked == []

    def test_a_reminder_is_not_sent_once_somebody_answered(self, shop, channel, server):
        to = channel(least="critical")
        alert = tell(shop)
        board.escalate(NOW + 24 * HOUR)
        answers.answer(shop, alert.pk, Wish.ACKNOWLEDGE, by="1", now=NOW + 24 * HOUR)
        assert send.send_due(to.pk, NOW + 25 * HOUR) == 0 and server.asked == []

    def test_quiet_hours_hold_it_back_until_they_end_and_the_critical_passes(self, shop, channel, server):
        night = datetime(2026, 11, 19, 22, tzinfo=UTC)
        to = channel(quiet_from=time(20), quiet_until=time(7))
        tell(shop, night)
        assert send.send_due(to.pk, night) == 0
        assert AlertDelivery.objects.get().next_at == datetime(2026, 11, 20, 7, tzinfo=UTC)
        board.tell(shop, "worse", title="A", next_step="B", severity="critical", now=night)
        assert send.send_due(to.pk, night) == 1

    def test_a_shop_that_left_is_told_nothing(self, shop, channel):
        channel()
        tell(shop, severity="critical")
        Shop.objects.update(uninstalled_at=NOW)
        assert send.channels_due(NOW) == [] and board.escalate(NOW + HOUR) == 0

    def test_another_shops_channel_hears_nothing(self, shop, channel):
        channel()
        tell(factories.a_shop())
        assert not AlertDelivery.objects.exists()

    def test_the_jobs_do_all_of_it(self, shop, channel, server):
        channel()
        tell(shop, datetime.now(UTC))
        jobs.keep()
        jobs.send_due()
        assert [row[0] for row in states(shop)] == ["sent"]
