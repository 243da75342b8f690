"""A drift in the store is found, and trained for without anybody asking; the store knows since when it was there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.utils import timezone

from devstore.scenarios import DRIFT
from pipelines.jobs import training
from pipelines.models import Deployment, Measurement, Release, TrainingRun
from pipelines.ops.months import diary
from tests import histories
from tests.journeys.played_store import PlayedStore, unturned
from tests.ops.months.test_diary import Rows

pytestmark = pytest.mark.django_db
USE_CASE = "demand_forecast"
LAST = 20  # days: the first injection, and thirteen more
SOONEST, LATEST = 1, 12  # days after which a shift that three of five windows must show may be found


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedStore]:
    """Give a store with a past of 100 days on the Monday on which the scenario begins."""
    unturned(monkeypatch)
    with time_machine.travel(datetime.fromisoformat(DRIFT.at + "+00:00"), tick=False) as clock:
        yield PlayedStore(tmp_path, clock, days=100, orders_per_day=40)


def test_a_drift_is_found_and_trained_for_without_anybody_asking(played: PlayedStore) -> None:
    training.train_version.enqueue(played.shop.pk, USE_CASE, "first")
    histories.approved(Release.objects.for_shop(played.shop).get())
    began = played.begin("drift")
    assert Deployment.of(played.shop, USE_CASE).active is not None

    truth = {}
    for day in range(1, LAST + 1):
        truth = played.night(day)
    demand = truth["injected"][0]
    assert demand["has_begun"] and demand["day"] == 7

    found = diary.figures(truth, diary.read(Rows(), truth["began"]))
    [shift, _] = found["injected"]
    assert SOONEST <= shift["first_drift_after"] <= LATEST
    assert shift["retrained_after"] is not None and shift["retrained_after"] >= shift["first_drift_after"]
    began_drifting = Measurement.objects.for_shop(played.shop).filter(metric="drift_began").order_by("made_at").first()
    assert began_drifting.made_at > datetime.fromisoformat(demand["at"]) > timezone.now() - timedelta(days=30)
    caused = TrainingRun.objects.for_shop(played.shop).filter(trigger__startswith="drift of ")
    assert caused.exists() and caused.earliest("pk").state == TrainingRun.State.DONE
    assert began.scenario.name == "drift"
