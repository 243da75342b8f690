"""Whatever is wrong with a wish, it gets its own sentence and a line in the ledger, and nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pipelines.lifecycle import look, preferences
from pipelines.lifecycle.errors import ArtifactUnavailable, StageError
from pipelines.lifecycle.releases import approval, propose
from pipelines.models import Alert, Approval, Deployment, LifecycleEvent, ModelVersion, Release, ShopSettings, Staff
from pipelines.strategies import Step
from tests import exposing, histories

pytestmark = pytest.mark.django_db
shown = exposing.shown
FORGED = "0" * 64


def state() -> list[Any]:
    """Return everything that a wish could move."""
    columns = ("active", "standby", "canary", "revision")
    return [
        list(Deployment.objects.order_by("pk").values_list(*columns)),
        list(Release.objects.order_by("pk").values_list("pk", "phase", "step", "weight", "revision")),
        list(ModelVersion.objects.order_by("pk").values_list("pk", "state")),
        list(Approval.objects.order_by("pk").values_list("pk", "consumed_at", "voided_because")),
    ]


def newest(shop) -> LifecycleEvent:
    return LifecycleEvent.objects.for_shop(shop).order_by("-seq").first()


def assert_refused(shop, wish: Callable[[], Any], sentence: str, kind: str) -> None:
    """State that a wish is refused with this sentence, that the ledger says so once, and that nothing moved."""
    before, lines = state(), LifecycleEvent.objects.for_shop(shop).count()
    with pytest.raises(StageError, match=sentence) as refusal:
        wish()
    assert state() == before
    assert LifecycleEvent.objects.for_shop(shop).count() == lines + 1
    assert (newest(shop).kind, newest(shop).because) == (kind, refusal.value.sentence[:200])
    assert LifecycleEvent.broken_at(shop) is None


class TestApprovals:
    @pytest.mark.parametrize("forged", ["artifact_digest", "evidence_digest"])
    def test_one_that_was_forged(self, shop, forged):
        card = histories.a_card(shop)
        assert_refused(
            shop, lambda: histories.approved(card, **{forged: FORGED}), "not what this card showed", "approval.blocked"
        )

    def test_one_for_the_artifact_of_another_shop(self, shop):
        card, other = histories.a_card(shop), histories.a_card(histories.a_shop())
        digest = other.version.artifact_digest
        wish = lambda: histories.approved(card, artifact_digest=digest)  # noqa: E731
        assert_refused(shop, wish, "not what this card showed", "approval.blocked")

    def test_one_for_other_steps_than_the_card_tells(self, shop):
        card = histories.a_card(shop)
        Release.objects.filter(pk=card.pk).update(steps=[Step("all", weight=100).as_dict()])
        card.refresh_from_db()
        assert_refused(shop, lambda: histories.approved(card), "not what this card showed", "approval.blocked")

    def test_one_that_is_sent_again(self, shop):
        card = histories.a_card(shop)
        said = {"revision": card.revision, "evidence_digest": card.evidence_digest}
        histories.approved(card)
        assert_refused(shop, lambda: histories.approved(card, **said), "card changed", "approval.superseded")

    def test_one_that_is_sent_again_with_the_revision_of_now(self, shop):
        card = histories.approved(histories.a_card(shop))
        assert_refused(shop, lambda: histories.approved(card), "card changed", "approval.superseded")

    def test_one_of_an_older_state_of_the_card(self, shop):
        card = histories.a_card(shop)
        wish = lambda: histories.approved(card, revision=card.revision - 1)  # noqa: E731
        assert_refused(shop, wish, "card changed", "approval.superseded")

    @pytest.mark.parametrize(
        ("sub", "sentence"),
        [
            (histories.COLLEAGUE, "Only the account owner"),
            ("9999", "not told us yet whether you own"),
        ],
    )
    def test_one_by_somebody_who_may_not(self, shop, sub, sentence):
        card = histories.a_card(shop)
        assert_refused(shop, lambda: histories.approved(card, sub=sub), sentence, "approval.refused")

    def test_one_by_the_owner_of_another_shop(self, shop):
        Staff.objects.create(shop=histories.a_shop(), sub="4711", is_owner=True, is_collaborator=False)
        card = histories.a_card(shop)
        assert_refused(shop, lambda: histories.approved(card, sub="4711"), "not told us yet", "approval.refused")

    def test_one_by_an_operator_of_what_is_not_proven(self, shop):
        card = histories.a_card(shop, state=ModelVersion.State.UNDECIDED)
        wish = lambda: histories.approved(card, sub="operator:ann")  # noqa: E731
        assert_refused(shop, wish, "only the merchant", "approval.refused")

    def test_one_of_a_release_that_another_shop_has(self, shop):
        other = histories.a_card(histories.a_shop())
        before = state()
        approval.refuse_unknown(shop, sub=histories.OWNER, asked_for=other.pk)
        assert state() == before and newest(shop).kind == "approval.refused"

    def test_one_on_expired_evidence(self, shop):
        card = histories.a_card(shop)
        late = card.expires_at
        assert_refused(shop, lambda: histories.approved(card, now=late), "card has expired", "approval.refused")

    def test_one_on_a_clock_that_went_back(self, shop):
        card = histories.a_card(shop)
        early = timezone.now() - timedelta(hours=5)
        assert_refused(shop, lambda: histories.approved(card, now=early), "clock is behind", "approval.refused")

    def test_machines_may_differ_by_minutes(self, shop):
        card = histories.a_card(shop)
        assert histories.approved(card, now=timezone.now() - timedelta(minutes=2)).phase == Release.Phase.LIVE

    def test_one_where_the_files_are_not_to_be_had_bars_nothing_tells_people_and_counts_once_they_are_back(
        self, shop, settings, tmp_path
    ):
        live = histories.approved(histories.a_card(shop)).version
        card = histories.a_card(shop)
        here = settings.STORAGES
        elsewhere = here["artifacts"] | {"OPTIONS": {"location": tmp_path / "another state folder"}}
        settings.STORAGES = here | {"artifacts": elsewhere}
        with pytest.raises(ArtifactUnavailable, match="missing where we look for it"):
            histories.approved(card)
        assert Deployment.of(shop, "demand_forecast").active == live
        assert newest(shop).kind == "approval.refused" and not Approval.objects.filter(release=card).exists()
        assert not LifecycleEvent.objects.for_shop(shop).filter(kind="version.quarantined").exists()
        alert = Alert.objects.for_shop(shop).get(closed_at=None)
        assert (alert.severity, alert.title) == ("warning", "The files of version 2 cannot be read")
        settings.STORAGES = here
        assert histories.approved(card).phase == Release.Phase.LIVE
        assert not Alert.objects.for_shop(shop).filter(closed_at=None).exists()


class TestLooks:
    def test_one_on_a_clock_that_went_back_holds_and_moves_nothing(self, shown):
        shop = exposing.a_shop()
        row = exposing.a_canary(shop)
        now = exposing.MONDAY + timedelta(hours=9)
        Release.objects.filter(pk=row.pk).update(evaluated_at=now)
        before = state()
        look.evaluate(row.pk, now - timedelta(hours=5))
        assert state() == before
        held = LifecycleEvent.objects.for_shop(shop).get(kind="release.held")
        assert "clock" in held.because


class TestWishes:
    def test_a_strategy_that_does_not_fit_the_use_case(self, shop):
        version = histories.a_version(shop)
        wish = lambda: propose.propose(version, strategy="canary", by=histories.OWNER)  # noqa: E731
        assert_refused_as_first(shop, wish, "shoppers cannot be split", "release.refused")

    def test_a_strategy_that_is_none(self, shop):
        version = histories.a_version(shop)
        wish = lambda: propose.propose(version, strategy="hope")  # noqa: E731
        assert_refused_as_first(shop, wish, "no way of releasing", "release.refused")

    @pytest.mark.parametrize("state_", [ModelVersion.State.REFUSED, ModelVersion.State.QUARANTINED])
    def test_a_version_that_is_barred(self, shop, state_):
        version = histories.a_version(shop, state=state_)
        assert_refused(shop, lambda: propose.propose(version), "cannot be released", "release.refused")

    @pytest.mark.parametrize(
        ("weights", "sentence"),
        [([0, 5], "from 1 to 50"), ([60], "from 1 to 50"), ([10, 5], "larger than the one before"), (["5"], "whole")],
    )
    def test_shares_of_shoppers_outside_their_bounds(self, shop, weights, sentence):
        wish = lambda: preferences.change_settings(  # noqa: E731
            shop, {"canary_weights": weights}, revision=0, by=histories.OWNER
        )
        assert_refused(shop, wish, sentence, "settings.refused")
        assert ShopSettings.objects.get(shop=shop).canary_weights == []

    def test_steps_that_do_not_reach_everybody(self, shop, monkeypatch):
        from pipelines.strategies import STRATEGIES

        steps = (Step("preview", asks=True), Step("50", weight=50))
        monkeypatch.setattr(type(STRATEGIES["blue_green"]), "steps", lambda *_: steps)
        version = histories.a_version(shop)
        wish = lambda: propose.propose(version, strategy="blue_green")  # noqa: E731
        assert_refused_as_first(shop, wish, "do not reach 100 %", "release.refused")


def assert_refused_as_first(shop, wish: Callable[[], Any], sentence: str, kind: str) -> None:
    """State the same of a wish that is the first to ask where the shop's pointer is."""
    Deployment.of(shop, "demand_forecast")
    assert_refused(shop, wish, sentence, kind)
