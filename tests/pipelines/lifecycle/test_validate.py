"""The first gate: refused, validated or undecided, exactly as it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.lifecycle import validate
from pipelines.models import LifecycleEvent, ModelVersion, SyncRun
from tests import histories

pytestmark = pytest.mark.django_db
State = ModelVersion.State


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.pulled(shop)
    return shop


def judged(shop, *, rmsse=0.8, naive=1.0, bias=0.02, verdict="better", known=None, **changes):
    metrics = (known or {}) | {"candidate": {"rmsse": rmsse, "bias": bias}, "seasonal_naive": {"rmsse": naive}}
    facts = {"state": State.TRAINED, "metrics": metrics, "replay": {"verdict": verdict, "reason": None}}
    return validate.validate_version(histories.a_version(shop, **facts | changes))


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, State.VALIDATED),
        ({"verdict": "not_proven"}, State.UNDECIDED),
        ({"verdict": "not_measured"}, State.UNDECIDED),
        ({"verdict": "worse"}, State.REFUSED),
        ({"rmsse": 0.999}, State.VALIDATED),
        ({"rmsse": 1.0}, State.REFUSED),
        ({"bias": 0.10}, State.VALIDATED),
        ({"bias": -0.10}, State.VALIDATED),
        ({"bias": 0.101}, State.REFUSED),
        ({"bias": -0.101}, State.REFUSED),
        ({"rmsse": 1.2, "verdict": "not_measured"}, State.REFUSED),
        ({"rmsse": None}, State.UNDECIDED),
        ({"bias": None}, State.UNDECIDED),
        ({"naive": None}, State.UNDECIDED),
        ({"verdict": "something new"}, State.UNDECIDED),
    ],
)
def test_the_verdict_follows_from_the_checks(shop, changes, state):
    assert judged(shop, **changes).state == state


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({"bias_range": [-0.4, -0.11]}, State.REFUSED),
        ({"bias_range": [-0.4, -0.05]}, State.UNDECIDED),
        ({"bias_range": None, "evidence": "full"}, State.REFUSED),
        ({"bias_range": None, "evidence": "thin"}, State.UNDECIDED),
    ],
)
def test_a_bias_that_chance_may_explain_leaves_the_decision_to_the_merchant(shop, known, state):
    assert judged(shop, bias=-0.2, known=known).state == state


def test_every_check_tells_a_merchant_how_it_ended(shop):
    version = judged(shop, bias=0.2)
    assert [gate["verdict"] for gate in version.gates] == ["passed", "passed", "passed", "failed", "passed"]
    told = {gate["name"]: gate["text"] for gate in version.gates}
    assert told["Neither too high nor too low"] == "Past forecasts were 20.0 % too high in all (limit: 10 %)."
    assert told["Smaller errors than the simple rule"].startswith("Errors are 20 % smaller")


def test_a_version_of_stale_data_is_refused(shop):
    SyncRun.objects.update(finished_at=timezone.now() - timedelta(hours=27))
    assert judged(shop).state == State.REFUSED


def test_a_version_that_read_an_unfinished_day_is_refused(shop):
    version = histories.a_version(shop)
    version.dataset.last_day = timezone.now().astimezone(shop.zone).date()
    version.dataset.save()
    assert judged(shop, dataset=version.dataset).state == State.REFUSED


def test_a_version_is_judged_once(shop):
    version = judged(shop)
    SyncRun.objects.all().delete()
    assert validate.validate_version(version).state == State.VALIDATED
    assert LifecycleEvent.objects.filter(kind="version.validated").count() == 1
