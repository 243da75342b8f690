"""Before it is known who ordered, chances say how well they tell it: a thousand units at a time, a warning at most."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.lifecycle.monitor import chances as stage
from pipelines.lifecycle.monitor.watch import telling
from pipelines.models import Alert, Deployment, Measurement, ModelVersion, Shop
from pipelines.stats.drift.accuracy.estimated import expected_auc
from tests import exposing, histories
from tests.exposing import MONDAY, SLUG
from tests.pipelines.lifecycle.monitor import chancing
from tests.pipelines.lifecycle.monitor.chancing import DAY, HOUR, RNG, came, drawn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("chances")]
chances = chancing.chances


@pytest.fixture
def shop() -> Shop:
    return exposing.a_shop()


@pytest.fixture
def version(shop: Shop) -> ModelVersion:
    version = histories.a_version(shop, use_case=SLUG)
    pointer = Deployment.of(shop, SLUG)
    Deployment.objects.filter(pk=pointer.pk).update(active=version)
    return version


def look(shop: Shop, day: int) -> None:
    now = MONDAY + day * DAY + HOUR
    stage.judge(shop, SLUG, now)
    telling.expected(shop, SLUG, now)


def found() -> list[tuple[int, int, str]]:
    """Return the first day of each estimate, of how many units, and its verdict."""
    rows = Measurement.objects.filter(metric="expected_auc").order_by("starts_at")
    return [((row.starts_at - MONDAY).days, row.n, row.verdict) for row in rows]


def days(shop: Shop, version: ModelVersion, first: int, count: int, units: int = 1000) -> None:
    for day in range(first, first + count):
        came(shop, version, day, *drawn(units, seed=day))


def test_a_thousand_units_are_estimated_when_their_day_is_over_without_any_order_read(
    shop: Shop, version: ModelVersion
) -> None:
    said, _ = drawn(1000, seed=0)
    came(shop, version, 0, said, np.zeros(1000, dtype=bool))
    look(shop, 0)
    assert found() == []
    look(shop, 1)
    look(shop, 1)
    assert found() == [(0, 1000, "insufficient")]
    assert Measurement.objects.get(metric="expected_auc").value == pytest.approx(expected_auc(said))


def test_days_with_fewer_add_up_within_a_week(shop: Shop, version: ModelVersion) -> None:
    days(shop, version, 0, 3, units=400)
    days(shop, version, 4, 7, units=100)
    look(shop, 15)
    assert found() == [(0, 1200, "insufficient")]


def test_chances_unlike_those_of_six_estimates_before_are_told_and_over_once_they_are_alike(
    shop: Shop, version: ModelVersion
) -> None:
    days(shop, version, 0, 7)
    look(shop, 7)
    assert {verdict for *_, verdict in found()} == {"insufficient"} and not Alert.objects.exists()
    alike = 0.2 + 0.01 * RNG(0).random(1000)  # of all the same: it tells nobody from anybody
    came(shop, version, 7, alike, np.zeros(1000, dtype=bool))
    look(shop, 8)
    assert found()[-1] == (7, 1000, "drift")
    alert = Alert.objects.get()
    assert (alert.key, alert.severity) == (f"expected:{SLUG}", "info") and "tell less" in alert.title
    days(shop, version, 8, 1)
    look(shop, 9)
    assert found()[-1][2] == "insufficient" and Alert.objects.get().closed_at


def test_chances_that_are_known_to_be_off_are_corrected_first(shop: Shop, version: ModelVersion) -> None:
    said, _ = drawn(1000, seed=0)
    for day in range(5):  # who orders has nothing to do with what is said
        came(shop, version, day - 5, said, RNG(day).random(1000) < 0.2)
    came(shop, version, 5, said, np.zeros(1000, dtype=bool))
    histories.pulled(shop, MONDAY + 6 * DAY)
    look(shop, 6)
    values = Measurement.objects.filter(metric="expected_auc").order_by("starts_at").values_list("value", flat=True)
    assert values[5] < 0.6 < 0.7 < min(values[:5])
