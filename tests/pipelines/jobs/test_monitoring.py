"""What runs is measured by the clock, and judged once a day through the frames of its own shop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from pipelines.jobs import monitoring
from pipelines.lifecycle import due
from pipelines.lifecycle.alerts import pulses
from pipelines.lifecycle.serving import refresh
from pipelines.models import Alert, Deployment, Measurement, ServingWindow
from pipelines.stats import clock
from tests import exposing, histories
from tests.histories import numbers

pytestmark = pytest.mark.django_db
BATCH = "demand_forecast"
shown = exposing.shown


def test_a_day_that_was_foretold_is_judged_with_real_figures_and_its_features_are_watched() -> None:
    shop = histories.a_shop()
    histories.sell(shop, variants=4, days=80)
    histories.pulled(shop)
    refresh.refresh(shop, BATCH, now=timezone.now() - timedelta(days=9))
    assert (shop.pk, BATCH) in set(due.watched())
    monitoring.judge(shop.pk, BATCH)
    figures = dict(Measurement.objects.filter(metric__endswith="_1d").values_list("metric", "value"))
    assert {"wape_1d", "rmsse_1d", "bias_1d", "skill_1d", "pinball95_1d", "coverage95_1d"} <= figures.keys()
    assert 0 <= figures["wape_1d"] < 3 and figures["skill_1d"] == 0  # the simple rule is what it is measured by
    watched = Measurement.objects.filter(metric="drift").values_list("segment", flat=True)
    assert set(watched) == {"y", "price", "discount", "stockout", "prediction"}


@pytest.mark.usefixtures("shown")
def test_the_clock_measures_the_last_hour_and_tells_of_trouble() -> None:
    release = exposing.a_canary(exposing.a_shop(installed_at=timezone.now() - timedelta(days=60)))
    active = Deployment.objects.get().active
    hour = clock.hour_of(timezone.now() - timedelta(hours=1, minutes=30), release.shop.zone)
    units = [next(numbers).to_bytes(16) for _ in range(50)]
    rows = (exposing.said(release.shop, active, "stable", unit, hour.starts_at, outcome="error") for unit in units)
    exposing.append(exposing.answers.LOG, rows)
    monitoring.measure()
    monitoring.measure_late()
    assert Measurement.objects.get(metric="error_share", segment="all", version=active, value=1).n == 50
    assert Alert.objects.filter(key__startswith="answers:every").count() == 1


@pytest.mark.usefixtures("shown")
def test_hours_in_which_no_worker_ran_are_counted_and_measured_as_soon_as_one_does() -> None:
    """Else a release is told that nothing can be seen of it, beside a log that is full."""
    now = timezone.now()
    release = exposing.a_canary(exposing.a_shop(installed_at=now - timedelta(days=60)))
    active = Deployment.objects.get().active
    for name in ("answers", "measure"):
        pulses.beat(name, now - timedelta(hours=11))
    hour = clock.hour_of(now - timedelta(hours=9), release.shop.zone)
    units = [next(numbers).to_bytes(16) for _ in range(50)]
    exposing.append(
        exposing.answers.LOG, (exposing.said(release.shop, active, "stable", unit, hour.starts_at) for unit in units)
    )
    monitoring.sum_up()
    monitoring.measure()
    assert ServingWindow.objects.get(starts_at=hour.starts_at, arm="stable").units == 50
    assert Measurement.objects.get(metric="error_share", segment="all", version=active, value=0).n == 50
