"""A release: proposed once, asked once a week, approved by an allowed person for exactly what was shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines.lifecycle.errors import ArtifactRefused, Refused, StaleData
from pipelines.lifecycle.releases import approval, propose, rollback, traffic
from pipelines.models import (
    Approval,
    Deployment,
    LifecycleEvent,
    ModelVersion,
    Release,
    ShopSettings,
    Staff,
    StagingRun,
    StoreLink,
    SyncRun,
)
from pipelines.strategies import Traffic
from tests import exposing, histories
from tests.histories import COLLEAGUE, a_card, a_version, approved

pytestmark = pytest.mark.django_db
shown = exposing.shown
Phase = Release.Phase
State = ModelVersion.State


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.pulled(shop)
    return shop


def live(shop):
    return Deployment.of(shop, "demand_forecast").active


def kinds(shop):
    return list(LifecycleEvent.objects.for_shop(shop).order_by("seq").values_list("kind", flat=True))


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
        assert (card.phase, card.held) == (Phase.STAGED, propose.TESTED_FIRST)
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
        assert card.held == propose.TESTED_FIRST
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


class TestApproving:
    def test_the_owner_approves_and_the_version_is_live(self, shop):
        card = approved(a_card(shop))
        assert live(shop) == card.version and card.phase == Phase.LIVE and card.weight == 100
        assert kinds(shop)[-2:] == ["approval.given", "release.live"]
        given = Approval.objects.get()
        assert given.consumed_at and given.evidence_digest == card.evidence_digest

    def test_the_version_that_ran_before_is_kept(self, shop):
        first = approved(a_card(shop))
        second = approved(a_card(shop))
        deployment = Deployment.of(shop, "demand_forecast")
        assert (deployment.active, deployment.standby) == (second.version, first.version)
        first.refresh_from_db()
        assert first.phase == Phase.SUPERSEDED

    def test_a_colleague_may_not_until_the_owner_names_them(self, shop):
        card = a_card(shop)
        with pytest.raises(Refused, match="Only the account owner"):
            approved(card, sub=COLLEAGUE)
        ShopSettings.objects.filter(shop=shop).update(approvers=[COLLEAGUE])
        assert approved(card, sub=COLLEAGUE).phase == Phase.LIVE

    def test_nobody_approves_while_shopify_has_not_said_who_owns_the_account(self, shop):
        Staff.objects.update(is_owner=None)
        with pytest.raises(Refused, match="not told us yet"):
            approved(a_card(shop))

    def test_a_stranger_may_not(self, shop):
        with pytest.raises(Refused):
            approved(a_card(shop), sub="9999")

    def test_an_owner_of_another_shop_may_not(self, shop):
        other = histories.a_shop()
        Staff.objects.filter(shop=shop).delete()
        assert Staff.objects.filter(shop=other, sub=histories.OWNER, is_owner=True).exists()
        with pytest.raises(Refused):
            approved(a_card(shop))

    def test_an_operator_releases_what_is_proven_and_nothing_else(self, shop):
        with pytest.raises(Refused, match="only the merchant"):
            approved(a_card(shop, state=State.UNDECIDED), sub="operator:ann")
        assert approved(a_card(shop), sub="operator:ann").phase == Phase.LIVE

    def test_the_merchant_may_promote_what_is_not_proven(self, shop):
        assert approved(a_card(shop, state=State.UNDECIDED)).phase == Phase.LIVE

    @pytest.mark.parametrize("changed", [{"artifact_digest": "0" * 64}, {"evidence_digest": "0" * 64}])
    def test_a_yes_to_something_else_is_blocked_and_noted(self, shop, changed):
        with pytest.raises(Refused, match="not what this card showed"):
            approved(a_card(shop), **changed)
        assert live(shop) is None and kinds(shop)[-1] == "approval.blocked"

    def test_evidence_that_was_changed_behind_its_digest_is_blocked(self, shop):
        card = a_card(shop)
        Release.objects.filter(pk=card.pk).update(evidence={**card.evidence, "is_proven": "very"})
        card.refresh_from_db()
        with pytest.raises(Refused, match="not what this card showed"):
            approved(card)

    def test_a_card_that_changed_since_it_was_shown_is_refused(self, shop):
        with pytest.raises(Refused, match="changed since you opened it"):
            approved(a_card(shop), revision=0)

    def test_files_that_were_changed_are_never_released_and_bar_the_version(self, shop, settings):
        card = a_card(shop)
        tampered = settings.STATE_DIR / "artifacts" / card.version.artifact_path / "recipe.json"
        tampered.write_bytes(b'{"a": 1}')
        with pytest.raises(ArtifactRefused, match="changed after it was trained"):
            approved(card)
        card.version.refresh_from_db()
        assert card.version.state == State.QUARANTINED and live(shop) is None
        card.refresh_from_db()
        assert not card.is_open

    def test_nothing_goes_live_on_stale_data(self, shop):
        card = a_card(shop)
        SyncRun.objects.update(finished_at=timezone.now() - timedelta(hours=30))
        with pytest.raises(StaleData):
            approved(card)

    def test_an_expired_card_is_refused_also_before_it_is_closed(self, shop):
        card = a_card(shop)
        with pytest.raises(Refused, match="expired"):
            approved(card, now=card.expires_at)

    def test_the_second_of_two_yeses_is_told_that_the_card_changed(self, shop):
        card = a_card(shop)
        same = Release.objects.get(pk=card.pk)
        approved(card)
        with pytest.raises(Refused, match="changed"):
            approved(same)
        assert Approval.objects.count() == 1

    def test_a_rollback_beats_an_approval_that_is_on_its_way(self, shop):
        approved(a_card(shop))
        card = a_card(shop)
        deployment = Deployment.of(shop, "demand_forecast")
        rollback.roll_back(deployment, by="system", because="harm", quarantines=True, revision=deployment.revision)
        with pytest.raises(Refused, match="changed"):
            approved(card)
        assert live(shop) is None
        card.refresh_from_db()
        assert approved(card).phase == Phase.LIVE


class TestClosing:
    def test_a_rejected_version_stays_what_it_was_and_the_reason_is_erasable(self, shop):
        card = approval.reject(a_card(shop), by=histories.OWNER, reason="Not before Christmas", revision=1)
        assert card.phase == Phase.REJECTED and card.version.state == State.VALIDATED
        event = LifecycleEvent.objects.order_by("-seq").first()
        assert event.kind == "release.rejected" and event.note.text == "Not before Christmas"
        event.note.delete()
        assert LifecycleEvent.broken_at(shop) is None

    def test_cards_nobody_decided_on_expire(self, shop):
        card = a_card(shop)
        assert approval.expire(card.expires_at - timedelta(seconds=1)) == 0
        assert approval.expire(card.expires_at) == 1
        card.refresh_from_db()
        assert card.phase == Phase.EXPIRED and kinds(shop)[-1] == "release.expired"


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
