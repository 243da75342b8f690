"""Operators' commands: the exit code tells a container how training ended; moves follow the merchant's rules."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipelines.lifecycle import release
from pipelines.models import ModelVersion, Release, SyncRun
from pipelines.usecases import USE_CASES
from tests import histories, toy_use_case

pytestmark = pytest.mark.django_db


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setitem(USE_CASES, toy_use_case.SLUG, toy_use_case.TOY)
    monkeypatch.setattr(toy_use_case, "mood", toy_use_case.Mood())
    return toy_use_case.mood


@pytest.fixture
def shop(toy):
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=90))
    histories.an_order(shop, timezone.now() - timedelta(days=5), [(thing, 2)])
    histories.pulled(shop)
    return shop


def call(name, shop, **options):
    told = StringIO()
    call_command(name, shop=shop.domain, use_case="toy", stdout=told, skip_checks=True, **options)
    return told.getvalue()


def exit_code(shop):
    try:
        call("train", shop)
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


def test_an_unknown_shop_is_named(toy):
    with pytest.raises(CommandError, match="No installed shop is called nowhere"):
        call_command("train", shop="nowhere.myshopify.com", use_case="toy", skip_checks=True)


def test_an_operator_releases_and_rolls_back(shop):
    call("train", shop)
    assert "Version 1 is live" in call("release", shop, by="ann")
    assert release.deployment_of(shop, "toy").active == ModelVersion.objects.get()
    assert "simple rule is live" in call("rollback", shop, by="ann", because="Too high")
    with pytest.raises(CommandError, match="nothing to roll back"):
        call("rollback", shop, by="ann", because="Again")


def test_what_is_not_proven_only_the_merchant_promotes(shop, toy):
    toy.verdict = "not_proven"
    exit_code(shop)
    with pytest.raises(CommandError, match="only the merchant"):
        call("release", shop, by="ann")


def test_without_a_card_there_is_nothing_to_release(shop):
    with pytest.raises(CommandError, match="No release waits"):
        call("release", shop, by="ann")
