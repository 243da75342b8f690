"""What a release does when figures are no numbers, people change their minds, clocks jump and answers do not come."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.jobs import releases as jobs
from pipelines.lifecycle import look
from pipelines.lifecycle.alerts import board
from pipelines.lifecycle.evidence import paired, rollbacks, weigh
from pipelines.lifecycle.releases import approval, card, freezes, move, propose, rollback
from pipelines.lifecycle.sandbox import staging
from pipelines.models import (
    Alert,
    Approval,
    Deployment,
    LedgerNote,
    ModelVersion,
    Release,
    ShopSettings,
    SyncRun,
)
from pipelines.models.releases import evidence_digest
from pipelines.strategies import Evidence
from pipelines.usecases import USE_CASES
from tests import exposing, histories
from tests.exposing import SLUG

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
Phase = Release.Phase
HOUR = timedelta(hours=1)
NAN, ENDLESS = float("nan"), float("inf")


@pytest.fixture
def shop():
    shop = exposing.a_shop()
    histories.pulled(shop)
    return shop


@pytest.fixture
def canary(shop) -> Release:
    """Return a release that some shoppers see, and whose evidence is what was approved."""
    row = exposing.a_canary(shop, at=timezone.now() - 3 * HOUR)
    Release.objects.filter(pk=row.pk).update(evidence_digest=evidence_digest(row.evidence))
    row.refresh_from_db()
    return row


def measured(monkeypatch, analysis: dict | None = None, **figures: float) -> None:
    known = Evidence(kind="randomised", **figures)
    monkeypatch.setattr(weigh, "evidence_of", lambda *_: (known, analysis or {}))


class TestFigures:
    def test_a_figure_that_is_no_number_holds_the_release_and_loses_no_look(self, canary, monkeypatch):
        measured(monkeypatch, {"harm": NAN, "over_time": [{"value": ENDLESS, "units": 3}]}, harm=NAN)
        look.evaluate(canary.pk, timezone.now())
        canary.refresh_from_db()
        assert "missing" in canary.held and canary.evaluated_at
        assert canary.analysis["harm"] is None and canary.analysis["over_time"] == [{"value": None, "units": 3}]

    @pytest.mark.parametrize("figure", [1e16, 1.9e299, -0.0, 1e-7, 0.1 + 0.2, 2.0, 3])
    def test_stored_evidence_has_the_digest_that_it_had_before(self, canary, figure):
        shown_now = card.add_measurements(canary.evidence, {"non_inferior": figure}, is_proven=True)
        assert move.ask_merchant(canary, timezone.now(), evidence=shown_now)
        stored = Release.objects.get(pk=canary.pk)
        assert evidence_digest(stored.evidence) == stored.evidence_digest == evidence_digest(shown_now)

    def test_other_figures_are_other_evidence(self):
        assert len({evidence_digest({"x": figure}) for figure in (1e16, 1e17, -1.0, 1.0, 0.0)}) == 5


class TestFacts:
    def test_a_decision_rests_on_what_is_stored_and_nothing_else(self, canary):
        now = timezone.now()
        well, _ = look.gather(canary, now)
        assert well.artifact_is_safe and well.evidence_is_same and well.data_age < HOUR
        assert (well.is_paused, well.held, well.frozen_until, well.rolled_back_at) == (False, "", None, None)
        assert (well.asks_before_all, well.automatic_promotions, well.risk_budget) == (False, 0, None)

        until = now + 3 * HOUR
        freezes.add(canary.shop, name="Sale", starts_at=now - HOUR, ends_at=until, by=histories.OWNER)
        SyncRun.objects.update(finished_at=now - 30 * HOUR)
        Deployment.objects.filter(canary=canary.version_id).update(rolled_back_at=now - HOUR)
        canary.version.state = ModelVersion.State.QUARANTINED
        canary.is_paused, canary.held = True, "Paused by you"
        canary.evidence["plan"] |= {"asks_before_all": True, "risk_budget_minor": 500}
        for by in ("system", "system", histories.OWNER):
            canary.record("release.live", by=by, because="Well")
        ill, _ = look.gather(canary, now)
        assert not ill.artifact_is_safe and not ill.evidence_is_same and ill.data_age == 30 * HOUR
        assert (ill.is_paused, ill.held) == (True, "Paused by you")
        assert (ill.frozen_until, ill.rolled_back_at) == (until, now - HOUR)
        assert (ill.asks_before_all, ill.automatic_promotions, ill.risk_budget) == (True, 2, 500)

    @pytest.mark.parametrize("digest", ["artifact_digest", "evidence_digest"])
    def test_a_yes_to_other_files_or_other_evidence_moves_nothing(self, canary, digest):
        now = timezone.now()
        Approval.objects.update(evidence_digest=canary.evidence_digest)
        assert look.gather(canary, now)[0].is_approved
        Approval.objects.update(**{digest: "0" * 64})
        assert not look.gather(canary, now)[0].is_approved
        assert not move.enter_step(canary, 1, now, by="system", because="Well")
        assert Release.objects.get(pk=canary.pk).weight == 5


class TestPeople:
    @pytest.fixture
    def shop(self):
        shop = histories.a_shop()
        histories.pulled(shop)
        return shop

    def test_a_yes_that_a_rollback_made_void_may_be_said_again(self, shop):
        histories.approved(histories.a_card(shop))
        ShopSettings.objects.filter(shop=shop).update(approvals_needed=2, approvers=[histories.COLLEAGUE])
        waiting = histories.approved(histories.a_card(shop))
        pointer = Deployment.of(shop, "demand_forecast")
        rollback.roll_back(pointer, by=histories.OWNER, because="Odd", revision=pointer.revision)
        again = histories.approved(Release.objects.get(pk=waiting.pk))
        assert again.phase == Phase.AWAITING_APPROVAL
        assert histories.approved(again, sub=histories.COLLEAGUE).phase == Phase.LIVE
        assert Approval.objects.filter(release=waiting).exclude(voided_because="").count() == 1

    def test_a_card_names_what_it_would_replace_after_a_rollback_too(self, shop):
        first = histories.healthy(histories.approved(histories.a_card(shop)))
        histories.approved(histories.a_card(shop))
        beside = propose.propose(histories.a_version(shop))
        pointer = Deployment.of(shop, "demand_forecast")
        rollback.roll_back(pointer, by="system", because="Harm", quarantines=True, revision=pointer.revision)
        beside.refresh_from_db()
        assert (beside.phase, beside.evidence["compared_with"]) == (Phase.SHADOW, first.version.number)
        assert beside.evidence_digest == evidence_digest(beside.evidence)
        assert paired.pair_of(beside).against == first.version

    def test_a_yes_of_somebody_who_may_no_longer_say_it_moves_nothing(self, shop):
        now, first = timezone.now(), histories.approved(histories.a_card(shop))
        ShopSettings.objects.filter(shop=shop).update(approvers=[histories.COLLEAGUE])
        freezes.add(shop, name="Sale", starts_at=now - HOUR, ends_at=now + HOUR, by=histories.OWNER)
        waiting = histories.approved(histories.a_card(shop), sub=histories.COLLEAGUE)
        assert waiting.phase == Phase.SCHEDULED
        ShopSettings.objects.filter(shop=shop).update(approvers=[])
        look.evaluate(waiting.pk, now + 2 * HOUR)
        waiting.refresh_from_db()
        assert waiting.phase == Phase.AWAITING_APPROVAL
        assert Deployment.of(shop, "demand_forecast").active == first.version

    def test_a_release_paused_before_its_first_step_takes_none(self, shop, monkeypatch):
        monkeypatch.setattr(staging, "trial_of", lambda _: staging.Trial(waits=True))
        staged = propose.propose(histories.a_version(shop))
        move.pause(staged, by=histories.OWNER, revision=staged.revision)
        monkeypatch.setattr(staging, "trial_of", lambda _: staging.Trial())
        look.evaluate(staged.pk, timezone.now())
        staged.refresh_from_db()
        assert (staged.phase, staged.held) == (Phase.STAGED, "Paused by you")
        staged = move.pause(staged, by=histories.OWNER, revision=staged.revision, pauses=False)
        look.evaluate(staged.pk, timezone.now())
        staged.refresh_from_db()
        assert staged.phase != Phase.STAGED

    def test_a_reason_of_any_length_is_a_reason(self, shop):
        waiting = histories.a_card(shop)
        approval.reject(waiting, by="operator:ann", reason="No. " * 300, revision=waiting.revision)
        assert waiting.phase == Phase.REJECTED and len(LedgerNote.objects.get().text) == LedgerNote.LONGEST


class TestTime:
    def test_an_answer_that_did_not_come_is_no_rollback_and_starts_no_cooldown(self, canary):
        shown_now = card.add_measurements(canary.evidence, {}, is_proven=False)
        assert move.ask_merchant(canary, timezone.now(), evidence=shown_now)
        assert approval.expire(timezone.now() + timedelta(days=8)) == 1
        canary.refresh_from_db()
        pointer = Deployment.of(canary.shop, SLUG)
        assert (canary.phase, pointer.canary, pointer.rolled_back_at) == (Phase.EXPIRED, None, None)

    def test_a_clock_that_was_ahead_leaves_no_release_unseen(self, canary):
        now = timezone.now()
        Release.objects.filter(pk=canary.pk).update(evaluated_at=now + timedelta(days=300))
        assert (canary.shop_id, canary.pk) in look.due(now)

    def test_clocks_of_two_workers_that_differ_a_little_are_no_clock_that_went_back(self, canary):
        now = timezone.now()
        Release.objects.filter(pk=canary.pk).update(evaluated_at=now + timedelta(seconds=2))
        assert (canary.shop_id, canary.pk) not in look.due(now)
        assert look.evaluate(canary.pk, now).reason != "clock_went_back"


class TestOneAmongOthers:
    def test_an_alert_of_a_release_that_ended_closes_a_day_later(self, canary, monkeypatch):
        measured(monkeypatch, harm=100.0)
        now = timezone.now()
        look.evaluate(canary.pk, now)
        told = Alert.objects.get()
        assert board.close_over(now + 23 * HOUR) == 0
        assert board.close_over(now + 24 * HOUR) == 1
        told.refresh_from_db()
        assert told.closed_at == now + 24 * HOUR

    def test_an_alert_of_a_release_that_still_moves_is_left_to_its_looks(self, canary):
        now = timezone.now()
        board.tell(canary.shop, "slow", title="Slow", next_step="Wait.", release=canary, now=now)
        assert board.close_over(now + 99 * HOUR) == 0

    def test_harm_that_lost_a_race_is_looked_at_again_at_once(self, canary, monkeypatch):
        def first(*_) -> tuple:
            Release.objects.filter(pk=canary.pk).update(revision=canary.revision + 1)  # a person pauses meanwhile
            return Evidence(kind="randomised", harm=100.0), {}

        monkeypatch.setattr(weigh, "evidence_of", first)
        now = timezone.now()
        look.evaluate(canary.pk, now)
        canary.refresh_from_db()
        assert canary.phase == Phase.CANARY and (canary.shop_id, canary.pk) in look.due(now)

    def test_a_late_release_that_somebody_moves_holds_up_no_other(self, canary, monkeypatch):
        late = timezone.now() + timedelta(days=8)
        Release.objects.filter(pk=canary.pk).update(phase=Phase.AWAITING_APPROVAL, expires_at=late)
        other = histories.a_card(canary.shop)
        Release.objects.filter(pk=other.pk).update(expires_at=late)
        take_away = rollback.abort

        def moved(row, **why):
            Release.objects.filter(pk=row.pk).update(revision=row.revision + 1)
            return take_away(row, **why)

        monkeypatch.setattr(rollback, "abort", moved)
        assert approval.expire(late) == 1
        other.refresh_from_db()
        assert other.phase == Phase.EXPIRED

    def test_a_use_case_that_is_no_more_is_not_asked_for_again_and_again(self, canary):
        with USE_CASES.only():
            assert (canary.shop_id, canary.pk) not in look.due(timezone.now())

    def test_each_rollback_is_looked_back_at_in_a_job_of_its_own(self, canary, monkeypatch):
        rollback.abort(canary, by="system", because="Harm", quarantines=True)
        asked = []
        monkeypatch.setattr(jobs.look_back_at, "enqueue", lambda *ids: asked.append(ids))
        jobs.look_back()
        assert asked == [(canary.shop_id, canary.pk)] and "recovery" not in Release.objects.get(pk=canary.pk).analysis
        jobs.look_back_at(canary.shop_id, canary.pk)
        assert Release.objects.get(pk=canary.pk).analysis["recovery"]["verdict"] in rollbacks.SENTENCES
