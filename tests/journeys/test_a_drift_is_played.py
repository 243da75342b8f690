"""More orders than ever, played by the development store: it is told, and a training is due that says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from devstore import clock
from devstore.scenarios import SCENARIOS, Event, Scenario, What
from pipelines.lifecycle import due
from pipelines.models import Alert, Measurement
from tests.devstore import small_store
from tests.journeys.playing_store import BEGAN, DAY, PlayingStore

pytestmark = pytest.mark.django_db
BEGINS, LASTS = 2, 10  # the day on which more is sold, and the one by which it is known to last
MORE = Scenario("more", "Three times as many orders", (Event(What.DEMAND, BEGINS, 3.0, "Three times as many"),))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayingStore]:
    monkeypatch.setattr(clock, "_start", 0.0)
    monkeypatch.setattr(clock, "_ahead", 0.0)
    monkeypatch.setitem(SCENARIOS, MORE.name, MORE)
    with time_machine.travel(small_store.MONDAY, tick=False) as travel:
        yield PlayingStore(tmp_path / "store", travel, per_day=60)


def test_a_drift_is_told_and_asks_for_a_training_by_its_name(store: PlayingStore) -> None:
    version = store.begin(MORE.name)
    store.night(BEGINS)
    assert not Alert.objects.filter(key__startswith="drift").exists()
    assert not Measurement.objects.filter(metric="drift_began").exists()

    store.pass_to(LASTS - 2)
    store.learned(version)
    store.night(LASTS)
    [began] = Measurement.objects.filter(metric="drift_began")
    assert began.segment == "y" and began.starts_at >= BEGAN + BEGINS * DAY
    [alert] = Alert.objects.filter(key__startswith="drift")
    assert alert.title == "Demand forecast: sales a day are not as they were" and "trained at once" in alert.next_step
    assert [*due.trainings()] == [(store.shop.pk, "demand_forecast", "drift of y")]
