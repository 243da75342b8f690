"""Which findings ask for a training outside of the schedule, and which of several is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from pipelines.lifecycle.monitor import retrain
from pipelines.models import Measurement, Release, Shop
from tests import histories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
USE_CASE = "demand_forecast"


@pytest.fixture
def shop():
    return histories.a_shop()


def drifted(shop, feature="price", days_ago=1, **changes):
    at = NOW - days_ago * DAY
    facts = {"use_case": USE_CASE, "metric": "drift_began", "segment": feature, "starts_at": at, "ends_at": at}
    return Measurement.objects.create(shop=shop, **facts | changes)


def cause(shop, run_at=NOW - 5 * DAY):
    row = retrain.with_causes(Shop.objects.filter(pk=shop.pk), USE_CASE, NOW).get()
    row.run_at = run_at
    return retrain.cause_of(row, NOW)


def test_a_drift_counts_while_its_window_is_of_late_and_by_the_day_it_was_found(shop):
    assert cause(shop) == ""
    drifted(shop, "discount", days_ago=15)
    assert cause(shop) == ""
    found = drifted(shop)
    assert cause(shop) == "drift of price"
    assert cause(shop, found.made_at) == "", "it was trained since"


def test_what_a_version_says_what_another_family_is_told_and_what_we_trained_for_already_is_no_cause(shop):
    drifted(shop, retrain.PREDICTION)
    drifted(shop, version=histories.a_version(shop))
    drifted(shop, use_case="another")
    drifted(shop, metric="drift_of_ours")
    assert cause(shop) == ""


def test_decay_is_named_before_drift(shop):
    release = histories.a_card(shop)
    decay = {"decay": {"alarm": True, "since": (NOW - DAY).isoformat()}}
    Release.objects.filter(pk=release.pk).update(phase="live", analysis=decay)
    drifted(shop)
    assert cause(shop) == "decay"
    Release.objects.filter(pk=release.pk).update(analysis={"decay": decay["decay"] | {"alarm": False}})
    assert cause(shop) == "drift of price"


def test_a_change_waits_until_a_day_after_the_newest_training():
    found = {"decayed_at": None, "drifted": None, "drifted_at": None, "moved": "lead times", "moved_at": NOW}
    for hours, expected in ((23, ""), (24, "lead times changed")):
        shop = SimpleNamespace(run_at=NOW - timedelta(hours=hours), **found)
        assert retrain.cause_of(shop, NOW) == expected
