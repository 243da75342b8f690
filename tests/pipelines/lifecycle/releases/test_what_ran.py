"""What ran when, off the ledger: also through rollbacks, canaries that were taken back, and other shops' moves."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines.lifecycle.releases import approval, rollback, what_ran
from pipelines.models import Deployment, LifecycleEvent
from tests import histories
from tests.histories import a_card, approved

pytestmark = pytest.mark.django_db
USE_CASE = "demand_forecast"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def hours_later(clock, hours=1):
    clock.shift(timedelta(hours=hours))
    return timezone.now()


def go_back(shop):
    deployment = Deployment.of(shop, USE_CASE)
    rollback.roll_back(deployment, by=histories.OWNER, because="Too high", revision=deployment.revision)


def versions(shop):
    return [span.version for span in what_ran.history(shop, USE_CASE)]


def test_before_anything_was_approved_the_simple_rule_ran(shop):
    ran = what_ran.what_ran(shop, USE_CASE, timezone.now() - timedelta(days=3650))
    assert (ran.version, ran.since, ran.until, ran.approvals) == (None, None, None, ())


def test_a_version_ran_from_its_approval_to_the_next_ones_and_each_names_who_approved_it_on_what(shop, clock):
    start = timezone.now()
    first = approved(a_card(shop))
    second_at = hours_later(clock)
    second = approved(a_card(shop))
    ran = what_ran.what_ran(shop, USE_CASE, second_at - timedelta(minutes=1))
    assert (ran.version, ran.since, ran.until) == (first.version.number, start, second_at)
    assert [(given.by, given.evidence_digest) for given in ran.approvals] == [(histories.OWNER, first.evidence_digest)]
    assert what_ran.evidence_on(shop, ran) == first.evidence
    assert what_ran.what_ran(shop, USE_CASE, second_at).version == second.version.number


def test_a_way_back_returns_to_the_version_before_without_a_gap(shop, clock):
    histories.healthy(approved(a_card(shop)))
    hours_later(clock)
    approved(a_card(shop))
    back_at = hours_later(clock)
    go_back(shop)
    assert versions(shop) == [None, 1, 2, 1]
    assert what_ran.what_ran(shop, USE_CASE, back_at).version == 1
    assert what_ran.history(shop, USE_CASE)[-1].since == back_at


def test_a_way_back_with_nothing_before_returns_to_the_simple_rule(shop, clock):
    approved(a_card(shop))
    hours_later(clock)
    go_back(shop)
    assert versions(shop) == [None, 1, None]
    assert what_ran.evidence_on(shop, what_ran.history(shop, USE_CASE)[-1]) == {}


def test_a_candidate_that_is_taken_back_changes_nothing_of_what_ran(shop, clock):
    approved(a_card(shop))
    hours_later(clock)
    card = a_card(shop)
    approval.reject(card, by=histories.OWNER, reason="no", revision=card.revision)
    other = a_card(shop)
    other.record("release.rolled_back", by="system", because="It did harm to some shoppers")
    assert versions(shop) == [None, 1]


def test_another_shops_moves_are_another_shops(shop, clock):
    other = histories.a_shop(domain="other.myshopify.com")
    histories.pulled(other)
    approved(a_card(other))
    assert versions(shop) == [None]


def test_the_history_is_that_of_the_pointer(shop, clock):
    for _ in range(3):
        histories.healthy(approved(a_card(shop)))
        hours_later(clock)
    go_back(shop)
    active = Deployment.of(shop, USE_CASE).active
    assert what_ran.what_ran(shop, USE_CASE, timezone.now()).version == active.number
    assert LifecycleEvent.broken_at(shop) is None


class TestTheCommand:
    def told(self, capsys, *options):
        call_command("what_ran", *options)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    def test_answers_for_every_use_case_with_the_evidence(self, shop, clock, capsys):
        card = approved(a_card(shop))
        now = hours_later(clock).astimezone(shop.zone)
        told = self.told(capsys, "--shop", shop.domain, "--at", f"{now:%Y-%m-%dT%H:%M:%S}")
        mine = next(line for line in told if line["use_case"] == USE_CASE)
        assert mine["version"] == 1 and mine["approved"][0]["by"] == histories.OWNER
        assert mine["evidence"] == json.loads(json.dumps(card.evidence))

    def test_without_a_moment_it_answers_for_now(self, shop, clock, capsys):
        approved(a_card(shop))
        assert self.told(capsys, "--shop", shop.domain)[0]["version"] == 1

    def test_a_day_alone_is_its_beginning_in_the_shop(self, shop, clock, capsys):
        approved(a_card(shop))
        day = timezone.now().astimezone(shop.zone).date()
        assert self.told(capsys, "--shop", shop.domain, "--at", str(day))[0]["version"] is None
        assert self.told(capsys, "--shop", shop.domain, "--at", str(day + timedelta(days=1)))[0]["version"] == 1

    @pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-02-30T10:00"])
    def test_what_is_no_moment_is_said_so(self, shop, text):
        with pytest.raises(CommandError, match="is no moment"):
            call_command("what_ran", "--shop", shop.domain, "--at", text)
