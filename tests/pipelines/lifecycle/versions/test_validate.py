"""The gate of a version: refused, validated or undecided; what was not measured never passes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle.versions import registry, train, validate
from pipelines.lifecycle.versions.gates import Gate, Measured, Outcome
from pipelines.models import Deployment, LifecycleEvent, ModelVersion, SyncRun
from pipelines.usecases import USE_CASES
from pipelines.usecases.demand_forecast import USE_CASE
from tests import histories
from tests.pipelines.lifecycle.versions.test_gates import figures, money, state_of

State = ModelVersion.State
PARTS = ("best_sellers", "steady", "slow", "new_products")
QUALITY = [{"name": "Columns", "verdict": "ok", "text": "Every column is there."}]
LIVE = 4


def test_nothing_stored_at_all_is_undecided():
    assert state_of(Measured(USE_CASE, {}, {})) == State.UNDECIDED
    assert validate.state_of([]) == State.UNDECIDED


def test_a_merchant_reads_the_first_check_that_failed():
    open_gate, failed = Gate("a", Outcome.OPEN, "Not proven."), Gate("b", Outcome.FAILED, "Errors grew.")
    assert validate.why([open_gate, failed]) == "Errors grew."
    assert validate.why([open_gate]) == "Not proven."


# With the shop's rows


@pytest.fixture
def shop(db):
    shop = histories.a_shop()
    histories.pulled(shop)
    return shop


def trained(shop, **changes):
    facts = {"state": State.TRAINED, "metrics": figures(), "replay": money()}
    version = histories.a_version(shop, **facts | changes)
    version.dataset.quality = QUALITY
    version.dataset.save()
    return version


def judged(shop, **changes):
    return validate.validate_version(trained(shop, **changes))


def named(version, name):
    return next(gate for gate in version.gates if gate["name"] == name)


def test_a_good_version_is_validated_and_every_check_is_kept(shop):
    version = judged(shop)
    assert version.state == State.VALIDATED
    assert set(version.gates[0]) == {"name", "verdict", "text", "value", "threshold", "compared"}
    assert (
        named(version, "Smaller errors than the best simple rule")["text"]
        == "Errors are 20 % smaller than the best simple rule's."
    )


def test_a_refused_version_keeps_its_evidence_and_says_why(shop):
    metrics = figures() | {"candidate": {"rmsse": 0.8, "bias": 0.2}}
    version = judged(shop, metrics=metrics)
    assert version.state == State.REFUSED and version.metrics["covered"]
    reason = "Past forecasts were 20.0 % too high in all (limit: 10 %)."
    assert LifecycleEvent.objects.get(kind="version.refused").because == reason


def test_p07_what_was_barred_never_returns_under_a_new_number(shop):
    files = {"recipe.json": b'{"the same": true}'}
    registry.quarantine(trained(shop, files=files), by="system", because="It lost orders")
    again = judged(shop, files=files)
    assert again.state == State.REFUSED
    assert "the same as version 1" in named(again, "Never barred before")["text"]


def test_p07_other_files_and_other_shops_are_not_barred(shop):
    files = {"recipe.json": b'{"the same": true}'}
    registry.quarantine(trained(shop, files=files), by="system", because="It lost orders")
    assert judged(shop).state == State.VALIDATED
    neighbour = histories.a_shop()
    histories.pulled(neighbour)
    assert judged(neighbour, files=files).state == State.VALIDATED


def test_p18_a_version_of_stale_data_is_refused(shop):
    SyncRun.objects.update(finished_at=timezone.now() - timedelta(hours=30))
    version = judged(shop)
    assert version.state == State.REFUSED and "30 hours old" in named(version, "Fresh data")["text"]


@pytest.mark.parametrize(
    ("quality", "state"),
    [
        (QUALITY, State.VALIDATED),
        ([*QUALITY, {"name": "Dates", "verdict": "warn", "text": "Two lines."}], State.VALIDATED),
        ([*QUALITY, {"name": "Ranges", "verdict": "stop", "text": "Below zero."}], State.REFUSED),
        ([], State.UNDECIDED),
    ],
)
def test_the_data_was_looked_at(shop, quality, state):
    version = trained(shop)
    version.dataset.quality = quality
    version.dataset.save()
    assert validate.validate_version(version).state == state


def test_a_version_that_read_an_unfinished_day_is_refused(shop):
    version = trained(shop)
    version.dataset.last_day = timezone.now().astimezone(shop.zone).date()
    version.dataset.save()
    assert validate.validate_version(version).state == State.REFUSED


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"horizon": 29}, State.REFUSED), ({"origins": []}, State.UNDECIDED), ({"horizon": None}, State.UNDECIDED)],
)
def test_a_version_is_checked_on_days_that_were_over_and_not_learned(shop, changes, state):
    assert judged(shop, metrics=figures() | changes).state == state


def test_a_version_is_held_against_what_runs_when_it_is_judged(shop):
    live = histories.a_version(shop)
    Deployment.objects.create(shop=shop, use_case="demand_forecast", active=live)
    assert judged(shop).state == State.UNDECIDED
    beside = figures(beside_live=True) | {"compared_with": live.number}
    assert judged(shop, metrics=beside, replay=money(beside_live=True)).state == State.VALIDATED


def test_a_version_is_judged_once(shop):
    version = judged(shop)
    SyncRun.objects.all().delete()
    assert validate.validate_version(version).state == State.VALIDATED
    assert LifecycleEvent.objects.filter(kind="version.validated").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("leaks", "state"), [(False, State.VALIDATED), (True, State.REFUSED)])
def test_any_use_case_flows_through_the_same_checks(toy, leaks, state):
    shop = histories.a_shop()
    thing = histories.a_variant(shop, 1, created=timezone.now() - timedelta(days=90))
    for ago in range(2, 40):
        histories.an_order(shop, timezone.now() - timedelta(days=ago), [(thing, 2)])
    histories.pulled(shop)
    toy.leaks = leaks
    version = validate.validate_version(train.train_version(shop_id=shop.pk, use_case="toy", trigger="first"))
    assert version.state == state, version.gates
    assert version.metrics["serving"]["bytes"] > 0 and USE_CASES["toy"].gates.baseline == "seasonal_naive"
