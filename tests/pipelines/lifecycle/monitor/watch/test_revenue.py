"""What is at risk is told in what such an hour usually brings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.lifecycle.monitor.watch import revenue
from pipelines.models import Alert, Release, ShopSettings
from tests import exposing
from tests.exposing import MONDAY
from tests.histories import numbers
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import an_hour

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


def orders(release: Release) -> None:
    for weeks in range(1, 9):
        day = MONDAY - timedelta(weeks=weeks)
        for hour, minor in ((10, 30_000), (11, 20_000), (20, 10_000)):
            exposing.ordered(release, [next(numbers).to_bytes(16)], day + timedelta(hours=hour), minor)


def test_what_is_at_risk_is_what_those_who_are_hit_usually_spend_in_such_an_hour(release: Release) -> None:
    orders(release)
    an_hour(release, 10, units=40, errors=20)
    at_peak = Alert.objects.get(key__contains="peak").minor_per_hour
    # 50,000 on Mondays alone, in 5 x 2 peak hours of weekdays and 2 x 1 of weekends
    assert at_peak == pytest.approx(50_000 / 12 / 2, abs=1)
    every = Alert.objects.get(key__contains="every").minor_per_hour
    assert every == pytest.approx(60_000 / 168 / 2, abs=1)


def test_without_orders_or_peak_hours_there_is_no_sum(release: Release) -> None:
    assert revenue.at_risk(release.shop, 0.5, at_peak=False, now=MONDAY) is None
    ShopSettings.objects.update(peak_hours={})
    orders(release)
    assert revenue.at_risk(release.shop, 0.5, at_peak=True, now=MONDAY) is None
