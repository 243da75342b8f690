"""A family that answers each visitor lives its whole life: through the door, the real jobs and the real clock's order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipelines.jobs import releases as jobs
from pipelines.jobs import training
from pipelines.models import Alert, Approval, Exposure, LifecycleEvent, ModelVersion, PredictionLog, Release, TrainingRun
from tests.families.visits import SLUG
from tests.journeys import visiting_store
from tests.journeys.visiting_store import DAY, Answer, VisitingStore

pytestmark = pytest.mark.django_db(transaction=True)
Phase = Release.Phase
WEEKS_BEFORE = 22  # days: three whole weeks before the first canary, by which a way back is judged
A_DAY = 90  # visitors


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[VisitingStore]:
    with visiting_store.opened(monkeypatch) as opened:
        yield opened


def sees_the_new_one(answer: Answer) -> bool:
    return bool(answer["arm"] == "canary")


def test_a_family_of_visits_lives_its_whole_life(store: VisitingStore) -> None:
    store.settings(strategy="canary", canary_weights=[50], margin="0.3", risk_budget_minor=10**9)

    # Visitors come before there is any version: each gets the safe default, and one question in ten is kept.
    store.quiet_days(WEEKS_BEFORE, A_DAY)
    assert set(PredictionLog.objects.values_list("outcome", flat=True)) == {"fallback"}

    # The clock finds that the first training is due.
    training.carry_on()
    assert store.run.state == TrainingRun.State.DONE
    first = store.version(1)
    assert first.metrics["candidate"]["log_loss"] < first.metrics["simple_rule"]["log_loss"]
    assert first.metrics["serving"]["units"] > 100
    assert (first.state, [gate["name"] for gate in first.gates if gate["verdict"] == "failed"]) == ("undecided", [])

    # Nothing runs that it could be compared with, so the merchant decides, and everything moves at once.
    assert (store.release(1).strategy, store.release(1).phase) == ("blue_green", Phase.AWAITING_APPROVAL)
    store.approve(1)
    assert store.pointer.active == first
    store.day(A_DAY)
    assert {answer["outcome"] for answer in store.day(A_DAY)} == {"answered"}
    assert store.release(1).was_healthy_at
