"""Alerts: what stands open comes first with its next step, people answer it, and choose who is told."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.alerts import board, channels, keepers
from pipelines.lifecycle.ingest import privacy
from pipelines.models import Alert, AlertChannel, AlertDelivery, LifecycleEvent, Pulse, Release
from tests.dashboard.views.test_plain_words import read
from tests.identities import COLLEAGUE, OTHER_SHOP

SLOW = {"title": "Answers are slow at peak hours", "text": "95 of 100 take 80 ms.", "next_step": "Nothing to do."}


@pytest.fixture
def alert(shop):
    return board.tell(shop, "slow", minor_per_hour=1234, now=timezone.now() - timedelta(hours=3), **SLOW)


@pytest.fixture
def mail(shop):
    return AlertChannel.objects.create(shop=shop, kind="email", **channels.sealed("email", "ann@example.com", shop))


def text(answer) -> str:
    return " ".join(" ".join(read(answer.content.decode()).read).split())


class TestThePage:
    def test_says_that_all_is_well(self, shop, see):
        Alert.objects.all().delete()
        page = text(see("/alerts"))
        assert "All is well: no alert is open." in page and "Nothing yet." in page

    def test_shows_an_open_alert_with_its_money_and_its_next_step(self, alert, see):
        page = text(see("/alerts"))
        for said in ("Answers are slow at peak hours", "Next step: Nothing to do.", "£12.34 an hour", "Look at this"):
            assert said in page

    def test_asks_the_gravest_first_and_has_one_primary_action(self, shop, alert, see):
        board.tell(shop, "worse", title="Files changed", next_step="Go.", severity="critical", now=timezone.now())
        html = see("/alerts").content.decode()
        assert html.index("Files changed") < html.index("Answers are slow")
        assert html.count('variant="primary"') == 1

    def test_what_is_over_shows_what_was_at_risk_and_can_be_called_false_once(self, shop, alert, see, send):
        board.close(shop, alert.key, alert.opened_at + timedelta(hours=2))
        page = text(see("/alerts"))
        assert "£24.68" in page and "Marked as false by you: 0 of 1." in page and "in 90 days" in page
        assert "Marked as a false alarm" in send(f"/alerts/{alert.pk}/answer", {"wish": "false"}).content.decode()
        assert "Marked as false by you: 1 of 1." in text(see("/alerts"))
        send(f"/alerts/{alert.pk}/answer", {"wish": "false"})
        assert LifecycleEvent.objects.filter(kind="alert.false").count() == 1

    def test_one_that_a_rollback_ended_says_so_and_of_which_version(self, shop, see):
        release = Release.objects.get(version__number=2)
        told = board.tell(
            shop, "broken", use_case="demand_forecast", release=release, now=timezone.now() - timedelta(hours=3), **SLOW
        )
        assert "Demand forecast, version 2" in text(see("/alerts"))
        board.close(shop, told.key, timezone.now())
        assert "It was over by itself." in text(see("/alerts"))
        Release.objects.filter(pk=release.pk).update(phase="rolled_back")
        page = text(see("/alerts"))
        assert "Version 2 was rolled back." in page and "by itself" not in page

    def test_leads_to_home_and_is_in_the_menu(self, alert, see):
        assert 'href="/alerts">Alerts' in see("/").content.decode()

    def test_what_is_snoozed_is_not_on_home(self, alert, see, send):
        assert SLOW["title"] in see("/").content.decode()
        send(f"/alerts/{alert.pk}/answer", {"wish": "snooze", "snooze": "day"})
        assert SLOW["title"] not in see("/").content.decode()

    def test_the_log_names_what_failed_and_no_address(self, shop, alert, mail, see):
        AlertDelivery.objects.create(
            shop=shop, alert=alert, channel=mail, kind="webhook", occasion="opened:1", state="failed", attempts=6,
            problem="The server answered 500.", code=500, settled_at=timezone.now(),
        )  # fmt: skip
        html = see("/alerts").content.decode()
        assert "Delivery log: 0 of 1 message arrived, 1 failed" in html
        assert "6 tries. The server answered 500." in html and "ann@example.com" not in html

    def test_the_log_tells_of_checkouts_and_they_crowd_no_alert_out(self, shop, alert, mail, see):
        about = {"shop": shop, "kind": "lost", "occasion": "lost", "state": "sent", "settled_at": timezone.now()}
        AlertDelivery.objects.bulk_create(AlertDelivery(**about, checkout_key=key, facts={}) for key in range(60))
        html = see("/alerts").content.decode()
        assert "Checkout likely to be lost" in html and "An order is less likely than you set" in html
        assert html.count("Checkout likely to be lost") == 20

    def test_says_when_nobody_watches(self, alert, see):
        Pulse.objects.create(name="alerts", at=timezone.now() - timedelta(hours=2))
        assert "We have not watched since" in text(see("/alerts"))


class TestAnswers:
    @pytest.mark.parametrize(
        ("fields", "said", "where"),
        [
            ({"wish": "acknowledge"}, "Acknowledged", "by you"),
            ({"wish": "snooze", "snooze": "hour"}, "Snoozed", "until"),
            ({"wish": "snooze", "snooze": "day"}, "Snoozed", "until"),
            ({"wish": "resolve"}, "Marked as over", "Marked as over by you."),
        ],
    )
    def test_are_taken_and_shown(self, alert, send, fields, said, where):
        page = text(send(f"/alerts/{alert.pk}/answer", fields))
        assert said in page and where in page

    def test_a_colleague_may_acknowledge_and_is_not_named(self, alert, see, send):
        send(f"/alerts/{alert.pk}/answer", {"wish": "acknowledge"}, sub=COLLEAGUE)
        page = see("/alerts").content.decode()
        assert "by a colleague" in page and COLLEAGUE not in page

    def test_that_come_too_late_change_nothing(self, alert, send):
        board.close(alert.shop, "slow", timezone.now())
        assert "over already" in text(send(f"/alerts/{alert.pk}/answer", {"wish": "acknowledge"}))

    @pytest.mark.parametrize("fields", [{}, {"wish": "delete"}, {"wish": "snooze", "snooze": "year"}])
    def test_that_nobody_offered_change_nothing(self, alert, send, fields):
        assert "incomplete" in text(send(f"/alerts/{alert.pk}/answer", fields))
        assert Alert.objects.get(pk=alert.pk).waits_since == alert.waits_since

    def test_of_strangers_are_not_heard(self, alert, another_shop, send, see):
        assert send(f"/alerts/{alert.pk}/answer", {"wish": "resolve"}, domain=OTHER_SHOP).status_code == 404
        assert SLOW["title"] not in see("/alerts", domain=OTHER_SHOP).content.decode()


class TestWhoIsTold:
    def add(self, send, **fields):
        return send("/alerts/channels", {"kind": "email", "target": "ann@example.com", "least": "warning"} | fields)

    def test_a_channel_is_added_and_its_address_sealed(self, shop, send):
        page = self.add(send, quiet_from="20:00", quiet_until="07:00").content.decode()
        row = AlertChannel.objects.get()
        assert "Quiet 20:00 to 07:00" in page and channels.target_of(row) == "ann@example.com"
        told = LifecycleEvent.objects.for_shop(shop).latest("seq")
        assert told.kind == "channel.added" and "ann@" not in json.dumps(told.details)

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"target": "ann"}, "That is no e-mail address."),
            ({"kind": "slack", "target": "http://hooks.example.com/"}, "It has to begin with https://"),
            ({"kind": "webhook", "target": "https://localhost/hook"}, "inside a network"),
            ({"kind": "webhook", "target": "https://169.254.169.254/"}, "inside a network"),
            ({"quiet_from": "20:00"}, "Quiet hours need both ends"),
            ({"quiet_from": "late"}, "Enter a valid time"),
            ({"kind": "pigeon"}, "Select a valid choice"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, shop, send, fields, said):
        answer = self.add(send, **fields)
        assert answer.status_code == 422 and said in answer.content.decode()
        assert not AlertChannel.objects.exists()

    def test_flow_needs_no_address_and_keeps_none(self, shop, send):
        self.add(send, kind="flow", target="ann@example.com")
        assert AlertChannel.objects.get().target == b""

    def test_a_server_of_ones_own_gets_a_key(self, shop, see):
        row = AlertChannel.objects.create(
            shop=shop, kind="webhook", **channels.sealed("webhook", "https://x.example/", shop)
        )
        assert channels.key_of(row) in see("/alerts/channels").content.decode()

    def test_ten_are_enough(self, shop, send):
        for _ in range(keepers.MOST):
            AlertChannel.objects.create(shop=shop, kind="flow")
        assert "Remove one first" in text(self.add(send))

    def test_a_test_is_sent_and_not_without_end(self, mail, send, queued):
        for _ in range(keepers.MOST_TESTS):
            send(f"/alerts/channels/{mail.pk}/test")
        assert ("send_on", (mail.pk,)) in queued
        assert "often enough" in text(send(f"/alerts/channels/{mail.pk}/test"))
        assert AlertDelivery.objects.count() == keepers.MOST_TESTS

    def test_removing_forgets_the_address(self, mail, send):
        send(f"/alerts/channels/{mail.pk}/remove")
        assert not AlertChannel.objects.exists()

    def test_all_that_is_stored_can_be_taken_away_as_a_file(self, mail, see):
        answer = see("/alerts/channels.json")
        assert json.loads(answer.content)["channels"][0]["address"] == "ann@example.com"
        assert "attachment" in answer["Content-Disposition"]

    def test_it_goes_with_the_shop(self, shop, mail):
        privacy.redact_shop(shop)
        assert not AlertChannel.objects.exists()

    def test_who_may_not_decide_sees_no_address_and_changes_nothing(self, mail, see, send):
        page = see("/alerts/channels", sub=COLLEAGUE).content.decode()
        assert "ann@example.com" not in page and "Only the account owner" in page
        for path in (f"/alerts/channels/{mail.pk}/remove", f"/alerts/channels/{mail.pk}/test", "/alerts/channels"):
            fields = {"kind": "flow", "least": "info"}
            assert "Only the account owner" in send(path, fields, sub=COLLEAGUE).content.decode()
        answer = see("/alerts/channels.json", sub=COLLEAGUE)
        assert answer.status_code == 303 and b"ann@" not in answer.content
        assert AlertChannel.objects.count() == 1 and not AlertDelivery.objects.exists()

    def test_strangers_reach_no_channel(self, mail, another_shop, see, send):
        for what in ("test", "remove"):
            assert send(f"/alerts/channels/{mail.pk}/{what}", domain=OTHER_SHOP).status_code == 404
        assert json.loads(see("/alerts/channels.json", domain=OTHER_SHOP).content) == {"channels": []}


def test_the_pages_ask_as_much_of_many_alerts_as_of_few(shop, alert, mail, see, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        see("/alerts")
    for number in range(20):
        told = board.tell(shop, f"k{number}", title="A", next_step="B", now=timezone.now())
        if number % 2:
            board.close(shop, told.key, timezone.now())
    with django_assert_max_num_queries(9):
        see("/alerts")
    with django_assert_max_num_queries(7):
        see("/alerts/channels")
