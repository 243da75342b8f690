"""Each kind of channel gives a message its form; where it leads to and its key are sealed, rotated and forgotten."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection

from pipelines.lifecycle.alerts import board, channels, outbox, send
from pipelines.lifecycle.ingest import privacy
from pipelines.lifecycle.ingest.keys import rotate_keys
from pipelines.models import AlertChannel, AlertDelivery
from pipelines.shopify import vault
from tests import factories
from tests.pipelines.lifecycle.alerts.telling import NOW, tell

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


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
