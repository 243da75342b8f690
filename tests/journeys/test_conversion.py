"""Chances of an order live their whole life: learned from pixel and checkouts, asked by ourselves, held to who buys."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from pipelines.jobs import monitoring, training
from pipelines.lifecycle.releases import propose
from pipelines.lifecycle.versions import artifacts
from pipelines.models import Alert, LifecycleEvent, Measurement, PairedWeek, PredictionLog, Release, TrainingRun
from pipelines.usecases.contract import PARAMETERS
from pipelines.usecases.conversion import USE_CASE
from tests import histories
from tests.journeys import visiting_store
from tests.journeys.buying_store import BuyingStore

pytestmark = pytest.mark.django_db(transaction=True)
Phase = Release.Phase
A_DAY = 150  # visitors


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[BuyingStore]:
    with visiting_store.opened(monkeypatch, BuyingStore, USE_CASE) as opened:
        yield opened


def test_chances_of_an_order_live_their_whole_life(store: BuyingStore) -> None:
    # Three weeks of visits teach more than the usual share knows.
    store.before(28, A_DAY)
    training.carry_on()
    assert store.run.state == TrainingRun.State.DONE, store.run.error
    first = store.version(1)
    assert first.metrics["candidate"]["log_loss"] < first.metrics["baseline"]["log_loss"]
    assert first.state in ("validated", "undecided")

    # The merchant takes it live; from then on we ask about who is in the shop, before anybody knows who buys.
    assert store.release(1).phase == Phase.AWAITING_APPROVAL
    store.approve(1)
    assert store.pointer.active == first
    store.lived(A_DAY)
    said = PredictionLog.objects.filter(version_id=first.pk, outcome="answered")
    kinds = {row.features["of"] for row in said}
    assert said.count() > 0.8 * A_DAY and kinds == {"session", "checkout"}

    # One that says of everybody that they buy answers the same moments unseen. The merchant takes it live all the same.
    loud = json.loads(artifacts.load_file(first, PARAMETERS) or b"")
    for head in loud["heads"].values():
        head["intercept"] += 3
    files = dict(artifacts.load(first)) | {PARAMETERS: json.dumps(loud).encode()}
    bad = histories.a_version(store.shop, use_case=USE_CASE.slug, files=files)
    propose.propose(bad)
    assert store.release(2).phase == Phase.SHADOW
    store.lived(A_DAY)
    unseen = PredictionLog.objects.filter(version_id=bad.pk, outcome="answered")
    assert unseen.exists() and not unseen.filter(is_shown=True).exists()
    assert store.release(2).phase == Phase.AWAITING_APPROVAL
    store.approve(2)
    assert (store.pointer.active, store.pointer.standby) == (bad, first)

    # What ran before goes on to answer beside it: after two weeks it is known what the new one's errors cost.
    for _ in range(16):
        store.lived(A_DAY)
    week = PairedWeek.objects.filter(version=bad, against=first).earliest("first_day")
    assert week.loss_minor > week.against_minor and week.bets["answers"] > 0.3 and week.coverage > 0.95
    assert store.release(2).analysis["effect"]["value"] < 0 or store.release(2).analysis["money"]["value"] < 0

    # What was said is held to who bought: day by day, beside the usual share.
    monitoring.judge.enqueue(store.shop.pk, USE_CASE.slug)
    told = Measurement.objects.filter(metric="log_loss_1d", value__isnull=False)
    usual, ours, theirs = (
        dict(told.filter(version=version).values_list("starts_at", "value")) for version in (None, first, bad)
    )
    days = usual.keys() & ours.keys()  # on the first day nobody knows yet what is usual
    assert len(days) >= 10 and sum(ours[day] < usual[day] for day in days) > 0.8 * len(days)
    assert len(theirs) >= 10 and all(theirs[day] > ours[day] for day in theirs.keys() & ours.keys())
    alert = Alert.objects.open().get(key=f"peak:{USE_CASE.slug}")
    assert "fewer orders of visits came than it said" in alert.title and alert.minor_per_hour
    assert LifecycleEvent.broken_at(store.shop) is None
