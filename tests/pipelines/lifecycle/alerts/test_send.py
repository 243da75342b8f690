"""Messages on their way: retried with growing pauses, never twice, never lost, each try logged."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection

from pipelines.lifecycle.alerts import board, channels, outside, send
from pipelines.models import AlertChannel, AlertDelivery
from tests.fake_shopify import Reply, in_turn
from tests.pipelines.lifecycle.alerts.telling import NOW, states, tell

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


class TestTries:
    def test_500_then_200_arrives_at_the_second_try_under_the_same_id(self, shop, channel, server):
        server.on_file = in_turn(Reply(500, b"secret stack trace"), Reply(200))
        to = channel()
        tell(shop)
        assert send.send_due(to.pk, NOW) == 0
        assert states(shop) == [("waiting", 1, 500)]
        assert send.send_due(to.pk, NOW) == 0 and len(server.asked) == 1, "not before its time"
        assert send.send_due(to.pk, NOW + timedelta(minutes=2)) == 1
        assert states(shop) == [("sent", 2, 200)]
        assert len({asked.headers["webhook-id"] for asked in server.asked}) == 1

    def test_the_pauses_grow_and_end(self, shop, channel, server):
        server.on_file = lambda asked: Reply(500)
        to = channel()
        tell(shop)
        at, waits = NOW, []
        for _ in range(20):
            send.send_due(to.pk, at)
            row = AlertDelivery.objects.get()
            if row.state == "failed":
                break
            waits.append(row.next_at - at)
            at = row.next_at
        assert waits == sorted(waits) and len(waits) == 5 and len(server.asked) == 6
        assert (row.state, row.attempts, row.code, row.problem) == ("failed", 6, 500, "The server answered 500.")

    @pytest.mark.parametrize(
        ("reply", "problem"),
        [
            (Reply(410), "The server answered 410."),
            (Reply(302, b"", {"Location": "http://169.254.169.254/"}), "The server sends us elsewhere"),
        ],
    )
    def test_what_no_other_try_can_help_is_given_up_at_once(self, shop, channel, server, reply, problem):
        server.on_file = lambda asked: reply
        to = channel()
        tell(shop)
        send.send_due(to.pk, NOW)
        row = AlertDelivery.objects.get()
        assert row.state == "failed" and row.problem.startswith(problem) and len(server.asked) == 1

    def test_a_name_that_leads_inside_by_now_is_never_called(self, shop, channel, server, settings):
        to = channel()
        tell(shop)
        settings.DEMO = False
        to_inside = channels.sealed("webhook", "https://localhost/", shop)["target"]
        AlertChannel.objects.update(target=to_inside)
        send.send_due(to.pk, NOW)
        row = AlertDelivery.objects.get()
        assert (row.state, row.problem) == ("failed", outside.INSIDE) and server.asked == []

    def test_who_hangs_keeps_no_other_channel_waiting(self, shop, channel, server, monkeypatch):
        monkeypatch.setattr(outside, "ANSWER_SECONDS", 0.2)
        released = threading.Event()
        server.on_file = lambda asked: released.wait(60) and None if asked.path == "/hangs" else Reply(200)
        hangs, answers_ = channel(target=f"{server.origin}/hangs"), channel()
        for number in range(5):
            board.tell(shop, f"k{number}", title="A", next_step="B", now=NOW)
        send.send_due(hangs.pk, NOW)
        assert send.send_due(answers_.pk, NOW) == 5
        tried = [asked.path for asked in server.asked]
        released.set()
        assert tried.count("/hangs") == 1, "one failure ends it for now"
        assert AlertDelivery.objects.filter(channel=hangs, problem=outside.NO_ANSWER, state="waiting").count() == 1

    def test_a_worker_that_dies_in_the_middle_makes_it_late_not_lost(self, shop, channel, server, monkeypatch):
        to = channel()
        tell(shop)
        assert send.claim(to.pk, NOW)  # and nothing more
        assert send.claim(to.pk, NOW) == []
        assert send.send_due(to.pk, NOW + timedelta(minutes=2)) == 1

    def test_an_answer_that_comes_after_a_later_try_changes_nothing(self, shop, channel, server):
        to = channel()
        tell(shop)
        [slow] = send.claim(to.pk, NOW)
        assert send.send_due(to.pk, NOW + timedelta(minutes=2)) == 1
        send.settle(slow, "failed", NOW, 500, "late")
        assert states(shop) == [("sent", 2, 200)]

    def test_what_nobody_foresaw_is_tried_again_and_logged_without_addresses(
        self, shop, channel, server, monkeypatch, caplog
    ):
        to = channel("email")

        def broken(channel, message):
            raise RuntimeError("ann@example.com")

        monkeypatch.setitem(channels.SENDERS, "email", broken)
        tell(shop)
        with caplog.at_level(logging.DEBUG):
            send.send_due(to.pk, NOW)
        assert states(shop) == [("waiting", 1, None)] and "RuntimeError" in caplog.text
        assert "ann@" not in caplog.text + AlertDelivery.objects.get().problem


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_message_once(shop, channel, server):
    to = channel()
    for number in range(12):
        board.tell(shop, f"k{number}", title="A", next_step="B", now=NOW)
    begin, arrived = threading.Barrier(3), []

    def work():
        begin.wait()
        arrived.append(send.send_due(to.pk, NOW))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(arrived) == 12 == len(server.asked)
    assert len({asked.headers["webhook-id"] for asked in server.asked}) == 12


class TestQuietHours:
    NIGHT = datetime(2026, 11, 19, 22, tzinfo=UTC)
    MORNING = datetime(2026, 11, 20, 7, tzinfo=UTC)

    def told(self, shop, *keys, at=NIGHT, **changes):
        facts = {"next_step": "Look.", "severity": "warning", "minor_per_hour": 100} | changes
        return [board.tell(shop, key, title=f"About {key}", now=at, **facts) for key in keys]

    def test_what_was_held_back_comes_as_one_message_when_they_end(self, shop, channel, server):
        to = channel(quiet_from=time(20), quiet_until=time(7))
        self.told(shop, "a", "b")
        self.told(shop, "c", minor_per_hour=900)
        assert send.send_due(to.pk, self.NIGHT) == 0 and server.asked == []
        assert send.send_due(to.pk, self.MORNING) == 3 and len(server.asked) == 1
        said = json.loads(server.asked[0].body)
        assert said["what"] == "summary" and said["title"] == "3 messages came while you wanted quiet"
        assert all(f"Look at this: About {key}." in said["text"] for key in "abc")
        assert said["at_risk_per_hour"] == "9.00" and said["next_step"] == "Look."
        assert {state for state, *_ in states(shop)} == {"sent"}
        assert send.send_due(to.pk, self.MORNING) == 0

    def test_what_is_over_by_then_or_was_not_held_is_no_part_of_it(self, shop, channel, server):
        to = channel(quiet_from=time(20), quiet_until=time(7))
        self.told(shop, "a", "b")
        board.close(shop, "a", self.NIGHT + HOUR)
        self.told(shop, "now", at=self.MORNING)
        assert send.send_due(to.pk, self.MORNING) == 2
        assert [json.loads(asked.body)["title"] for asked in server.asked] == ["About b", "About now"]

    def test_act_now_passes_by_itself(self, shop, channel, server):
        to = channel(quiet_from=time(20), quiet_until=time(7))
        self.told(shop, "a", "b", severity="critical")
        assert send.send_due(to.pk, self.NIGHT) == 2 and len(server.asked) == 2

    def test_one_that_does_not_arrive_is_tried_again_as_one(self, shop, channel, server):
        server.on_file = in_turn(Reply(500), Reply(200))
        to = channel(quiet_from=time(20), quiet_until=time(7))
        self.told(shop, "a", "b")
        assert send.send_due(to.pk, self.MORNING) == 0
        assert send.send_due(to.pk, self.MORNING + HOUR) == 2 and len(server.asked) == 2
        assert len({asked.headers["webhook-id"] for asked in server.asked}) == 1
