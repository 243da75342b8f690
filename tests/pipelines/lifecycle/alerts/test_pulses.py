"""The dead-man switch: silence is noticed by who does not watch, operators are told once, and once that it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from pipelines.jobs import alerts, monitoring, releases
from pipelines.lifecycle.alerts import pulses
from pipelines.models import Pulse

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def operators(settings):
    settings.ADMINS = [("Ops", "ops@example.com")]


def everything_beats(at):
    for name in pulses.SILENT_AFTER:
        pulses.beat(name, at)


def test_what_is_heard_of_is_not_silent():
    everything_beats(NOW)
    assert pulses.silent(NOW + 10 * MINUTE) == []
    assert set(pulses.silent(NOW + 11 * MINUTE)) == {"releases", "alerts"}
    assert set(pulses.silent(NOW + 41 * MINUTE)) == set(pulses.SILENT_AFTER)


def test_who_was_away_looks_back_to_when_it_last_watched_and_no_further_than_is_kept():
    least, most = timedelta(hours=2), timedelta(days=2)
    assert pulses.missed("measure", NOW, least, most) == least
    pulses.beat("measure", NOW - timedelta(hours=11))
    assert pulses.missed("measure", NOW, least, most) == timedelta(hours=13)
    assert pulses.missed("measure", NOW + timedelta(days=9), least, most) == most
    assert pulses.missed("measure", NOW - timedelta(days=1), least, most) == least  # a clock that went back


def test_what_never_began_counts_from_the_first_question():
    assert pulses.silent(NOW) == []
    assert set(pulses.silent(NOW + 41 * MINUTE)) == set(pulses.SILENT_AFTER)


def test_operators_are_told_once_and_once_that_it_is_over():
    everything_beats(NOW)
    for minutes in (5, 41, 42, 60):
        pulses.tell_operators(NOW + minutes * MINUTE)
    assert [letter.subject for letter in mail.outbox] == ["[shopmlops] Monitoring has stopped"]
    assert mail.outbox[0].to == ["ops@example.com"] and "Next step:" in mail.outbox[0].body
    everything_beats(NOW + 61 * MINUTE)
    for minutes in (61, 62):
        pulses.tell_operators(NOW + minutes * MINUTE)
    assert [letter.subject for letter in mail.outbox][1:] == ["[shopmlops] Monitoring goes on"]


def test_one_that_stops_is_named():
    everything_beats(NOW)
    pulses.beat("alerts", NOW + 20 * MINUTE)
    pulses.tell_operators(NOW + 20 * MINUTE)
    assert "too long: releases." in mail.outbox[0].body


def test_it_stays_stopped_until_all_of_it_is_heard_of_again():
    everything_beats(NOW)
    pulses.tell_operators(NOW + 20 * MINUTE)
    pulses.beat("alerts", NOW + 21 * MINUTE)
    pulses.tell_operators(NOW + 21 * MINUTE)
    assert len(mail.outbox) == 1
    pulses.beat("releases", NOW + 21 * MINUTE)
    pulses.tell_operators(NOW + 22 * MINUTE)
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_away_takes_nothing_down(monkeypatch, caplog):
    def away(*args):
        raise ConnectionRefusedError

    monkeypatch.setattr(pulses, "mail_admins", away)
    everything_beats(NOW)
    pulses.tell_operators(NOW + 11 * MINUTE)
    assert "operators could not be told: ConnectionRefusedError" in caplog.text


def test_the_jobs_that_watch_leave_their_sign():
    alerts.keep()
    releases.keep_time()
    monitoring.measure()
    assert set(Pulse.objects.values_list("name", flat=True)) == set(pulses.SILENT_AFTER)
