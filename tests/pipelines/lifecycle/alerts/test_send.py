"""Messages on their way: each in its form, retried with growing pauses, never twice, never stale, all logged."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection

from pipelines.jobs import alerts as jobs
from pipelines.lifecycle.alerts import answers, board, channels, outbox, outside, send
from pipelines.lifecycle.alerts.lives import Wish
from pipelines.lifecycle.ingest import privacy
from pipelines.lifecycle.ingest.keys import rotate_keys
from pipelines.models import AlertChannel, AlertDelivery, Shop
from pipelines.shopify import vault
from tests import factories
from tests.fake_shopify import Reply, in_turn

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEXT = "95 of 100 answers take 80 ms & more <b>"


def tell(shop, at=NOW, **changes):
    facts = {"title": "Answers are slow", "text": TEXT, "next_step": "Nothing to do.", "severity": "warning"}
    return board.tell(shop, "slow", now=at, **{"minor_per_hour": 1234} | facts | changes)


def states(shop):
    return list(AlertDelivery.objects.for_shop(shop).order_by("pk").values_list("state", "attempts", "code"))


class TestForms:
    def test_a_letter_says_what_it_is_what_it_costs_and_what_to_do(self, shop, channel, settings):
        settings.MAIL_WORKS = True
        tell(shop)
        assert send.send_due(channel("email").pk, NOW) == 0, "told before the channel was there"
        tell_again = board.tell(shop, "k", title="Two\nlines", next_step="Wait.", now=NOW, minor_per_hour=1234)
        assert send.send_due(AlertChannel.objects.get().pk, NOW) == 1
        (letter,) = mail.outbox
        assert letter.to == ["ann@example.com"]
        assert letter.subject == "Northbeck Outfitters: Look at this: Two lines"
        assert "At risk: £12.34 an hour." in letter.body and "Next step: Wait." in letter.body
        assert letter.extra_headers["Message-ID"].startswith(f"<alert-{tell_again.deliveries.get().pk}.opened@")

    def test_without_a_mail_server_it_says_so(self, shop, channel, settings):
        settings.MAIL_WORKS = False
        channel("email")
        tell(shop)
        send.send_due(AlertChannel.objects.get().pk, NOW)
        assert "not set up" in AlertDelivery.objects.get().problem

    def test_slack_reads_no_link_out_of_our_text(self, shop, channel, server):
        to = channel("slack")
        tell(shop, text="<!everyone> & <http://evil.example|click>")
        assert send.send_due(to.pk, NOW) == 1
        said = server.asked[0].json["text"]
        assert "&lt;!everyone&gt; &amp; &lt;http://evil.example|click&gt;" in said
        assert said.count("<") == 1 and "|Open the alerts>" in said

    def test_teams_gets_a_card(self, shop, channel, server):
        to = channel("teams")
        tell(shop)
        assert send.send_due(to.pk, NOW) == 1
        card = server.asked[0].json["attachments"][0]["content"]
        assert card["type"] == "AdaptiveCard" and "Answers are slow" in card["body"][0]["text"]
        assert [block["text"] for block in card["body"]][-1] == "Next step: Nothing to do."

    def test_a_webhook_is_signed_over_id_time_and_body(self, shop, channel, server):
        to = channel("webhook")
        tell(shop)
        assert send.send_due(to.pk, NOW) == 1
        (asked,) = server.asked
        secret = base64.b64decode(channels.key_of(to).removeprefix("whsec_"))
        headers = {name.lower(): value for name, value in asked.headers.items()}
        again = channels.signed(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), asked.body)
        assert headers["webhook-signature"] == again
        assert asked.json["next_step"] == "Nothing to do." and asked.json["at_risk_per_hour"] == "12.34"
        assert asked.path == "/hooks/1?a=b"

    def test_the_signature_is_the_one_of_the_published_example(self):
        secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        found = channels.signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
        assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_a_test_needs_no_alert(self, shop, channel, server):
        to = channel("slack")
        outbox.put_test(to, NOW)
        assert send.send_due(to.pk, NOW) == 1
        assert "Test: This is a test" in server.asked[0].json["text"]


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
        assert send.claim(to.pk, NOW) is not None  # and nothing more
        assert send.claim(to.pk, NOW) is None
        assert send.send_due(to.pk, NOW + timedelta(minutes=2)) == 1

    def test_an_answer_that_comes_after_a_later_try_changes_nothing(self, shop, channel, server):
        to = channel()
        tell(shop)
        slow = send.claim(to.pk, NOW)
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


class TestWhatIsSealed:
    def test_no_address_and_no_key_lies_open(self, shop, channel, server):
        to = channel("email")
        hook = channel("webhook")
        with connection.cursor() as cursor:
            cursor.execute("SELECT target, secret FROM pipelines_alertchannel")
            stored = b"".join(bytes(each) for row in cursor.fetchall() for each in row)
        assert b"ann@" not in stored and b"hooks" not in stored
        assert channels.target_of(to) == "ann@example.com" and channels.key_of(hook).startswith("whsec_")

    def test_another_shops_key_does_not_open_it(self, shop, channel):
        to = channel("email")
        AlertChannel.objects.update(shop=factories.a_shop())
        to = AlertChannel.objects.get()
        with pytest.raises(vault.CannotUnseal):
            channels.target_of(to)

    def test_keys_rotate(self, shop, channel, settings):
        to = channel("webhook")
        key = channels.key_of(to)
        old = hashlib.sha256(b"encryption|" + settings.SECRET_KEY.encode()).digest()
        keys = {"new": b"n" * 32, vault.DEVELOPMENT_KEY_ID: old}
        settings.ENCRYPTION_KEYS = ",".join(f"{name}:{base64.b64encode(each).decode()}" for name, each in keys.items())
        assert rotate_keys() == 1
        to.refresh_from_db()
        assert vault.key_id_of(to.target) == vault.key_id_of(to.secret) == "new"
        assert channels.key_of(to) == key
        assert rotate_keys() == 0

    def test_all_of_it_goes_with_the_shop(self, shop, channel, server):
        channel("email")
        tell(shop)
        privacy.redact_shop(shop)
        assert not AlertChannel.objects.exists() and not AlertDelivery.objects.exists()

    def test_a_channel_that_is_removed_leaves_its_log_without_where_to(self, shop, channel, server):
        to = channel()
        tell(shop)
        send.remove(to)
        row = AlertDelivery.objects.get()
        assert (row.channel, row.state, row.problem) == (None, "dropped", send.REMOVED)
        assert json.dumps(row.problem).count("http") == 0
