"""The release policy's scenarios through the real jobs, on PostgreSQL and a clock that only the test moves."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from pipelines.jobs import releases
from pipelines.jobs import releases as jobs
from pipelines.lifecycle import due
from pipelines.lifecycle.errors import ArtifactRefused, Refused
from pipelines.lifecycle.evidence import weigh
from pipelines.lifecycle.releases import approval, freezes, move, propose, rollback
from pipelines.models import (
    Alert,
    Approval,
    Deployment,
    LifecycleEvent,
    ModelVersion,
    Release,
    ServingWindow,
    SyncRun,
    TrainingRun,
)
from pipelines.stats.clock import day_of
from pipelines.strategies import policy
from tests import exposing, histories
from tests.journeys.canary_store import HOUR, UNITS, CanaryStore
from tests.pipelines.strategies.situations import GOOD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown
Phase = Release.Phase
MONDAY = datetime(2026, 9, 14, tzinfo=UTC)
WELL = {"control": (UNITS, 10), "canary": (50, 1)}


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def store(clock) -> CanaryStore:
    return CanaryStore(clock)


def live_in(shop):
    return Deployment.of(shop, "demand_forecast").active


def test_every_scenario_has_its_test(shared: Path) -> None:
    known = {case["id"].split()[0] for case in json.loads((shared / "policy_scenarios.json").read_text())["scenarios"]}
    told = "\n".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert known <= {found.upper() for found in re.findall(r"def test_(p\d\d)_", told)}


class TestSilence:
    def test_p01_without_data_the_canary_is_held_and_told_of(self, store):
        store.hours("ok", "no_data", "no_data")
        assert store.row.phase == Phase.CANARY and store.row.weight == 5
        assert "Nothing has been heard" in store.row.held and store.alerts == ["metric_missing"]

    def test_p01_it_goes_on_when_data_comes_back(self, store):
        store.hours("ok", "no_data", "no_data", "ok")
        assert store.row.held == "" and store.events("release.resumed") == 1

    def test_p02_after_six_silent_hours_the_canary_is_gone_and_may_come_again(self, store):
        store.hours("ok", *["no_data"] * 6)
        assert store.row.phase == Phase.ROLLED_BACK and store.deployment.canary is None
        assert store.row.version.state == ModelVersion.State.VALIDATED

    def test_p02_a_quiet_night_is_no_silence(self, store):
        ServingWindow.objects.for_shop(store.shop).update(units=10)
        store.hours("ok", *["quiet"] * 8)
        assert store.row.phase == Phase.CANARY and store.row.held == ""

    def test_p03_a_dead_monitor_holds_and_takes_nothing_away(self, store):
        before = store.deployment
        store.hours("ok", *["down"] * 8)
        assert store.row.phase == Phase.CANARY and store.row.held
        assert (store.deployment.active, store.deployment.revision) == (before.active, before.revision)
        assert Alert.objects.for_shop(store.shop).filter(severity="critical").exists()


class TestBreaches:
    def test_p04_flapping_warns_once_and_takes_nothing_away(self, store):
        store.hours("breach", "ok", "breach", "ok", "ok")
        assert store.row.phase == Phase.CANARY and store.alerts == ["flapping"]

    def test_p05_three_of_five_take_the_canary_away_exactly_once(self, store):
        store.hours("breach", "breach", "ok", "breach")
        assert store.row.phase == Phase.ROLLED_BACK and store.events("release.rolled_back") == 1
        assert store.row.version.state == ModelVersion.State.QUARANTINED
        store.hours("breach", "breach", "breach")
        assert store.events("release.rolled_back") == 1

    def test_p06_soon_after_a_rollback_there_is_no_second_one(self, store):
        store.hours("breach", "breach", "breach")
        restored = store.deployment.active
        store.release = store.live
        store.hours("ok", *["breach"] * 4)
        assert store.deployment.active == restored and store.events("release.rolled_back") == 1
        assert "cooldown" in store.alerts
        store.hours(*["ok"] * 22, *["breach"] * 4)
        assert store.deployment.active is None and store.events("release.rolled_back") == 2

    def test_p09_a_freeze_blocks_no_rollback(self, store):
        freezes.add(store.shop, name="Sale", starts_at=MONDAY, ends_at=MONDAY + timedelta(days=9), by=histories.OWNER)
        store.hours("breach", "breach", "breach")
        assert store.row.phase == Phase.ROLLED_BACK

    def test_p12_the_first_version_ever_gives_way_to_the_safe_default(self, store):
        store.hours("breach", "breach", "breach")
        store.release = store.live
        Release.objects.filter(pk=store.live.pk).update(entered_at=store.now, healthy_since=store.now)
        store.hours(*["ok"] * 25, *["breach"] * 3)
        pointer = store.deployment
        assert pointer.active is None and pointer.revision > 0

    def test_p12_only_24_hours_without_a_breach_make_a_version_one_to_return_to(self, store):
        since = {"entered_at": MONDAY, "healthy_since": MONDAY, "was_healthy_at": None}
        Release.objects.filter(pk=store.live.pk).update(**since)
        errors = {22: UNITS // 2}
        ServingWindow.objects.bulk_create(
            store.window("stable", store.live.version, MONDAY + hour * HOUR, units=UNITS, errors=errors.get(hour, 0))
            for hour in range(47)
        )
        for hour, is_healthy in ((22, False), (24, False), (46, False), (47, True)):
            store.clock.move_to(MONDAY + hour * HOUR)
            jobs.evaluate(store.live.shop_id, store.live.pk)
            assert bool(Release.objects.get(pk=store.live.pk).was_healthy_at) is is_healthy, hour


class TestHarm:
    def test_p13_a_canary_that_sells_nothing_is_gone_a_day_after_the_sixth_hour(self, store):
        for _ in range(6):
            store.hour(control=(500, 10), canary=(50, 0))
        store.hours(*["ok"] * 23)
        assert store.row.phase == Phase.CANARY
        store.hours("ok")
        assert store.row.phase == Phase.ROLLED_BACK and "order less" in store.row.closed_because
        assert store.row.version.state == ModelVersion.State.QUARANTINED

    def test_p13_the_alert_says_that_it_is_gone_and_claims_no_money_at_risk(self, store):
        for _ in range(6):
            store.hour(control=(500, 10), canary=(50, 0))
        store.hours(*["ok"] * 24)
        alert = Alert.objects.for_shop(store.shop).get(severity="critical")
        assert "taken away" in alert.text and alert.minor_per_hour is None

    def test_p14_a_split_that_was_not_planned_proves_nothing_either_way(self, store):
        for _ in range(6):
            store.hour(control=(1584, 32), canary=(192, 4))
        store.hours(*["ok"] * 26)
        assert store.row.phase == Phase.CANARY and "not split as planned" in store.row.held
        assert store.row.analysis["speaks"] is False and store.row.analysis["verdict"] == "error"

    def test_p20_a_ramp_while_sales_fall_is_no_harm(self, store):
        for _ in range(12):
            store.hour(control=(1000, 30), canary=(100, 3))
        store.hours(*["ok"] * 24)
        exposing.enter(store.row, 1, store.now)
        for _ in range(12):
            store.hour(control=(1000, 15), canary=(1000, 15))
        store.hours(*["ok"] * 24)
        assert store.row.phase == Phase.CANARY and store.row.analysis["harm"] < 5

    def test_p19_without_a_peak_hour_no_step_is_taken(self, store):
        for hour in range(48):
            peak = hour % 24 in (10, 11)
            store.hour(**({} if peak else WELL))
        store.hours(*["ok"] * 26)
        assert store.row.step == 0 and store.row.analysis["reason"] == "peak_needed"


class TestMovingForward:
    def test_p18_on_stale_data_nothing_moves_until_it_is_fresh(self, store, monkeypatch):
        monkeypatch.setattr(weigh, "evidence_of", lambda *_: (GOOD, {}))
        SyncRun.objects.update(finished_at=MONDAY - 3 * HOUR)
        with monkeypatch.context() as offline:
            offline.setattr(histories, "pulled", lambda *_: None)
            store.hours(*["ok"] * 25)
            assert store.row.step == 0 and "26 hours old" in store.row.held
        store.hours("ok", "ok")
        assert store.row.step == 1 and store.row.held == ""

    def test_two_workers_take_a_step_once(self, store):
        row, same = store.row, store.row
        assert move.enter_step(row, 1, store.now, by="system", because="Well")
        assert not move.enter_step(same, 1, store.now, by="system", because="Well")
        assert store.events("release.step") == 1 and store.row.weight == 50

    def test_a_clock_that_goes_back_changes_nothing(self, store):
        store.hours("ok", "ok")
        before = store.row
        store.clock.shift(-5 * HOUR)
        jobs.evaluate(store.release.shop_id, store.release.pk)
        assert (store.row.revision, store.row.evaluated_at) == (before.revision, before.evaluated_at)
        assert "clock" in store.row.held
        store.clock.shift(5 * HOUR)


class TestApproving:
    @pytest.fixture
    def shop(self, clock, monkeypatch):
        monkeypatch.setattr(releases.refresh, "function", lambda *_: None)  # these versions have nothing to say
        shop = histories.a_shop()
        histories.pulled(shop)
        return shop

    def frozen(self, shop, days: int) -> None:
        freezes.add(
            shop, name="Sale", starts_at=MONDAY - HOUR, ends_at=MONDAY + timedelta(days=days), by=histories.OWNER
        )

    def tick(self, shop, clock, days: int) -> None:
        for _ in range(days):
            clock.shift(timedelta(days=1))
            histories.pulled(shop)
            self.answer(shop)
            jobs.keep_time()

    def answer(self, shop) -> None:
        """Let what runs and what waits answer for today."""
        today = day_of(timezone.now(), shop.zone)
        facts = {"use_case": "demand_forecast", "starts_at": today.starts_at, "ends_at": today.ends_at, "units": 9}
        waiting = Release.objects.for_shop(shop).filter(phase__in=Release.OPEN).first()
        for arm, version in (("stable", live_in(shop)), ("canary", waiting and waiting.version)):
            if version:
                ServingWindow.objects.create(shop=shop, arm=arm, version=version, **facts)

    def test_p08_inside_a_freeze_an_approved_release_waits_for_its_end(self, shop, clock):
        first = histories.approved(histories.a_card(shop))
        self.frozen(shop, 3)
        card = histories.approved(histories.a_card(shop))
        assert card.phase == Phase.SCHEDULED and live_in(shop) == first.version
        self.tick(shop, clock, days=2)
        assert live_in(shop) == first.version
        self.tick(shop, clock, days=1)
        assert live_in(shop) == card.version

    def test_p08_the_first_version_goes_live_inside_a_freeze(self, shop, clock):
        self.frozen(shop, 3)
        card = histories.approved(histories.a_card(shop))
        assert card.phase == Phase.LIVE and live_in(shop) == card.version

    def test_p08_an_approval_does_not_outlive_a_long_freeze_and_one_question_comes_at_its_end(self, shop, clock):
        first, waiting = histories.approved(histories.a_card(shop)), histories.a_card(shop)
        self.frozen(shop, 20)
        card = histories.approved(waiting)
        wished = []
        for _ in range(20):
            self.tick(shop, clock, days=1)
            wished += list(due.renewals())
        card.refresh_from_db()
        assert card.phase == Phase.EXPIRED and live_in(shop) == first.version
        assert wished == [(shop.pk, "demand_forecast", "renewal")]
        TrainingRun.objects.create(shop=shop, use_case="demand_forecast", trigger="renewal", state="running")
        assert not list(due.renewals())
        fresh = propose.propose(histories.a_version(shop))
        assert histories.answered(fresh).phase == Phase.AWAITING_APPROVAL

    def test_p08_nobody_is_asked_in_a_freeze_that_outlasts_a_yes_and_only_the_newest_is_asked_in_time(
        self, shop, clock
    ):
        histories.approved(histories.a_card(shop))
        self.frozen(shop, 20)
        asked = LifecycleEvent.objects.for_shop(shop).filter(kind="release.asked")
        before = asked.count()
        for _ in range(2):
            newest = propose.propose(histories.a_version(shop), now=timezone.now())
            self.tick(shop, clock, days=6)
            newest.refresh_from_db()
            assert (newest.phase, newest.held, asked.count()) == (Phase.SHADOW, policy.IN_VAIN, before)
        self.tick(shop, clock, days=8)
        newest.refresh_from_db()
        assert newest.phase == Phase.AWAITING_APPROVAL and asked.count() == before + 1
        assert newest.expires_at > MONDAY + timedelta(days=20)

    def test_p10_other_bytes_than_the_approved_ones_never_go_live(self, shop, clock):
        from django.core.files.base import ContentFile
        from django.core.files.storage import storages

        card = histories.a_card(shop)
        path = f"{card.version.artifact_path}/recipe.json"
        storages["artifacts"].delete(path)
        storages["artifacts"].save(path, ContentFile(b'{"changed": true}'))
        with pytest.raises(ArtifactRefused):
            histories.approved(card)
        assert live_in(shop) is None
        assert LifecycleEvent.objects.for_shop(shop).filter(kind="approval.refused").exists()

    def test_p11_a_rollback_beats_an_approval_and_says_so(self, shop, clock):
        histories.approved(histories.a_card(shop))
        card = histories.a_card(shop)
        pointer = Deployment.of(shop, "demand_forecast")
        rollback.roll_back(pointer, by="system", because="Harm", quarantines=True, revision=pointer.revision)
        with pytest.raises(Refused, match="changed"):
            histories.approved(card)
        assert live_in(shop) is None
        assert LifecycleEvent.objects.for_shop(shop).filter(kind="approval.superseded").exists()

    def test_p11_what_was_approved_for_later_is_void_after_a_rollback(self, shop, clock):
        histories.approved(histories.a_card(shop))
        self.frozen(shop, 3)
        card = histories.approved(histories.a_card(shop))
        pointer = Deployment.of(shop, "demand_forecast")
        rollback.roll_back(pointer, by="system", because="Harm", quarantines=True, revision=pointer.revision)
        self.tick(shop, clock, days=4)
        card.refresh_from_db()
        assert card.phase == Phase.SUPERSEDED and live_in(shop) is None
        assert Approval.objects.get(release=card).voided_because

    def test_two_people_must_say_yes_where_the_shop_wants_it(self, shop, clock):
        shop.settings.approvals_needed, shop.settings.approvers = 2, [histories.COLLEAGUE]
        shop.settings.save()
        card = histories.approved(histories.a_card(shop))
        assert card.phase == Phase.AWAITING_APPROVAL and live_in(shop) is None
        with pytest.raises(Refused, match="already"):
            histories.approved(card)
        histories.approved(card, sub=histories.COLLEAGUE)
        assert live_in(shop) == card.version

    def test_a_paused_release_goes_on_only_when_a_person_says_so(self, shop, clock):
        card = histories.a_card(shop)
        move.pause(card, by=histories.OWNER, revision=card.revision)
        with pytest.raises(Refused, match="on hold"):
            histories.approved(card)
        move.pause(card, by=histories.OWNER, revision=card.revision, pauses=False)
        assert histories.approved(card).phase == Phase.LIVE

    def test_a_rejected_card_says_why_and_changes_nothing(self, shop, clock):
        card = histories.a_card(shop)
        approval.reject(card, by=histories.OWNER, reason="Too low", revision=card.revision)
        assert live_in(shop) is None and card.phase == Phase.REJECTED
