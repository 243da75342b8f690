"""Operators' commands: the exit code tells a container how training ended; moves follow the merchant's rules."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from pipelines.jobs import training
from pipelines.lifecycle.errors import ArtifactNotStored
from pipelines.lifecycle.releases import propose
from pipelines.lifecycle.versions import model_card, runs
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, Order, Release, SyncRun, TrainingRun
from pipelines.usecases import USE_CASES
from tests import histories, toy_use_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    with USE_CASES.also(toy_use_case.TOY):
        yield toy_use_case.mood


@pytest.fixture
def shop(toy):
    return histories.a_shop_to_learn_from()


def call(name, shop, *action, **options):
    told = StringIO()
    call_command(name, *action, shop=shop.domain, use_case="toy", stdout=told, skip_checks=True, **options)
    return told.getvalue()


def listed(shop):
    told = StringIO()
    call_command("release", "list", shop=shop.domain, stdout=told, skip_checks=True)
    return told.getvalue()


def a_folder(path):
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": path}}


def kinds(shop):
    return list(LifecycleEvent.objects.for_shop(shop).order_by("seq").values_list("kind", "by"))


def exit_code(shop, **options):
    try:
        call("train", shop, **options)
    except CommandError as error:
        return error.returncode
    return 0


def test_train_exits_0_only_with_a_validated_version(shop):
    assert exit_code(shop) == 0
    assert Release.objects.get().is_waiting_for_merchant


def test_train_exits_3_when_a_check_refused(shop, toy):
    toy.bias = 0.5
    assert exit_code(shop) == 3 and not Release.objects.exists()


def test_train_exits_4_on_too_little_or_stale_data(shop, toy):
    toy.needs_days = 28
    assert exit_code(shop) == 4
    toy.needs_days = 0
    SyncRun.objects.update(finished_at=timezone.now() - timedelta(hours=27))
    assert exit_code(shop) == 4


def test_train_exits_5_when_undecided(shop, toy):
    toy.verdict = "not_proven"
    assert exit_code(shop) == 5
    assert Release.objects.get().is_waiting_for_merchant


def test_train_exits_6_while_another_run_holds_the_training(shop):
    run = runs.claim(shop.pk, "toy", "merchant")
    assert exit_code(shop) == 6 and TrainingRun.objects.get() == run and not ModelVersion.objects.exists()


def test_what_the_clock_asked_for_and_another_run_has_done_exits_6(shop):
    assert [exit_code(shop, trigger="first") for _ in range(2)] == [0, 6]
    assert ModelVersion.objects.count() == 1


def test_train_begins_what_waits_for_a_trainer_who_then_finds_nothing_to_do(shop):
    runs.queue(shop.pk, "toy", "merchant")
    assert exit_code(shop, trigger="merchant") == 0
    training.train_version(shop.pk, "toy", "merchant")
    assert TrainingRun.objects.get().state == TrainingRun.State.DONE and ModelVersion.objects.count() == 1


@pytest.mark.parametrize("fault", [OSError(28, "No space left"), MemoryError(), ArtifactNotStored("Not written.")])
def test_train_exits_7_on_a_fault_of_the_machine_which_says_nothing_of_a_version(shop, toy, fault):
    toy.fails = fault
    assert exit_code(shop) == 7
    assert TrainingRun.objects.get().state == TrainingRun.State.FAILED and not ModelVersion.objects.exists()


def test_a_fault_in_the_code_is_told_with_its_lines(shop, toy):
    toy.fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        call("train", shop)


def test_train_where_other_artifacts_lie_is_refused(shop, settings, tmp_path):
    assert exit_code(shop) == 0
    with override_settings(STORAGES=settings.STORAGES | {"artifacts": a_folder(tmp_path)}):
        assert exit_code(shop) == 1 and ModelVersion.objects.count() == 1


def test_the_image_that_trained_stands_in_the_lineage(shop, settings):
    settings.IMAGE_DIGEST = "sha256:" + "5f" * 32
    call("train", shop)
    version = ModelVersion.objects.get()
    assert version.lineage["image_digest"] == settings.IMAGE_DIGEST
    assert settings.IMAGE_DIGEST in model_card.lineage(version)


def test_an_unknown_shop_is_named(toy):
    with pytest.raises(CommandError, match="No installed shop is called nowhere"):
        call_command("train", shop="nowhere.myshopify.com", use_case="toy", skip_checks=True)


def test_an_operator_releases_and_rolls_back(shop):
    call("train", shop)
    assert "version 1 is live" in call("release", shop, "approve", by="ann")
    assert Deployment.of(shop, "toy").active == ModelVersion.objects.get()
    told = call("rollback", shop, by="ann", because="Too high")
    assert told.startswith("Version 1 gives way to: The simple rule.") and "The simple rule is live" in told
    with pytest.raises(CommandError, match="nothing to roll back"):
        call("rollback", shop, by="ann", because="Again")


def test_approving_has_a_command_of_its_own_with_the_same_rules(shop):
    with pytest.raises(CommandError, match="No release waits"):
        call("approve", shop, by="ann")
    call("train", shop)
    assert "version 1 is live" in call("approve", shop, by="ann")


def test_what_is_not_proven_only_the_merchant_promotes(shop, toy):
    toy.verdict = "not_proven"
    exit_code(shop)
    assert "only the merchant can approve" in listed(shop)
    with pytest.raises(CommandError, match="only the merchant"):
        call("release", shop, "approve", by="ann")
    assert kinds(shop)[-1] == ("approval.refused", "operator:ann")


@pytest.mark.parametrize("action", ["approve", "reject", "pause", "resume"])
def test_without_a_release_there_is_nothing_to_decide(shop, action):
    reason = {"reason": "No"} if action == "reject" else {}
    with pytest.raises(CommandError, match="No release waits"):
        call("release", shop, action, by="ann", **reason)


def test_nothing_released_is_said_so(shop):
    assert "simple rule runs" in listed(shop)
    with pytest.raises(CommandError, match="no release yet"):
        call("release", shop, "show")


def test_the_list_says_where_a_release_stands_and_what_it_needs(shop):
    call("train", shop)
    assert "toy version 1 waits for a yes" in listed(shop)
    call("release", shop, "pause", by="ann")
    assert "Held: Paused" in listed(shop)


def test_the_card_can_be_read_in_a_terminal(shop):
    call("train", shop)
    row = Release.objects.get()
    told = call("release", shop, "show")
    assert "Compared with: the simple rule" in told and "Proven: yes" in told and "all (100 %)" in told
    assert row.evidence_digest in told and all(gate["text"] in told for gate in row.evidence["gates"])


def test_a_paused_release_is_approved_only_after_it_goes_on(shop):
    call("train", shop)
    call("release", shop, "pause", by="ann")
    with pytest.raises(CommandError, match="paused already"):
        call("release", shop, "pause", by="ann")
    with pytest.raises(CommandError, match="on hold"):
        call("release", shop, "approve", by="ann")
    call("release", shop, "resume", by="ann")
    with pytest.raises(CommandError, match="not paused"):
        call("release", shop, "resume", by="ann")
    assert "is live" in call("release", shop, "approve", by="ann")


def test_a_rejected_release_is_over_and_its_reason_is_kept(shop):
    call("train", shop)
    assert "was rejected" in call("release", shop, "reject", by="ann", reason="Not before Christmas")
    newest = LifecycleEvent.objects.for_shop(shop).order_by("-seq").first()
    assert (newest.kind, newest.by, newest.note.text) == ("release.rejected", "operator:ann", "Not before Christmas")


class TestProposing:
    @pytest.fixture
    def version(self, shop):
        return histories.a_version(shop, use_case="toy", number=1)

    def test_an_operator_proposes_a_version(self, shop, version):
        assert "version 1 waits for a yes" in call("release", shop, "propose", by="ann", number=1)
        assert Release.objects.get().version == version

    def test_a_version_is_released_once(self, shop, version):
        call("release", shop, "propose", by="ann", number=1)
        with pytest.raises(CommandError, match="released once"):
            call("release", shop, "propose", by="ann", number=1)

    def test_a_version_that_is_not_there_is_named(self, shop):
        with pytest.raises(CommandError, match="no version 7"):
            call("release", shop, "propose", by="ann", number=7)

    def test_a_strategy_that_does_not_fit_is_refused_and_written_down(self, shop, version):
        with pytest.raises(CommandError, match="shoppers cannot be split"):
            call("release", shop, "propose", by="ann", number=1, strategy="canary")
        assert kinds(shop) == [("release.refused", "operator:ann")] and not Release.objects.exists()

    def test_a_newer_release_is_not_replaced_by_an_older_version(self, shop, version):
        propose.propose(histories.a_version(shop, use_case="toy", number=2))
        with pytest.raises(CommandError, match="Nothing was done: toy version 2 waits"):
            call("release", shop, "propose", by="ann", number=1)


class TestRollingBack:
    def test_while_a_canary_runs_only_the_canary_is_taken_away(self, shop):
        call("train", shop)
        call("release", shop, "approve", by="ann")
        row = propose.propose(histories.a_version(shop, use_case="toy", number=2))
        Release.objects.filter(pk=row.pk).update(phase=Release.Phase.CANARY, weight=5)
        Deployment.objects.filter(shop=shop).update(canary=row.version)
        told = call("rollback", shop, by="ann", because="Odd answers")
        assert "Version 2 leaves the 5 %" in told and "Version 1 is live for everybody" in told
        row.refresh_from_db()
        taken = ModelVersion.objects.get(pk=row.version_id)
        assert row.phase == Release.Phase.ROLLED_BACK and taken.state == ModelVersion.State.VALIDATED
        assert Deployment.of(shop, "toy").active.number == 1

    def test_where_much_money_depends_on_it_it_takes_a_second_word(self, shop):
        call("train", shop)
        call("release", shop, "approve", by="ann")
        worth = {"weeks": 1, "versus": {"naive": [{"profit": 10**6}]}}
        with histories.anything_goes():
            ModelVersion.objects.for_shop(shop).update(replay=worth)
        Order.objects.for_shop(shop).update(total_minor=100)
        with pytest.raises(CommandError, match="add --yes"):
            call("rollback", shop, by="ann", because="Too high")
        assert Deployment.of(shop, "toy").active
        assert "simple rule is live" in call("rollback", shop, by="ann", because="Too high", yes=True)


@pytest.mark.parametrize("name", ["", "   ", "a" * 32])
def test_a_name_that_the_ledger_cannot_keep_is_refused(shop, name):
    call("train", shop)
    with pytest.raises(CommandError, match="1 to 31 characters"):
        call("release", shop, "approve", by=name)


def say(name, shop, *words):
    told = StringIO()
    call_command(name, *words, shop=shop.domain, by="ann", stdout=told, skip_checks=True)
    return told.getvalue()


def test_an_operator_sets_and_dismisses_a_freeze_on_the_shops_own_clock(shop):
    first, last = (timezone.now().date() + timedelta(days=days) for days in (40, 42))
    place = ["--name", "Sale", "--first", str(first)]
    assert f"Sale: {first} to {last}" in say("freeze", shop, "add", *place, "--last", str(last))
    assert "Sale" not in say("freeze", shop, "dismiss", *place)
    assert "Sale" in say("freeze", shop, "keep", *place)
    assert {by for kind, by in kinds(shop) if kind.startswith("freeze.")} == {"operator:ann"}


def test_a_freeze_that_ends_before_it_begins_or_is_unknown_is_refused(shop):
    with pytest.raises(CommandError, match="after it begins"):
        say("freeze", shop, "add", "--name", "Sale", "--first", "2027-01-05", "--last", "2027-01-01")
    with pytest.raises(CommandError, match="no freeze"):
        say("freeze", shop, "keep", "--name", "Sale", "--first", "2027-01-05")


def test_an_operator_names_who_may_approve(shop):
    assert "Nobody" in say("approvers", shop)
    assert say("approvers", shop, "--set", histories.COLLEAGUE).strip() == histories.COLLEAGUE
    assert kinds(shop)[-1] == ("settings.changed", "operator:ann")
    for unknown in ("999999999", "ann@example.com"):
        with pytest.raises(CommandError, match="who have opened the app"):
            say("approvers", shop, "--set", unknown)
    assert kinds(shop)[-1] == ("settings.refused", "operator:ann")
    assert say("approvers", shop).strip() == histories.COLLEAGUE


def test_a_comparison_without_a_range_yet_is_told_without_one(shop):
    from pipelines.management import telling

    row = Release(analysis={"effect": {"metric": "loss per week", "value": 0.1, "low": None, "high": None}})
    assert list(telling.measured(row)) == []
