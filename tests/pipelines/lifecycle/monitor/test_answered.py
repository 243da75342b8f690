"""Whose hours are measured: each answer once, in hours that are over; and who is silent, and what that means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.lifecycle.monitor import measure
from pipelines.models import (
    Deployment,
    Measurement,
    ModelVersion,
    Release,
    ServingWindow,
    Shop,
    UnloggedAnswers,
)
from pipelines.stats import clock
from tests import exposing
from tests.exposing import MONDAY, SLUG
from tests.pipelines.lifecycle.monitor import asked
from tests.pipelines.lifecycle.monitor.asked import NOON, OVER, figure, log, value

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shown")]
shown = exposing.shown


@pytest.fixture
def release() -> Release:
    return asked.a_release()


class TestUnlogged:
    """What was answered while the database was away is no silence, and counts in what visitors got."""

    def counted(self, release: Release, **of: int) -> None:
        facts = {"shop": release.shop, "use_case": SLUG, "version_id": exposing.active(release).pk}
        for outcome, answers in of.items():
            at = NOON + timedelta(minutes=45)
            UnloggedAnswers.objects.create(outcome=outcome, answers=answers, starts_at=at, **facts)

    def test_an_hour_of_which_nothing_is_logged_has_figures(self, release: Release) -> None:
        self.counted(release, answered=60, fallback=40)
        measure.measure(OVER)
        told = {name: value(name) for name in ("questions", "availability", "fallback_share", "answered_share")}
        assert told == {"questions": 100, "availability": 0.6, "fallback_share": 0.4, "answered_share": 0.6}
        assert figure("availability").n == 100 and value("latency_p95") is None

    def test_they_are_added_to_what_is_logged(self, release: Release) -> None:
        log(release, {}, times=80)
        log(release, {"outcome": "error"}, times=10)
        self.counted(release, late=5, error=5)
        measure.measure(OVER)
        told = [value(name) for name in ("questions", "availability", "error_share", "slow_share", "answered_share")]
        assert told == pytest.approx([100, 0.85, 0.15, 0.05, 0.8])
        assert value("latency_p95") == 10.0

    def test_what_comes_after_an_hour_was_measured_is_written_beside(self, release: Release) -> None:
        log(release, {}, times=50)
        measure.measure(OVER)
        self.counted(release, fallback=50)
        measure.measure(OVER)
        assert (value("availability"), figure("availability").restated) == (1.0, 0.5)


class TestSilence:
    def answered_before(self, release: Release, units: int) -> None:
        facts = {"shop": release.shop, "use_case": SLUG, "version": exposing.active(release), "arm": "stable"}
        for weeks in range(1, 5):
            at = NOON - timedelta(weeks=weeks)
            ServingWindow.objects.create(starts_at=at, ends_at=at + clock.HOUR, units=units, **facts)

    @pytest.mark.parametrize(("units", "verdict"), [(0, "quiet"), (4, "quiet"), (5, "no_data")])
    def test_it_is_missing_data_where_somebody_always_asks_and_never_a_zero(
        self, release: Release, units: int, verdict: str
    ) -> None:
        self.answered_before(release, units)
        measure.measure(OVER)
        rows = Measurement.objects.filter(starts_at=NOON, version=exposing.active(release))
        assert set(rows.values_list("verdict", "value", "n")) == {(verdict, None, 0)}
        assert set(rows.values_list("segment", flat=True)) == {"all", "offpeak_weekday"}

    def test_a_version_that_some_see_is_expected_to_have_its_share(self, release: Release) -> None:
        self.answered_before(release, 99)  # 5 % of them are under five
        measure.measure(OVER)
        mine = Measurement.objects.filter(starts_at=NOON, version=release.version)
        assert set(mine.values_list("verdict", flat=True)) == {"quiet"}

    def test_one_version_without_a_sign_of_life_beside_another_is_missing(self, release: Release) -> None:
        log(release, {"outcome": "alive", "unit": b""})
        measure.measure(OVER)
        told = Measurement.objects.filter(starts_at=NOON, metric="error_share", segment="all")
        verdicts = dict(told.values_list("version", "verdict"))
        assert verdicts == {exposing.active(release).pk: "quiet", release.version_id: "no_data"}

    def test_before_a_version_ran_it_owes_no_hour(self, release: Release) -> None:
        Deployment.objects.update(active_since=NOON + timedelta(minutes=1))
        Release.objects.update(entered_at=NOON + timedelta(minutes=1))
        measure.measure(OVER)
        assert not Measurement.objects.filter(starts_at=NOON).exists()

    def test_a_shop_that_left_owes_none(self, release: Release) -> None:
        Shop.objects.update(uninstalled_at=MONDAY)
        measure.measure(OVER)
        assert not Measurement.objects.exists()


class TestWhoseHour:
    def test_a_store_that_moves_to_another_zone_has_no_answer_measured_twice(self, release: Release) -> None:
        Shop.objects.update(timezone="Asia/Kolkata")
        log(release, {"at": NOON + timedelta(minutes=10)})
        measure.measure(NOON + timedelta(minutes=40))
        assert figure("questions").starts_at == NOON - timedelta(minutes=30)
        Shop.objects.update(timezone="UTC")
        measure.measure(OVER)
        assert value("questions") == 1

    def test_an_answer_from_a_clock_that_runs_ahead_waits_for_its_hour(self, release: Release) -> None:
        ahead = NOON + timedelta(hours=3)
        log(release, {"at": ahead})
        measure.measure(OVER)
        assert not Measurement.objects.filter(value__isnull=False).exists()
        measure.measure(ahead + timedelta(hours=1, minutes=5))
        assert figure("questions").starts_at == ahead


def test_a_version_that_is_gone_leaves_no_figure_and_holds_up_nobody(release: Release) -> None:
    log(release, {}, {"version": 10**9, "outcome": "error"})
    measure.measure(OVER)
    assert value("error_share") == 0
    assert not ModelVersion.objects.filter(pk=10**9).exists()
