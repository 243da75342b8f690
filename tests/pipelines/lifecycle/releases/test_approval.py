"""A yes of an allowed person to exactly what was shown; a no, and what nobody decided on in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.errors import ArtifactRefused, Refused, StaleData
from pipelines.lifecycle.releases import approval, rollback
from pipelines.models import (
    Approval,
    Deployment,
    LifecycleEvent,
    ModelVersion,
    Release,
    ShopSettings,
    Staff,
    SyncRun,
)
from tests import exposing, histories
from tests.histories import COLLEAGUE, a_card, approved, kinds

pytestmark = pytest.mark.django_db
shown = exposing.shown
Phase = Release.Phase
State = ModelVersion.State


def live(shop):
    return Deployment.of(shop, "demand_forecast").active


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
