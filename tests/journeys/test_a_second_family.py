"""A family that answers each visitor lives its whole life: through the door, the real jobs, and the test's clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.jobs import training
from pipelines.models import (
    Alert,
    Approval,
    Exposure,
    LifecycleEvent,
    Measurement,
    PredictionLog,
    Release,
    TrainingRun,
)
from pipelines.strategies.reasons import Reason
from tests.families.visits import SLUG
from tests.journeys import visiting_store
from tests.journeys.visiting_store import Answer, VisitingStore

pytestmark = pytest.mark.django_db(transaction=True)
Phase = Release.Phase
DAYS_BEFORE = 22  # three whole weeks come before the first canary: by them a way back is judged
A_DAY = 90  # visitors
A_WEEK = 7  # days


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[VisitingStore]:
    with visiting_store.opened(monkeypatch) as opened:
        yield opened


def sees_the_new_one(answer: Answer) -> bool:
    return bool(answer["arm"] == "canary")


def test_a_family_of_visits_lives_its_whole_life(store: VisitingStore) -> None:
    store.settings(strategy="canary", canary_weights=[50], margin="0.3", risk_budget_minor=10**9)

    # Visitors come before there is any version: each gets the safe default, and one question in ten is kept.
    store.days_before(DAYS_BEFORE, A_DAY)
    assert set(PredictionLog.objects.values_list("outcome", flat=True)) == {"fallback"}

    # The clock finds that the first training is due.
    training.carry_on()
    assert store.run.state == TrainingRun.State.DONE
    first = store.version(1)
    assert first.metrics["candidate"]["log_loss"] < first.metrics["baseline"]["log_loss"]
    assert first.metrics["serving"]["units"] > 100
    open_gates = [gate["name"] for gate in first.gates if gate["verdict"] != "passed"]
    assert (first.state, open_gates) == ("undecided", ["Worth money on your own past"])

    # Nothing runs that it could be compared with, so the merchant decides, and everything moves at once.
    assert (store.release(1).strategy, store.release(1).phase) == ("blue_green", Phase.AWAITING_APPROVAL)
    store.approve(1)
    assert store.pointer.active == first
    store.day(A_DAY)
    assert {answer["outcome"] for answer in store.day(A_DAY)} == {"answered"}
    assert store.release(1).was_healthy_at

    # A second version learned from more visits. It runs alongside first, then the merchant is asked.
    training.train_version.enqueue(store.shop.pk, SLUG, "operator")
    second = store.version(2)
    assert second.metrics["compared_with"] == 1 and second.metrics["answers"]["rows"] > 100
    assert (store.release(2).strategy, store.release(2).phase) == ("canary", Phase.SHADOW)
    store.day(A_DAY)
    unseen = PredictionLog.objects.filter(version_id=second.pk, outcome="answered")
    assert unseen.exists() and not unseen.filter(is_shown=True).exists()
    assert store.release(2).phase == Phase.AWAITING_APPROVAL and not Exposure.objects.exists()
    store.approve(2)

    # Half of the visitors see it, and are put off by what it shows. A day later that is proven, and it is taken away.
    said = store.day(3 * A_DAY, puts_off=sees_the_new_one)
    assert {answer["arm"] for answer in said} == {"canary", "control"}
    assert Exposure.objects.count() == 3 * A_DAY and Approval.objects.get(release=store.release(2)).consumed_at
    assert store.release(2).phase == Phase.CANARY
    store.day(A_DAY, puts_off=sees_the_new_one)
    taken = store.release(2)
    assert (taken.phase, taken.weight) == (Phase.ROLLED_BACK, 0)
    assert (taken.version.state, taken.analysis["reason"]) == ("quarantined", Reason.HARM)
    assert store.pointer.active == first and store.pointer.canary is None
    assert Alert.objects.get(release=taken).severity == "critical"
    assert {answer["arm"] for answer in store.day(A_DAY)} == {"stable"}

    # Two days after, it is said whether that helped.
    for _ in range(2):
        store.day(A_DAY)
    recovery = store.release(2).analysis["recovery"]
    assert recovery["verdict"] in ("recovered", "not_proven") and recovery["weeks"] >= 3
    assert recovery["change"]["low"] < recovery["change"]["value"] < recovery["change"]["high"]

    # A third version does no harm: proven on a weekday and a weekend, it is the merchant's to give it everything.
    for _ in range(2 * A_WEEK):  # those who were put off are soon a small part of what is learned from
        store.day(A_DAY)
    training.train_version.enqueue(store.shop.pk, SLUG, "operator")
    assert "the very same" not in store.release(3).closed_because
    store.day(A_DAY)
    store.approve(3)
    for _ in range(A_WEEK):
        if store.release(3).phase == Phase.CANARY:
            store.day(3 * A_DAY)
    again = store.release(3)
    shown = again.evidence["analysis"]
    assert (again.phase, shown["reason"]) == (Phase.AWAITING_APPROVAL, Reason.UNDECIDED)
    assert shown["non_inferior"] > 20 > shown["harm"] and shown["orders"]["canary"] > 100
    store.approve(3)
    assert store.pointer.active == store.version(3) and store.pointer.standby == first
    assert {answer["outcome"] for answer in store.day(A_DAY)} == {"answered"}
    assert store.release(3).phase == Phase.LIVE
    assert LifecycleEvent.broken_at(store.shop) is None

    # What it told its visitors was held to who ordered, day by day, beside the usual share.
    told = Measurement.objects.filter(metric="log_loss_1d", value__isnull=False)
    assert told.filter(version=first).count() > 3 * A_WEEK and told.filter(version=second).exists()
    usual = dict(told.filter(version=None).values_list("starts_at", "value"))
    mine = told.filter(version=first, starts_at__in=usual).values_list("starts_at", "value")
    days = [(value, usual[at]) for at, value in mine]
    assert sum(ours < rule for ours, rule in days) > 0.6 * len(days)
