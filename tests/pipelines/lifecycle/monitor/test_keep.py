"""A figure is written once, for all hours and its kind; what comes late is written beside it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipelines.lifecycle.monitor import measure
from pipelines.models import Measurement, Release, ShopSettings
from tests import exposing
from tests.exposing import MONDAY
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import NOON, OVER, figure, log, value

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


class TestSegments:
    @pytest.mark.parametrize(
        ("at", "segment"),
        [
            (MONDAY + timedelta(hours=10), "peak_weekday"),
            (MONDAY + timedelta(hours=12), "offpeak_weekday"),
            (MONDAY + timedelta(days=5, hours=15), "peak_weekend"),
            (MONDAY + timedelta(days=6, hours=10), "offpeak_weekend"),
        ],
    )
    def test_an_hour_is_measured_for_all_and_for_its_kind(self, release: Release, at: datetime, segment: str) -> None:
        log(release, {"at": at})
        measure.measure(at + timedelta(hours=1, minutes=5))
        rows = Measurement.objects.filter(metric="error_share", starts_at=at, value__isnull=False)
        assert set(rows.values_list("segment", "value")) == {("all", 0), (segment, 0)}

    def test_peak_hours_that_are_learned_again_move_no_measured_hour(self, release: Release) -> None:
        log(release, {})
        measure.measure(OVER)
        ShopSettings.objects.update(peak_hours={"weekday": [12], "weekend": [12]})
        log(release, {"outcome": "error"})
        measure.measure(OVER + timedelta(minutes=15))
        rows = Measurement.objects.filter(metric="error_share", starts_at=NOON, value__isnull=False)
        assert set(rows.values_list("segment", "value", "restated")) == {("all", 0, 0.5), ("offpeak_weekday", 0, 0.5)}

    def test_before_any_are_learned_an_hour_has_no_kind(self, release: Release) -> None:
        ShopSettings.objects.update(peak_hours={})
        log(release, {})
        measure.measure(OVER)
        assert set(Measurement.objects.values_list("segment", flat=True)) == {"all"}


class TestWhatComesLate:
    def test_measuring_again_changes_nothing(self, release: Release) -> None:
        log(release, {}, {"outcome": "error"})
        assert measure.measure(OVER)
        before = list(Measurement.objects.order_by("pk").values())
        assert measure.measure(OVER + timedelta(minutes=15)) == 0
        assert list(Measurement.objects.order_by("pk").values()) == before

    def test_it_is_written_beside_what_stands(self, release: Release) -> None:
        log(release, {}, times=3)
        measure.measure(OVER)
        stood = figure("error_share")
        log(release, {"outcome": "error"})
        measure.measure(OVER + timedelta(minutes=30))
        after = figure("error_share")
        assert (after.value, after.n, after.high, after.verdict) == (stood.value, 3, stood.high, stood.verdict)
        assert (after.restated, figure("questions").restated) == (0.25, 4)

    def test_what_no_pass_of_the_day_found_is_found_once_a_day(self, release: Release) -> None:
        log(release, {})
        evening = OVER + timedelta(hours=20)
        measure.measure(evening)
        assert not Measurement.objects.filter(starts_at=NOON, value__isnull=False).exists()
        measure.measure(evening, measure.LOOKS_FAR_BACK)
        assert value("error_share", starts_at=NOON, version=exposing.active(release)) == 0

    def test_a_silent_hour_of_which_answers_come_late_says_so(self, release: Release) -> None:
        measure.measure(OVER)
        log(release, {"outcome": "error"})
        measure.measure(OVER + timedelta(minutes=30))
        rows = Measurement.objects.filter(metric="error_share", starts_at=NOON, version=exposing.active(release))
        assert set(rows.values_list("value", "verdict", "restated")) == {(None, "quiet", 1)}

    def test_an_hour_that_goes_on_is_not_measured_yet(self, release: Release) -> None:
        log(release, {})
        measure.measure(NOON + timedelta(minutes=59))
        assert not Measurement.objects.filter(starts_at=NOON).exists()
