"""What a version was learned for is compared with how it is now; a change is written once and trains once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
import time_machine

from pipelines.lifecycle import due
from pipelines.lifecycle.monitor import circumstances
from pipelines.models import Measurement, TrainingRun
from pipelines.usecases.contract import Frames
from tests import histories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
USE_CASE = "demand_forecast"
NOTED = {"catalogue": {"units": 10, "last_day": "2026-11-20"}}
CAUSE = "catalogue changed"


@pytest.fixture(autouse=True)
def noon():
    """Live at the moment that these tests are told at."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def shop():
    shop = histories.a_shop()
    histories.pulled(shop, NOW + DAY)
    return shop


@pytest.fixture
def version(shop):
    version = histories.a_version(shop, metrics={"circumstances": NOTED})
    a_run(shop, NOW - 2 * DAY, version=version)
    return version


def a_run(shop, at, **changes):
    facts = {"use_case": USE_CASE, "trigger": "weekly", "state": TrainingRun.State.DONE} | changes
    run = TrainingRun.objects.create(shop=shop, **facts)
    TrainingRun.objects.filter(pk=run.pk).update(created_at=at)


def look(shop, new: int, at=NOW) -> list[str]:
    """Look at a catalogue of ten old things and some that came since."""
    days = pd.to_datetime(["2026-01-01"] * 10 + ["2026-11-22"] * new)
    return circumstances.look(shop, USE_CASE, Frames({"series": pd.DataFrame({"first_day": days})}, NOW.date()), at)


def asked(at=NOW) -> list[str]:
    return [trigger for _, _, trigger in due.trainings(at)]


def written() -> list[str]:
    return list(
        Measurement.objects.filter(metric="circumstance").order_by("starts_at").values_list("verdict", flat=True)
    )


def test_what_is_as_it_was_is_not_written(shop, version):
    assert look(shop, 2) == [] and written() == [] and asked() == []


def test_a_change_asks_for_one_training_that_names_it(shop, version):
    assert look(shop, 3) == ["catalogue"] and look(shop, 3, NOW + MINUTE) == ["catalogue"]
    row = Measurement.objects.get(metric="circumstance")
    assert (row.version, row.segment, row.value, row.verdict) == (version, "catalogue", 0.3, "drift")
    assert asked(NOW + MINUTE) == [CAUSE]
    assert due.is_wanted(shop, USE_CASE, CAUSE) and not due.is_wanted(shop, USE_CASE, "lead times changed")
    a_run(shop, NOW + MINUTE, trigger=CAUSE)
    assert asked(NOW + 2 * MINUTE) == []


def test_what_is_again_as_the_version_knows_it_asks_for_nothing(shop, version):
    look(shop, 3)
    assert look(shop, 0, NOW + MINUTE) == []
    assert written() == ["drift", "ok"] and asked(NOW + MINUTE) == []


def test_a_setting_that_goes_to_and_fro_trains_once_a_day(shop, version):
    a_run(shop, NOW - MINUTE, trigger=CAUSE)
    for number in range(6):
        look(shop, 3 * (number % 2), NOW + number * 15 * MINUTE)
        assert asked(NOW + number * 15 * MINUTE) == []
    assert asked(NOW + DAY) == [CAUSE]


def test_a_newer_version_is_looked_at_by_what_it_was_learned_for(shop, version):
    look(shop, 3)
    histories.a_version(shop, metrics={"circumstances": {"catalogue": {"units": 13, "last_day": "2026-11-24"}}})
    assert asked(NOW + MINUTE) == [], "the change is of the version before"
    assert look(shop, 3, NOW + MINUTE) == []
    histories.a_version(shop, metrics={"circumstances": NOTED})
    assert look(shop, 3, NOW + 2 * MINUTE) == ["catalogue"], "one that was trained while it changed missed it"
    assert asked(NOW + 2 * MINUTE) == [CAUSE]


def test_another_shops_change_is_not_mine(shop, version):
    other = histories.a_shop()
    histories.a_version(other, metrics={"circumstances": NOTED})
    assert look(other, 5) == ["catalogue"] and look(shop, 0) == []
    assert asked() == []


@pytest.mark.parametrize("metrics", [{}, {"circumstances": {}}])
def test_a_version_from_before_this_was_noted_is_not_judged_by_it(shop, metrics):
    histories.a_version(shop, metrics=metrics)
    assert look(shop, 9) == [] and written() == []


def test_without_a_version_there_is_nothing_to_look_at(shop):
    assert look(shop, 9) == [] and written() == []
