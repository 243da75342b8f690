"""A final report is printed once and mailed once to those who asked, however often that is tried."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException

import pytest
from django.core import mail

from pipelines.lifecycle.alerts import channels, keepers, send
from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.results import hand_out, keep
from pipelines.models import AlertChannel, AlertDelivery, LifecycleEvent, MonthReport
from tests import histories, reporting
from tests.reporting import AFTER, OCTOBER

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def mail_works(settings):
    settings.MAIL_WORKS = True


@pytest.fixture
def channel(shop):
    sealed = channels.sealed("email", "ann@example.com", shop)
    return AlertChannel.objects.create(shop=shop, kind="email", gets_report=True, **sealed)


@pytest.fixture
def report(shop, version):
    reporting.a_good_month(version)
    return keep.make(shop, OCTOBER, AFTER)


def test_the_file_is_kept_and_one_mail_goes_out_however_often_it_is_tried(shop, channel, report):
    assert hand_out.hand_out(report.pk, AFTER)
    assert not hand_out.hand_out(report.pk, AFTER)
    assert bytes(MonthReport.objects.get().pdf).startswith(b"%PDF-")
    assert send.send_due(channel.pk, AFTER) == 1 and send.send_due(channel.pk, AFTER) == 0
    (letter,) = mail.outbox
    assert letter.to == ["ann@example.com"] and "October 2026" in letter.subject
    assert "£4,960 proven" in letter.body and "/results" in letter.body
    ((name, content, kind),) = letter.attachments
    assert (name, kind) == ("results-2026-10.pdf", "application/pdf") and content.startswith(b"%PDF-")


def test_a_mail_that_fails_is_tried_again_and_arrives_once(shop, channel, report, monkeypatch):
    hand_out.hand_out(report.pk, AFTER)
    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMessage.send", lambda self: (_ for _ in ()).throw(SMTPException()))
        assert send.send_due(channel.pk, AFTER) == 0
    assert send.send_due(channel.pk, AFTER + timedelta(minutes=5)) == 1
    assert send.send_due(channel.pk, AFTER + DAY) == 0 and len(mail.outbox) == 1
    assert AlertDelivery.objects.get().attempts == 2


def test_who_did_not_ask_gets_none(shop, channel, report):
    AlertChannel.objects.update(gets_report=False)
    hand_out.hand_out(report.pk, AFTER)
    assert not AlertDelivery.objects.exists() and MonthReport.objects.get().told_at


def test_a_provisional_report_is_handed_to_nobody(shop, channel, version):
    row = keep.make(shop, OCTOBER, OCTOBER.ends_at)
    assert not hand_out.hand_out(row.pk, AFTER) and list(hand_out.due()) == []


def test_what_is_old_is_printed_and_not_mailed(shop, channel, report):
    assert hand_out.hand_out(report.pk, OCTOBER.final_at + hand_out.IS_NEWS)
    assert not AlertDelivery.objects.exists()


def test_a_shop_that_left_gets_none(shop, channel, report):
    shop.uninstalled_at = AFTER
    shop.save()
    assert list(hand_out.due()) == []


def test_another_shops_address_hears_nothing(shop, report):
    other = reporting.a_shop()
    sealed = channels.sealed("email", "eve@example.com", other)
    AlertChannel.objects.create(shop=other, kind="email", gets_report=True, **sealed)
    hand_out.hand_out(report.pk, AFTER)
    assert not AlertDelivery.objects.exists()


def test_asking_for_it_is_a_choice_that_the_ledger_knows_once(shop, channel):
    keepers.report(channel, wanted=False, by=histories.OWNER)
    keepers.report(channel, wanted=False, by=histories.OWNER)
    assert not AlertChannel.objects.get().gets_report
    assert LifecycleEvent.objects.filter(kind="channel.report").count() == 1
    webhook = AlertChannel.objects.create(shop=shop, kind="flow")
    with pytest.raises(Refused, match="by e-mail only"):
        keepers.report(webhook, wanted=True, by=histories.OWNER)
