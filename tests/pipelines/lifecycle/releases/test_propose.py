"""A release: proposed once, asked once a week, approved by an allowed person for exactly what was shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.releases import approval, move, propose, traffic
from pipelines.models import (
    Deployment,
    ModelVersion,
    Release,
    ShopSettings,
    StagingRun,
    StoreLink,
)
from pipelines.strategies import Traffic
from tests import exposing, histories
from tests.histories import a_card, a_version, approved, kinds

pytestmark = pytest.mark.django_db
shown = exposing.shown
Phase = Release.Phase
State = ModelVersion.State


def live(shop):
    return Deployment.of(shop, "demand_forecast").active


class TestProposing:
    def test_a_candidate_is_put_before_the_merchant_with_an_expiry(self, shop):
        card = a_card(shop)
        assert card.phase == Phase.AWAITING_APPROVAL and card.is_proven
        assert card.expires_at - timezone.now() > timedelta(days=6, hours=23)
        assert kinds(shop) == ["release.staged", "release.asked"]

    def test_proposing_twice_opens_one_release(self, shop):
        version = a_version(shop)
        assert propose.propose(version) == propose.propose(version)
        assert Release.objects.count() == 1

    @pytest.mark.parametrize("state", [State.TRAINED, State.REFUSED, State.QUARANTINED])
    def test_only_what_passed_its_checks_is_proposed(self, shop, state):
        with pytest.raises(Refused, match="cannot be released"):
            a_card(shop, state=state)

    def test_an_undecided_version_is_proposed_as_not_proven(self, shop):
        card = a_card(shop, state=State.UNDECIDED)
        assert not card.is_proven and card.evidence["is_proven"] is False

    def test_a_newer_candidate_replaces_one_that_only_waits(self, shop):
        older = a_card(shop)
        newer = a_card(shop)
        older.refresh_from_db()
        assert older.phase == Phase.SUPERSEDED and newer.phase == Phase.AWAITING_APPROVAL

    def test_an_older_candidate_never_replaces_a_newer_one(self, shop):
        older = a_version(shop)
        card = a_card(shop)
        assert propose.propose(older) is None
        assert Release.under_way(shop, "demand_forecast") == card

    def test_a_release_that_shoppers_see_already_is_not_replaced(self, shop):
        card = a_card(shop)
        Release.objects.filter(pk=card.pk).update(phase=Phase.CANARY)
        assert propose.propose(a_version(shop)) is None

    def test_the_evidence_names_strategy_steps_and_maximum_duration(self, shop):
        evidence = a_card(shop).evidence
        assert evidence["strategy"] == "blue_green" and evidence["maximum_days"] == 7
        assert [step["name"] for step in evidence["steps"]] == ["preview", "all"]

    def test_shares_of_shoppers_keep_a_strategy_that_takes_none_from_being_chosen(self, shop):
        approved(a_card(shop))
        ShopSettings.objects.filter(shop=shop).update(canary_weights=[2, 20], strategy="shadow", alongside_days=7)
        assert propose.propose(a_version(shop)).strategy == "shadow"

    def test_a_strategy_asked_for_by_name_must_fit(self, shop):
        with pytest.raises(Refused, match="products, not for shoppers"):
            propose.propose(a_version(shop), strategy="canary")


class TestAskingOnceAWeek:
    def test_a_routine_question_waits_for_its_week(self, shop):
        approval.reject(a_card(shop), by=histories.OWNER, reason="no", revision=1)
        card = propose.propose(a_version(shop), routine=True)
        assert card.phase == Phase.STAGED and "once a week" in card.held
        assert not propose.begin(card, timezone.now() + timedelta(days=6))
        assert propose.begin(card, timezone.now() + timedelta(days=8))
        card.refresh_from_db()
        assert card.phase == Phase.AWAITING_APPROVAL and not card.held

    def test_what_the_merchant_asked_for_is_asked_at_once(self, shop):
        approval.reject(a_card(shop), by=histories.OWNER, reason="no", revision=1)
        assert propose.propose(a_version(shop)).phase == Phase.AWAITING_APPROVAL

    def test_a_card_that_replaces_an_open_one_is_no_new_question(self, shop):
        older = a_card(shop)
        newer = propose.propose(a_version(shop), routine=True)
        assert newer.phase == Phase.AWAITING_APPROVAL and newer.asked_at == older.asked_at

    def test_a_held_card_cannot_be_approved(self, shop):
        approval.reject(a_card(shop), by=histories.OWNER, reason="no", revision=1)
        with pytest.raises(Refused):
            approved(propose.propose(a_version(shop), routine=True))

    def test_what_waited_for_its_test_store_waits_for_no_week(self, shop):
        approval.reject(a_card(shop), by=histories.OWNER, reason="no", revision=1)
        linked(shop)
        card = propose.propose(a_version(shop))
        assert (card.phase, card.held) == (Phase.STAGED, move.TESTED_FIRST)
        passes_its_test(card)
        assert propose.begin(card, timezone.now())
        card.refresh_from_db()
        assert card.phase == Phase.AWAITING_APPROVAL and not card.held

    def test_a_routine_question_waits_for_its_week_and_then_for_its_test_store(self, shop):
        approval.reject(a_card(shop), by=histories.OWNER, reason="no", revision=1)
        linked(shop)
        card = propose.propose(a_version(shop), routine=True)
        assert "once a week" in card.held
        later = timezone.now() + timedelta(days=8)
        assert not propose.begin(card, later)
        assert card.held == move.TESTED_FIRST
        passes_its_test(card)
        assert propose.begin(card, later)


def linked(shop):
    """Link a test store."""
    now = timezone.now()
    facts = {"entered_at": now, "confirmed_at": now, "by": histories.OWNER}
    StoreLink.objects.create(shop=shop, test_shop=histories.a_shop(), **facts)


def passes_its_test(card):
    """Let the test of a release's version end well."""
    facts = {"use_case": card.use_case, "version": card.version, "state": StagingRun.State.PASSED}
    StagingRun.objects.create(shop=card.shop, **facts)


@pytest.mark.usefixtures("shown")
def test_before_shoppers_are_split_the_card_says_what_can_be_found_and_when(monkeypatch):
    shop = exposing.a_shop()
    histories.pulled(shop)
    live = a_version(shop, use_case=exposing.SLUG)
    Deployment.objects.create(shop=shop, use_case=exposing.SLUG, active=live, revision=1)
    busy = Traffic("randomised", units_a_day=5_000, rate=0.03)
    monkeypatch.setattr(traffic, "traffic_of", lambda pointer: busy)
    plan = propose.propose(a_version(shop, use_case=exposing.SLUG)).evidence["plan"]
    assert 0 < plan["smallest_harm"] < 0.3 and 5 < plan["expected_days"] < 90


@pytest.mark.usefixtures("shown")
def test_orders_are_counted_before_the_pointer_is_held():
    shop = exposing.a_shop()
    histories.pulled(shop)
    version = a_version(shop, use_case=exposing.SLUG)
    with CaptureQueriesContext(connection) as statements:
        assert propose.propose(version)
    said = [each["sql"] for each in statements]
    held = next(place for place, sql in enumerate(said) if "FOR NO KEY UPDATE" in sql)
    assert any("pipelines_order" in sql for sql in said[:held])
    assert not any("pipelines_order" in sql for sql in said[held:])
